//! The content of the template, as plain types.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::error::{NotEmulated, TemplateError};
use super::trigger_model::{Destination, Triggers};
use crate::iam::Statement;

/// The account that local ARNs and events name.
pub const ACCOUNT_ID: &str = "000000000000";

/// The region that local ARNs, events and signatures name.
pub const REGION: &str = "us-east-1";

/// The beginning of the URLs of queues. Functions get them with the address of the embedded SQS instead.
pub const QUEUE_URLS: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/";

/// The URL of the API. Functions get the local one instead.
pub const API_URL: &str = "https://local.execute-api.us-east-1.amazonaws.com";

/// The longest time that an HTTP API waits for a function.
pub const MAX_INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The template, with every value resolved for this machine.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The functions in the order of the file.
    pub functions: Vec<Function>,
    /// The routes in the order of the file.
    pub routes: Vec<Route>,
    /// The HTTP API, unless no event is a route.
    pub api: Option<Api>,
    /// Tables as `CreateTable` requests, with the TTL attribute.
    pub tables: Vec<Table>,
    /// The buckets in the order of the file.
    pub buckets: Vec<Bucket>,
    /// The queues in the order of the file.
    pub queues: Vec<Queue>,
    /// `Events` that are no requests.
    pub triggers: Triggers,
    /// The policies of functions and buckets.
    pub access: Access,
    /// The AWS region in which everything is.
    pub region: String,
    /// The parts of the template that have no effect here and have one on AWS.
    pub not_emulated: Vec<NotEmulated>,
}

/// The HTTP API.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Api {
    /// `CorsConfiguration`. If `None`, the API answers no preflights and passes a function's own CORS headers on.
    pub cors: Option<Cors>,
    /// The only stage.
    pub stage: Stage,
}

/// The stage of an API.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stage {
    /// `StageName`, which begins every path, or `None` for `$default`.
    pub name: Option<String>,
    /// `StageVariables`.
    pub variables: BTreeMap<String, String>,
}

impl Stage {
    /// Returns the part of a path that the routes see, or `None` for a path outside of the stage.
    #[must_use]
    pub fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        let Some(name) = &self.name else { return Some(path) };
        match path.strip_prefix('/')?.strip_prefix(name.as_str())? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }
}

impl Template {
    /// Returns the function with this name, logical id or ARN.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = name.rsplit(":function:").next().unwrap_or(name);
        self.functions.iter().find(|function| function.name == name || function.logical_id == name)
    }

    /// Returns the names of all functions' variables that hold a secret.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.functions
            .iter()
            .flat_map(|function| &function.variables)
            .filter(|(_, value)| **value == Variable::Secret)
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

/// The rights that the template's policies grant.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The names of functions' roles, by the name of the function.
    pub functions: BTreeMap<String, String>,
    /// Roles by their names.
    pub roles: BTreeMap<String, Role>,
    /// The policies of buckets, by the name of the bucket.
    pub buckets: BTreeMap<String, Vec<Statement>>,
    /// The policies of queues, by the name of the queue.
    pub queues: BTreeMap<String, Vec<Statement>>,
    /// The first policy that cannot be evaluated: without it the others say nothing.
    pub unreadable: Option<TemplateError>,
}

impl Access {
    /// The role of a function.
    #[must_use]
    pub fn role(&self, function: &str) -> Option<&Role> {
        self.roles.get(self.functions.get(function)?)
    }

    /// The policies of the resource with this ARN, which is a queue, a bucket, or in a bucket.
    #[must_use]
    pub fn of_resource(&self, arn: &str) -> &[Statement] {
        let bucket = arn.strip_prefix("arn:aws:s3:::").and_then(|path| path.split('/').next());
        let bucket = bucket.and_then(|bucket| self.buckets.get(bucket));
        let queue = queue_of_arn(arn).and_then(|queue| self.queues.get(queue));
        bucket.or(queue).map_or(&[], Vec::as_slice)
    }
}

/// A role that a function has.
#[derive(Clone, Debug)]
pub struct Role {
    /// `arn:aws:iam::000000000000:role/UsersFunctionRole`
    pub arn: String,
    /// All of its policies.
    pub statements: Vec<Statement>,
}

/// An `AWS::Serverless::Function`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Function {
    /// `UsersIdFunction`.
    pub logical_id: String,
    /// The name at the Lambda API: `FunctionName`, or else that of the binary.
    pub name: String,
    /// `users-id`: the binary's name, from `BuildProperties` or else from the logical id.
    pub binary: String,
    /// `CodeUri`: the folder of its package.
    pub code_uri: Option<String>,
    /// `Runtime`, such as `provided.al2023`.
    pub runtime: String,
    /// `Handler`: the name by which a runtime finds the code.
    pub handler: String,
    /// True if it has `Policies`.
    pub has_policies: bool,
    /// The longest duration of an invocation.
    pub timeout: Duration,
    /// The memory in MB. Functions are told of it, but it is not enforced.
    pub memory_size: u64,
    /// `Environment.Variables`. A value that is a reference to a secret is a [`Variable::Secret`].
    pub variables: BTreeMap<String, Variable>,
    /// `LoggingConfig.LogGroup`.
    pub log_group: Option<String>,
    /// `LoggingConfig.LogFormat`: `JSON` or `Text`.
    pub log_format: String,
    /// `LoggingConfig.ApplicationLogLevel`.
    pub log_level: String,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<usize>,
    /// `EventInvokeConfig`.
    pub asynchronous: AsyncLimits,
    /// The targets of events that were handled asynchronously.
    pub destinations: Destinations,
    /// `FunctionUrlConfig`.
    pub url: Option<FunctionUrl>,
    /// The line of the template.
    pub line: usize,
}

impl Function {
    /// Returns true if AWS provides the program that runs the function, as for `python3.13`.
    #[must_use]
    pub fn has_managed_runtime(&self) -> bool {
        !self.runtime.starts_with("provided")
    }
}

/// A function's own URL, which bypasses the HTTP API and is open to everybody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionUrl {
    /// True for `InvokeMode: RESPONSE_STREAM`: answers are streamed.
    pub streams: bool,
    /// `Cors`.
    pub cors: Option<Cors>,
    /// The line of the template.
    pub line: usize,
}

/// A value of an environment variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Variable {
    /// A literal value.
    Plain(String),
    /// A `{{resolve:secretsmanager:...}}` reference, whose value is generated here.
    Secret,
    /// A value that has no equivalent here, and the reason. The function needs another value to start.
    Unknown(TemplateError),
}

impl Variable {
    /// Returns the length of the value if it is known.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Secret | Self::Unknown(_) => 0,
        }
    }
}

/// A method and a path, and the function behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The method, such as `GET`, or `ANY`.
    pub method: String,
    /// The path, such as `/api/users/{id}`, or `$default`.
    pub path: String,
    /// The function's name.
    pub function: String,
    /// The longest wait for the function: `TimeoutInMillis`, at most 30 s.
    pub timeout: Duration,
    /// The limits of `RouteSettings` and `DefaultRouteSettings`.
    pub throttling: Option<Throttling>,
    /// The line of the template.
    pub line: usize,
}

impl Route {
    /// Returns the event's `routeKey`, such as `ANY /api/users/{id}`, or `$default`.
    #[must_use]
    pub fn key(&self) -> String {
        if self.path == "$default" { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }
}

/// `CorsConfiguration`, or the `Cors` of a Function URL, with its lists unchanged.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cors {
    /// Exact origins, `*`, or `https://*`.
    pub allow_origins: Vec<String>,
    /// Methods of preflights.
    pub allow_methods: Vec<String>,
    /// Request headers of preflights.
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// True if credentials such as cookies may be sent.
    pub allow_credentials: bool,
    /// The time in seconds for which a preflight's answer may be cached; it is not cached if this is -1.
    pub max_age: Option<i64>,
}

/// A rate limit: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// The rate in requests a second.
    pub rate: f64,
    /// The burst in requests.
    pub burst: f64,
}

/// An `AWS::DynamoDB::Table`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    /// The value of `!Ref`.
    pub name: String,
    /// `Table`.
    pub logical_id: String,
    /// `CreateTable`'s request.
    pub create: Value,
    /// The attribute that holds the time of expiry, if TTL is enabled.
    pub ttl_attribute: Option<String>,
}

/// An `AWS::S3::Bucket`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bucket {
    /// The value of `!Ref`.
    pub name: String,
    /// `Files`.
    pub logical_id: String,
    /// `CorsConfiguration`; the first matching rule decides.
    pub cors: Vec<CorsRule>,
}

/// A CORS rule of a bucket, with its lists unchanged; each entry may have one `*`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CorsRule {
    /// Origins.
    pub allowed_origins: Vec<String>,
    /// Methods.
    pub allowed_methods: Vec<String>,
    /// Request headers.
    pub allowed_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub exposed_headers: Vec<String>,
    /// The time in seconds for which a preflight's answer may be cached.
    pub max_age: Option<u64>,
}

/// An `AWS::SQS::Queue`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Queue {
    /// The last part of the URL that `!Ref` returns.
    pub name: String,
    /// `FailedUploads`.
    pub logical_id: String,
    /// `VisibilityTimeout`.
    pub visibility: Duration,
    /// `MessageRetentionPeriod`.
    pub retention: Duration,
    /// `DelaySeconds`.
    pub delay: Duration,
    /// `ReceiveMessageWaitTimeSeconds`.
    pub wait: Duration,
    /// `MaximumMessageSize`.
    pub max_message_bytes: usize,
    /// `RedrivePolicy`.
    pub redrive: Option<Redrive>,
    /// The line of the template.
    pub line: usize,
}

/// The queue of messages that were received too often.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redrive {
    /// The name of the dead-letter queue.
    pub queue: String,
    /// `maxReceiveCount`.
    pub max_receives: u32,
    /// The line of the template.
    pub line: usize,
}

/// The targets of the records of asynchronous events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Destinations {
    /// `OnSuccess`.
    pub success: Option<Destination>,
    /// `OnFailure`.
    pub failure: Option<Destination>,
    /// `DeadLetterQueue`.
    pub dead_letter: Option<Destination>,
}

/// The limits for retries of an asynchronous event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AsyncLimits {
    /// The number of retries after the first attempt.
    pub retries: u32,
    /// The age beyond which an event is not retried.
    pub max_age: Duration,
}

/// Returns the name of the queue with this ARN, or `None` for the ARN of something else.
pub(crate) fn queue_of_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:aws:sqs:")?.rsplit(':').next()
}
