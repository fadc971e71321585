//! The values of `!Ref` and `!GetAtt`, which belong to the types of resources.

use super::error::TemplateError;
use super::model::{ACCOUNT_ID, QUEUE_URLS};
use super::names::binary_name;
use super::yaml::Node;

/// A resource to which something refers.
pub(super) struct Resource<'t> {
    pub(super) id: &'t str,
    pub(super) kind: &'t str,
    pub(super) node: &'t Node,
}

/// The value of a property that names the resource, if the template has it.
type Name = Result<Option<String>, TemplateError>;

/// Returns the value of `!Ref` at `at`.
pub(super) fn reference(
    resource: &Resource<'_>,
    name: &dyn Fn(&str) -> Name,
    region: &str,
    at: &Node,
) -> Result<String, TemplateError> {
    let Resource { id, kind, node } = resource;
    let named = |property: &str| Ok(name(property)?.unwrap_or_else(|| (*id).to_owned()));
    match *kind {
        "AWS::DynamoDB::Table" => named("TableName"),
        // A function has its binary's name, unless the template gives another.
        "AWS::Serverless::Function" => Ok(name("FunctionName")?.unwrap_or_else(|| binary_name(id, node))),
        "AWS::Serverless::HttpApi" => Ok("local".to_owned()),
        "AWS::SecretsManager::Secret" => attribute(resource, "Id", name, region, at),
        "AWS::S3::Bucket" => Ok(named("BucketName")?.to_ascii_lowercase()),
        "AWS::Logs::LogGroup" => named("LogGroupName"),
        "AWS::IAM::Role" => named("RoleName"),
        "AWS::IAM::ManagedPolicy" => Ok(format!("arn:aws:iam::{ACCOUNT_ID}:policy/{id}")),
        "AWS::SQS::Queue" => Ok(format!("{QUEUE_URLS}{}", named("QueueName")?)),
        kind => Err(at.error(format!("`local` cannot answer !Ref {id}: {kind} is not emulated"))),
    }
}

/// Returns the value of `!GetAtt` at `at`.
pub(super) fn attribute(
    resource: &Resource<'_>,
    attribute: &str,
    name: &dyn Fn(&str) -> Name,
    region: &str,
    at: &Node,
) -> Result<String, TemplateError> {
    let Resource { id, kind, .. } = resource;
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{ACCOUNT_ID}:{rest}");
    let named = || reference(resource, name, region, at);
    Ok(match (*kind, attribute) {
        ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", &format!("table/{}", named()?)),
        ("AWS::DynamoDB::Table", "StreamArn") => arn("dynamodb", &format!("table/{}/stream/local", named()?)),
        ("AWS::Serverless::Function", "Arn") => arn("lambda", &format!("function:{}", named()?)),
        ("AWS::SecretsManager::Secret", "Id" | "Arn") => {
            let name = name("Name")?.unwrap_or_else(|| (*id).to_owned());
            arn("secretsmanager", &format!("secret:{name}"))
        }
        ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", named()?),
        ("AWS::Serverless::HttpApi", "ApiEndpoint") => {
            format!("https://local.execute-api.{region}.amazonaws.com")
        }
        ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT_ID}:role/{}", named()?),
        ("AWS::SQS::Queue", "Arn" | "QueueName") => {
            let name = name("QueueName")?.unwrap_or_else(|| (*id).to_owned());
            if attribute == "Arn" { arn("sqs", &name) } else { name }
        }
        ("AWS::SQS::Queue", "QueueUrl") => named()?,
        ("AWS::Logs::LogGroup", "Arn") => arn("logs", &format!("log-group:{}", named()?)),
        (kind, _) => {
            return Err(at.error(format!(
                "`local` cannot answer !GetAtt {id}.{attribute}: that attribute of {kind} is not emulated"
            )));
        }
    })
}
