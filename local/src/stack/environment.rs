//! The environment of a function's processes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::access::{Authority, Key};
use crate::secrets::Secrets;
use crate::template::{API_URL, Function, QUEUE_URLS, REGION, Variable};

/// The addresses of the services that functions call.
pub(super) struct Endpoints {
    pub(super) dynamodb: String,
    pub(super) s3: String,
    pub(super) sqs: String,
    pub(super) ses: String,
    pub(super) api: String,
}

impl Endpoints {
    /// Returns a value with the local URLs of queues and of the API in place of AWS's, so that no client calls AWS by them.
    fn localized(&self, value: &str) -> String {
        let account = QUEUE_URLS.trim_start_matches("https://").split_once('/').map_or("", |(_, path)| path);
        value.replace(QUEUE_URLS, &format!("{}/{account}", self.sqs)).replace(API_URL, &self.api)
    }
}

/// Returns the variables of a function's processes. Variables that the template does not set are left out.
pub(super) fn environment(
    function: &Function,
    secrets: &Secrets,
    overrides: &BTreeMap<String, String>,
    endpoints: &Endpoints,
    authority: &Authority,
    task_root: &Path,
) -> Vec<(String, String)> {
    let task_root = task_root.display().to_string();
    let memory = function.memory_size.to_string();
    let execution_env = format!("AWS_Lambda_{}", function.runtime);
    let lambda = [
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        // Nothing listens at this address: a call of a service that is not emulated fails, and never reaches AWS.
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.as_str()),
        ("AWS_ENDPOINT_URL_S3", &endpoints.s3),
        ("AWS_ENDPOINT_URL_SESV2", &endpoints.ses),
        ("AWS_ENDPOINT_URL_SQS", &endpoints.sqs),
        ("AWS_EXECUTION_ENV", &execution_env),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", &function.log_format),
        ("AWS_LAMBDA_LOG_LEVEL", &function.log_level),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        // Nothing listens at this address: traces are dropped.
        ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"),
        ("_HANDLER", &function.handler),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", &task_root),
        ("PWD", &task_root),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ];
    let group = function.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{}", function.name));
    let own = function.variables.iter().filter_map(|(name, value)| {
        let value = match (overrides.get(name), value) {
            (Some(value), _) | (None, Variable::Plain(value)) => value.as_str(),
            (None, Variable::Secret) => secrets.get(name)?,
            // Without a value from outside, the stack does not start.
            (None, Variable::Unknown(_)) => return None,
        };
        Some((name.clone(), endpoints.localized(value)))
    });
    lambda
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([("AWS_LAMBDA_LOG_GROUP_NAME".to_owned(), group)])
        .chain(authority.key_of(&function.name).iter().flat_map(Key::variables))
        .chain(own)
        .collect()
}
