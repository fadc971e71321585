//! Policies that have names: SAM's policy templates and policies that AWS manages.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>

use serde_json::{Map, Value, json};

/// Actions on resources that a policy grants. `{TableName}` in a resource is the parameter of that name.
type Statements = &'static [(&'static [&'static str], &'static [&'static str])];

const TABLE: &str = "dynamodb:{region}:{account}:table/{TableName}";
const INDEXES: &str = "dynamodb:{region}:{account}:table/{TableName}/index/*";
const STREAM: &str = "dynamodb:{region}:{account}:table/{TableName}/stream/{StreamName}";
const STREAMS: &str = "dynamodb:{region}:{account}:table/{TableName}/stream/*";
const BUCKET: &str = "s3:::{BucketName}";
const OBJECTS: &str = "s3:::{BucketName}/*";
const QUEUE: &str = "sqs:{region}:{account}:{QueueName}";

/// SAM's templates for what is emulated.
const SAM: [(&str, Statements); 11] = [
    (
        "DynamoDBCrudPolicy",
        &[(
            &[
                "dynamodb:GetItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:Scan",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:BatchGetItem",
                "dynamodb:DescribeTable",
                "dynamodb:ConditionCheckItem",
            ],
            &[TABLE, INDEXES],
        )],
    ),
    (
        "DynamoDBReadPolicy",
        &[(
            &[
                "dynamodb:GetItem",
                "dynamodb:Scan",
                "dynamodb:Query",
                "dynamodb:BatchGetItem",
                "dynamodb:DescribeTable",
            ],
            &[TABLE, INDEXES],
        )],
    ),
    (
        "DynamoDBWritePolicy",
        &[(&["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"], &[TABLE, INDEXES])],
    ),
    ("DynamoDBReconfigurePolicy", &[(&["dynamodb:UpdateTable"], &[TABLE])]),
    (
        "DynamoDBStreamReadPolicy",
        &[
            (&["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], &[STREAM]),
            (&["dynamodb:ListStreams"], &[STREAMS]),
        ],
    ),
    (
        "S3CrudPolicy",
        &[(
            &[
                "s3:GetObject",
                "s3:ListBucket",
                "s3:GetBucketLocation",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:PutObjectAcl",
                "s3:GetLifecycleConfiguration",
                "s3:PutLifecycleConfiguration",
                "s3:DeleteObject",
            ],
            &[BUCKET, OBJECTS],
        )],
    ),
    (
        "S3ReadPolicy",
        &[(
            &[
                "s3:GetObject",
                "s3:ListBucket",
                "s3:GetBucketLocation",
                "s3:GetObjectVersion",
                "s3:GetLifecycleConfiguration",
            ],
            &[BUCKET, OBJECTS],
        )],
    ),
    (
        "S3WritePolicy",
        &[(&["s3:PutObject", "s3:PutObjectAcl", "s3:PutLifecycleConfiguration"], &[BUCKET, OBJECTS])],
    ),
    (
        "S3FullAccessPolicy",
        &[
            (
                &[
                    "s3:GetObject",
                    "s3:GetObjectAcl",
                    "s3:GetObjectVersion",
                    "s3:PutObject",
                    "s3:PutObjectAcl",
                    "s3:DeleteObject",
                    "s3:DeleteObjectTagging",
                    "s3:DeleteObjectVersionTagging",
                    "s3:GetObjectTagging",
                    "s3:GetObjectVersionTagging",
                    "s3:PutObjectTagging",
                    "s3:PutObjectVersionTagging",
                ],
                &[OBJECTS],
            ),
            (
                &[
                    "s3:ListBucket",
                    "s3:GetBucketLocation",
                    "s3:GetLifecycleConfiguration",
                    "s3:PutLifecycleConfiguration",
                ],
                &[BUCKET],
            ),
        ],
    ),
    (
        "SQSPollerPolicy",
        &[(
            &[
                "sqs:ChangeMessageVisibility",
                "sqs:ChangeMessageVisibilityBatch",
                "sqs:DeleteMessage",
                "sqs:DeleteMessageBatch",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            &[QUEUE],
        )],
    ),
    ("SQSSendMessagePolicy", &[(&["sqs:SendMessage*"], &[QUEUE])]),
];

/// SAM's templates for services that are not emulated: they grant nothing of what is.
const OF_OTHER_SERVICES: [&str; 10] = [
    "AWSSecretsManagerGetSecretValuePolicy",
    "CloudWatchPutMetricPolicy",
    "EventBridgePutEventsPolicy",
    "KMSDecryptPolicy",
    "LambdaInvokePolicy",
    "SESCrudPolicy",
    "SNSPublishMessagePolicy",
    "SSMParameterReadPolicy",
    "StepFunctionsExecutionPolicy",
    "VPCAccessPolicy",
];

/// Policies that AWS manages, by the last part of their ARN, and the actions that they allow on everything.
const MANAGED: [(&str, &[&str]); 11] = [
    ("AWSLambdaBasicExecutionRole", &[]),
    ("AWSLambdaVPCAccessExecutionRole", &[]),
    ("AWSXRayDaemonWriteAccess", &[]),
    ("CloudWatchLambdaInsightsExecutionRolePolicy", &[]),
    ("AmazonDynamoDBFullAccess", &["dynamodb:*"]),
    (
        "AmazonDynamoDBReadOnlyAccess",
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:Describe*",
            "dynamodb:List*",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:PartiQLSelect",
        ],
    ),
    (
        "AWSLambdaSQSQueueExecutionRole",
        &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    ),
    ("AmazonSQSFullAccess", &["sqs:*"]),
    ("AmazonSQSReadOnlyAccess", &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueues"]),
    ("AmazonS3FullAccess", &["s3:*"]),
    ("AmazonS3ReadOnlyAccess", &["s3:Get*", "s3:List*", "s3:Describe*"]),
];

/// Returns the policy document of a SAM policy template with these parameters.
pub(super) fn sam(name: &str, parameters: &Value, [region, account]: [&str; 2]) -> Result<Value, String> {
    if OF_OTHER_SERVICES.contains(&name) {
        return Ok(document(name, &[]));
    }
    let Some((_, statements)) = SAM.iter().find(|(known, _)| *known == name) else {
        return Err(format!(
            "the policy template {name} is not known here: write its statements, or start with --no-iam"
        ));
    };
    let none = Map::new();
    let parameters = parameters.as_object().unwrap_or(&none);
    let resource = |pattern: &&str| {
        let mut arn = format!("arn:aws:{pattern}").replace("{region}", region).replace("{account}", account);
        for (name, value) in parameters {
            arn = arn.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
        }
        match arn.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            Some((missing, _)) => Err(format!("{name} needs {missing}")),
            None => Ok(arn),
        }
    };
    let mut granted = Vec::new();
    for (actions, resources) in *statements {
        granted.push((*actions, resources.iter().map(resource).collect::<Result<_, _>>()?));
    }
    Ok(document(name, &granted))
}

/// Returns the document of a policy that AWS manages, by its name or ARN; `None` if it is not known here.
pub(super) fn managed(name: &str) -> Option<Value> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let (_, actions) = MANAGED.iter().find(|(known, _)| *known == name)?;
    let granted = [(*actions, vec!["*".to_owned()])];
    Some(document(name, if actions.is_empty() { &[] } else { &granted }))
}

fn document(name: &str, granted: &[(&[&str], Vec<String>)]) -> Value {
    let statement = |(actions, resources): &(&[&str], Vec<String>)| json!({ "Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources });
    json!({ "Version": "2012-10-17", "Statement": granted.iter().map(statement).collect::<Vec<_>>() })
}
