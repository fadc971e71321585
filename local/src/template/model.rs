//! The content of the template, as plain types.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

/// The account that local ARNs and events name.
pub const ACCOUNT_ID: &str = "000000000000";

/// The region that local ARNs, events and signatures name.
pub const REGION: &str = "us-east-1";

/// The longest that an HTTP API waits for a function.
pub const MAX_INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The template, every value resolved for this machine.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// In the order of the file.
    pub functions: Vec<Function>,
    /// In the order of the file.
    pub routes: Vec<Route>,
    /// `None`: the API answers no preflights and passes a function's own CORS headers on.
    pub cors: Option<Cors>,
    /// `DefaultRouteSettings`' limits.
    pub throttling: Option<Throttling>,
    /// Tables as `CreateTable` requests, with the TTL attribute.
    pub tables: Vec<Table>,
    /// In the order of the file.
    pub buckets: Vec<Bucket>,
    /// `Events` of type `S3`.
    pub object_triggers: Vec<ObjectTrigger>,
    /// `Events` of type `DynamoDB`.
    pub stream_triggers: Vec<StreamTrigger>,
    /// AWS's region of everything.
    pub region: String,
}

impl Template {
    /// The function called `name`, by its name, its logical id or its ARN.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = name.rsplit(":function:").next().unwrap_or(name);
        self.functions.iter().find(|function| function.name == name || function.logical_id == name)
    }

    /// Names of variables that hold a secret, of all functions.
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

/// An `AWS::Serverless::Function`.
#[derive(Clone, Debug)]
pub struct Function {
    /// `UsersIdFunction`.
    pub logical_id: String,
    /// `users-id`: the binary's name, and the function's name at the Lambda API.
    pub name: String,
    /// From start of an invocation to its end.
    pub timeout: Duration,
    /// MB; told to the function, not enforced.
    pub memory_size: u64,
    /// `Environment.Variables`. A value that starts as a secret is a [`Variable::Secret`].
    pub variables: BTreeMap<String, Variable>,
    /// `LoggingConfig.LogFormat`: `JSON` or `Text`.
    pub log_format: String,
    /// `LoggingConfig.ApplicationLogLevel`.
    pub log_level: String,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<usize>,
    /// `EventInvokeConfig`.
    pub asynchronous: AsyncLimits,
    /// `FunctionUrlConfig`.
    pub url: Option<FunctionUrl>,
}

/// A URL of a function's own, past the HTTP API; open to everybody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionUrl {
    /// `InvokeMode: RESPONSE_STREAM`: answers are passed on as they are made.
    pub streams: bool,
    /// `Cors`.
    pub cors: Option<Cors>,
    /// The line of the template.
    pub line: usize,
}

/// A value of an environment variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Variable {
    /// As in the template.
    Plain(String),
    /// A `{{resolve:...}}` reference, which only AWS can answer.
    Secret,
}

impl Variable {
    /// Returns the length of the value, as far as it is known.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Secret => 0,
        }
    }
}

/// A method and a path, and the function behind them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// `GET`, or `ANY`.
    pub method: String,
    /// `/api/users/{id}`, or `$default`.
    pub path: String,
    /// The function's name.
    pub function: String,
    /// Longest wait for the function: `TimeoutInMillis`, 30 s at most.
    pub timeout: Duration,
    /// The line of the template.
    pub line: usize,
}

impl Route {
    /// `ANY /api/users/{id}`, or `$default`: the event's `routeKey`.
    #[must_use]
    pub fn key(&self) -> String {
        if self.path == "$default" { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }
}

/// `CorsConfiguration`, or a Function URL's `Cors`; lists as written.
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
    /// Whether cookies and the like may be sent.
    pub allow_credentials: bool,
    /// Seconds a preflight's answer may be kept.
    pub max_age: Option<u64>,
}

/// Requests a second, and at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// An `AWS::DynamoDB::Table`.
#[derive(Clone, Debug)]
pub struct Table {
    /// The value of `!Ref`.
    pub name: String,
    /// `Table`.
    pub logical_id: String,
    /// `CreateTable`'s request.
    pub create: Value,
    /// The attribute that holds the time of expiry, when TTL is on.
    pub ttl_attribute: Option<String>,
}

/// An `AWS::S3::Bucket`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bucket {
    /// The value of `!Ref`.
    pub name: String,
    /// `Files`.
    pub logical_id: String,
    /// `CorsConfiguration`; the first that fits decides.
    pub cors: Vec<CorsRule>,
}

/// Which pages may call a bucket, lists as written; each item may have one `*`.
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
    /// Seconds a preflight's answer may be kept.
    pub max_age: Option<u64>,
}

/// How often, and for how long, an asynchronous event is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AsyncLimits {
    /// Attempts after the first.
    pub retries: u32,
    /// An event that is older is not tried again.
    pub max_age: Duration,
}

/// A function that is told of a bucket's objects.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ObjectTrigger {
    /// The function's name.
    pub function: String,
    /// The event's name in the template.
    pub name: String,
    /// The bucket's name.
    pub bucket: String,
    /// `ObjectCreated:Put`, or `ObjectCreated:*`.
    pub events: Vec<String>,
    /// How the keys begin.
    pub prefix: String,
    /// How the keys end.
    pub suffix: String,
    /// The line of the template.
    pub line: usize,
}

/// A function that gets the changes of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamTrigger {
    /// The function's name.
    pub function: String,
    /// The event's name in the template.
    pub name: String,
    /// The table's name.
    pub table: String,
    /// The stream's ARN.
    pub stream: String,
    /// The position from which a function reads at first.
    pub position: StartingPosition,
    /// Most records at once.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more.
    pub window: Duration,
    /// Attempts after the first; without a limit where there is none.
    pub retries: Option<u32>,
    /// A batch that fails is halved.
    pub bisects: bool,
    /// The answer says which records failed.
    pub reports_failures: bool,
    /// The line of the template.
    pub line: usize,
}

impl Default for StreamTrigger {
    fn default() -> Self {
        Self {
            function: String::new(),
            name: String::new(),
            table: String::new(),
            stream: String::new(),
            position: StartingPosition::Latest,
            // What Lambda takes unless it is told otherwise.
            batch_size: 100,
            window: Duration::ZERO,
            retries: None,
            bisects: false,
            reports_failures: false,
            line: 0,
        }
    }
}

/// A position to begin at in a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartingPosition {
    /// With what comes from now on.
    Latest,
    /// With the oldest record there is.
    TrimHorizon,
}
