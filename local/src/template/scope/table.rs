//! The names of a template that `local` knows, and how far it goes with each.
//!
//! Paths are of properties, with a dot between a name and one in it; `*` is any name. Sources:
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

/// The properties of a type of resources or events that are known.
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// Properties that are emulated, each with all that is in it unless longer paths say what is.
    pub(super) emulated: &'static [&'static str],
    /// Properties that are rightly left out, because they change nothing that a caller or a function can see here.
    pub(super) inert: &'static [&'static str],
    /// Properties that have no effect with this value, which AWS uses without them.
    pub(super) defaults: &'static [(&'static str, &'static str)],
    /// Properties that decide who may call, or where. They stop the start, for the reason.
    pub(super) stops: &'static [(&'static str, &'static str)],
    /// Properties that `Globals` cannot have.
    pub(super) not_global: &'static [&'static str],
}

impl Entry {
    pub(super) fn patterns(&self) -> impl Iterator<Item = &'static str> {
        let with_reasons = self.defaults.iter().chain(self.stops).map(|(path, _)| *path);
        self.emulated.iter().chain(self.inert).copied().chain(with_reasons)
    }
}

const NO_AUTHORIZER: &str = "authorizers are not emulated, and without it everybody could call";
const NO_REST: &str = "REST APIs are not emulated: use an AWS::Serverless::HttpApi";
const NO_API: &str = "APIs are read of AWS::Serverless::HttpApi and the Events of functions alone";
const NO_LAMBDA: &str = "functions and what belongs to them are read of AWS::Serverless::Function alone";
const NO_NESTED: &str = "nested templates are not emulated: write its resources into this template";

/// Types that declare who may call, or where, in a way that is not emulated. A `*` ends a prefix.
pub(super) const STOPPING_TYPES: [(&str, &str); 14] = [
    ("AWS::Serverless::Api", NO_REST),
    ("AWS::Serverless::WebSocketApi", "WebSocket APIs are not emulated"),
    ("AWS::Serverless::GraphQLApi", "GraphQL APIs are not emulated"),
    ("AWS::Serverless::Application", NO_NESTED),
    ("AWS::CloudFormation::Stack", NO_NESTED),
    ("AWS::ApiGateway::*", NO_REST),
    ("AWS::ApiGatewayV2::*", NO_API),
    ("AWS::Lambda::Alias", NO_LAMBDA),
    ("AWS::Lambda::Event*", NO_LAMBDA),
    ("AWS::Lambda::Function", NO_LAMBDA),
    ("AWS::Lambda::Permission", NO_LAMBDA),
    ("AWS::Lambda::LayerVersionPermission", NO_LAMBDA),
    ("AWS::Lambda::Url", NO_LAMBDA),
    ("AWS::Lambda::Version", NO_LAMBDA),
];

/// Types that observe what runs, and change nothing in it.
pub(super) const INERT_TYPES: [&str; 6] = [
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
];

/// An entry of a type whose reader refuses all that it does not know.
const fn whole(name: &'static str) -> Entry {
    Entry { name, emulated: &["*"], inert: &[], defaults: &[], stops: &[], not_global: &[] }
}

/// The types of resources that are emulated.
pub(super) const TYPES: [Entry; 12] = [
    Entry {
        name: "AWS::Serverless::Function",
        emulated: &[
            "CodeUri",
            "DeadLetterQueue.TargetArn",
            "Environment.Variables.*",
            "EventInvokeConfig.*",
            "Events.*",
            "FunctionName",
            "FunctionUrlConfig.AuthType",
            "FunctionUrlConfig.Cors.AllowCredentials",
            "FunctionUrlConfig.Cors.AllowHeaders",
            "FunctionUrlConfig.Cors.AllowMethods",
            "FunctionUrlConfig.Cors.AllowOrigins",
            "FunctionUrlConfig.Cors.ExposeHeaders",
            "FunctionUrlConfig.Cors.MaxAge",
            "FunctionUrlConfig.InvokeMode",
            "Handler",
            "LoggingConfig.ApplicationLogLevel",
            "LoggingConfig.LogFormat",
            "LoggingConfig.LogGroup",
            "MemorySize",
            "PermissionsBoundary",
            "Policies",
            "ReservedConcurrentExecutions",
            "Role",
            "Runtime",
            "Timeout",
        ],
        inert: &[
            "Architectures",
            "AssumeRolePolicyDocument",
            "AutoPublishAliasAllProperties",
            "AutoPublishCodeSha256",
            "DeadLetterQueue.Type",
            "Description",
            "KmsKeyArn",
            "LoggingConfig.SystemLogLevel",
            "PropagateTags",
            "RolePath",
            "SourceKMSKeyArn",
            "Tags",
            "Tracing",
            "VersionDescription",
        ],
        defaults: &[
            ("EphemeralStorage.Size", "512"),
            ("PackageType", "Zip"),
            ("RecursiveLoop", "Terminate"),
            ("SnapStart.ApplyOn", "None"),
        ],
        stops: &[],
        not_global: &[
            "Events",
            "FunctionName",
            "ImageConfig",
            "ImageUri",
            "InlineCode",
            "PackageType",
            "Policies",
            "Role",
            "VersionDescription",
        ],
    },
    Entry {
        name: "AWS::Serverless::HttpApi",
        emulated: &[
            "CorsConfiguration",
            "CorsConfiguration.AllowCredentials",
            "CorsConfiguration.AllowHeaders",
            "CorsConfiguration.AllowMethods",
            "CorsConfiguration.AllowOrigins",
            "CorsConfiguration.ExposeHeaders",
            "CorsConfiguration.MaxAge",
            "DefaultRouteSettings.ThrottlingBurstLimit",
            "DefaultRouteSettings.ThrottlingRateLimit",
            "RouteSettings.*.ThrottlingBurstLimit",
            "RouteSettings.*.ThrottlingRateLimit",
            "StageName",
            "StageVariables.*",
        ],
        inert: &[
            "AccessLogSettings",
            "DefaultRouteSettings.DetailedMetricsEnabled",
            "Description",
            "FailOnWarnings",
            "Name",
            "PropagateTags",
            "RouteSettings.*.DetailedMetricsEnabled",
            "Tags",
        ],
        defaults: &[("Auth.EnableIamAuthorizer", "false"), ("DisableExecuteApiEndpoint", "false")],
        stops: &[
            ("Auth.*", NO_AUTHORIZER),
            ("DefinitionBody", "routes are read of the Events of functions alone"),
            ("DefinitionUri", "routes are read of the Events of functions alone"),
            ("DisableExecuteApiEndpoint", "domain names are not emulated"),
            ("Domain", "domain names and base paths are not emulated"),
        ],
        not_global: &[
            "DefinitionBody",
            "DefinitionUri",
            "Description",
            "DisableExecuteApiEndpoint",
            "Name",
            "StageName",
        ],
    },
    Entry {
        name: "AWS::DynamoDB::Table",
        emulated: &[
            "AttributeDefinitions.AttributeName",
            "AttributeDefinitions.AttributeType",
            "BillingMode",
            "GlobalSecondaryIndexes.IndexName",
            "GlobalSecondaryIndexes.KeySchema",
            "GlobalSecondaryIndexes.Projection",
            "GlobalSecondaryIndexes.ProvisionedThroughput",
            "KeySchema.AttributeName",
            "KeySchema.KeyType",
            "LocalSecondaryIndexes.IndexName",
            "LocalSecondaryIndexes.KeySchema",
            "LocalSecondaryIndexes.Projection",
            "ProvisionedThroughput",
            "ResourcePolicy",
            "StreamSpecification.StreamViewType",
            "TableName",
            "TimeToLiveSpecification.AttributeName",
            "TimeToLiveSpecification.Enabled",
        ],
        inert: &[
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes.ContributorInsightsSpecification",
            "GlobalSecondaryIndexes.WarmThroughput",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "TableClass",
            "Tags",
            "WarmThroughput",
        ],
        defaults: &[],
        stops: &[],
        not_global: &[],
    },
    Entry {
        name: "AWS::S3::Bucket",
        emulated: &[
            "BucketName",
            "CorsConfiguration.CorsRules.AllowedHeaders",
            "CorsConfiguration.CorsRules.AllowedMethods",
            "CorsConfiguration.CorsRules.AllowedOrigins",
            "CorsConfiguration.CorsRules.ExposedHeaders",
            "CorsConfiguration.CorsRules.MaxAge",
        ],
        inert: &[
            "AnalyticsConfigurations",
            "BucketEncryption",
            "CorsConfiguration.CorsRules.Id",
            "IntelligentTieringConfigurations",
            "InventoryConfigurations",
            "LoggingConfiguration",
            "MetricsConfigurations",
            "Tags",
        ],
        defaults: &[
            ("AccessControl", "Private"),
            ("OwnershipControls.Rules.ObjectOwnership", "BucketOwnerEnforced"),
            ("PublicAccessBlockConfiguration.BlockPublicAcls", "true"),
            ("PublicAccessBlockConfiguration.BlockPublicPolicy", "true"),
            ("PublicAccessBlockConfiguration.IgnorePublicAcls", "true"),
            ("PublicAccessBlockConfiguration.RestrictPublicBuckets", "true"),
            ("VersioningConfiguration.Status", "Suspended"),
        ],
        stops: &[],
        not_global: &[],
    },
    Entry {
        name: "AWS::SecretsManager::Secret",
        emulated: &["Name"],
        inert: &[
            "Description",
            // Each secret is a generated text, however long AWS's is.
            "GenerateSecretString.ExcludeCharacters",
            "GenerateSecretString.ExcludeLowercase",
            "GenerateSecretString.ExcludeNumbers",
            "GenerateSecretString.ExcludePunctuation",
            "GenerateSecretString.ExcludeUppercase",
            "GenerateSecretString.IncludeSpace",
            "GenerateSecretString.PasswordLength",
            "GenerateSecretString.RequireEachIncludedType",
            "KmsKeyId",
            "Tags",
        ],
        defaults: &[],
        stops: &[],
        not_global: &[],
    },
    Entry {
        name: "AWS::SQS::Queue",
        emulated: &[
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "QueueName",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "VisibilityTimeout",
        ],
        inert: &["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "SqsManagedSseEnabled", "Tags"],
        defaults: &[("FifoQueue", "false")],
        stops: &[],
        not_global: &[],
    },
    Entry {
        name: "AWS::Logs::LogGroup",
        emulated: &["LogGroupName"],
        inert: &[
            "DataProtectionPolicy",
            "FieldIndexPolicies",
            "KmsKeyId",
            "LogGroupClass",
            "RetentionInDays",
            "Tags",
        ],
        defaults: &[],
        stops: &[],
        not_global: &[],
    },
    // Policies have a reader of their own, which refuses what it cannot evaluate.
    whole("AWS::IAM::ManagedPolicy"),
    whole("AWS::IAM::Policy"),
    whole("AWS::IAM::Role"),
    whole("AWS::S3::BucketPolicy"),
    whole("AWS::SQS::QueuePolicy"),
];

/// The types of events that are emulated.
pub(super) const EVENTS: [Entry; 6] = [
    Entry {
        name: "HttpApi",
        emulated: &[
            "ApiId",
            "Method",
            "Path",
            "RouteSettings.ThrottlingBurstLimit",
            "RouteSettings.ThrottlingRateLimit",
            "TimeoutInMillis",
        ],
        inert: &["RouteSettings.DetailedMetricsEnabled"],
        defaults: &[("Auth.Authorizer", "NONE"), ("PayloadFormatVersion", "2.0")],
        stops: &[
            ("Auth.*", NO_AUTHORIZER),
            ("PayloadFormatVersion", "the payload format is not emulated, only 2.0"),
        ],
        not_global: &[],
    },
    whole("S3"),
    whole("DynamoDB"),
    whole("SQS"),
    whole("Schedule"),
    whole("ScheduleV2"),
];
