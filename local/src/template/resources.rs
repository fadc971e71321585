//! What `!Ref` and `!GetAtt` give for a resource, as far as it is emulated.

use super::{ACCOUNT_ID, TemplateError, functions::function_name, intrinsics::Resolver, yaml::Node};

/// A resource that something refers to.
pub(super) struct Resource<'t> {
    pub(super) kind: &'t str,
    pub(super) node: &'t Node,
}

impl Resource<'_> {
    /// What `!Ref` gives.
    pub(super) fn reference(
        &self,
        resolver: &Resolver<'_>,
        name: &str,
        at: &Node,
    ) -> Result<String, TemplateError> {
        match self.kind {
            "AWS::DynamoDB::Table" => self.name(resolver, name, "TableName"),
            "AWS::Serverless::Function" => Ok(function_name(name, self.node)),
            "AWS::Serverless::HttpApi" => Ok("local".to_owned()),
            "AWS::SecretsManager::Secret" => self.attribute(resolver, name, "Id", at),
            "AWS::S3::Bucket" => Ok(self.name(resolver, name, "BucketName")?.to_ascii_lowercase()),
            "AWS::Logs::LogGroup" => self.name(resolver, name, "LogGroupName"),
            "AWS::SQS::Queue" => self.name(resolver, name, "QueueName"),
            kind => Err(at.error(format!("`local` cannot answer !Ref {name}: {kind} is not emulated"))),
        }
    }

    /// What `!GetAtt` gives.
    pub(super) fn attribute(
        &self,
        resolver: &Resolver<'_>,
        name: &str,
        attribute: &str,
        at: &Node,
    ) -> Result<String, TemplateError> {
        let arn =
            |service: &str, rest: &str| format!("arn:aws:{service}:{}:{ACCOUNT_ID}:{rest}", resolver.region);
        Ok(match (self.kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => {
                arn("dynamodb", &format!("table/{}", self.reference(resolver, name, at)?))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                arn("dynamodb", &format!("table/{}/stream/local", self.reference(resolver, name, at)?))
            }
            ("AWS::Serverless::Function", "Arn") => {
                arn("lambda", &format!("function:{}", function_name(name, self.node)))
            }
            ("AWS::SecretsManager::Secret", "Id" | "Arn") => {
                arn("secretsmanager", &format!("secret:{}", self.name(resolver, name, "Name")?))
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", self.reference(resolver, name, at)?),
            ("AWS::Serverless::HttpApi", "ApiEndpoint") => {
                format!("https://local.execute-api.{}.amazonaws.com", resolver.region)
            }
            ("AWS::SQS::Queue", "Arn") => arn("sqs", &self.reference(resolver, name, at)?),
            ("AWS::Logs::LogGroup", "Arn") => {
                arn("logs", &format!("log-group:{}", self.reference(resolver, name, at)?))
            }
            (kind, _) => {
                return Err(at.error(format!(
                    "`local` cannot answer !GetAtt {name}.{attribute}: that attribute of {kind} is not emulated"
                )));
            }
        })
    }

    /// The name that the template gives, or else one from the logical id.
    fn name(&self, resolver: &Resolver<'_>, logical: &str, property: &str) -> Result<String, TemplateError> {
        match self.node.at(&["Properties", property]) {
            Some(name) => resolver.text(name),
            None => Ok(logical.to_owned()),
        }
    }
}
