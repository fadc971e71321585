//! The environment of a function's processes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::access::{Authority, Key};
use crate::secrets::Secrets;
use crate::template::{Function, REGION, Variable};

/// Returns the variables of a function's processes. Variables that the template does not set are left out.
pub(super) fn environment(
    function: &Function,
    secrets: &Secrets,
    overrides: &BTreeMap<String, String>,
    [dynamodb, s3]: &[String; 2],
    authority: &Authority,
    task_root: &Path,
) -> Vec<(String, String)> {
    let task_root = task_root.display().to_string();
    let memory = function.memory_size.to_string();
    let execution_env = format!("AWS_Lambda_{}", function.runtime);
    let lambda = [
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_ENDPOINT_URL_S3", s3),
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
    let group = format!("/aws/lambda/{}", function.name);
    let own = function.variables.iter().filter_map(|(name, value)| {
        let value = match (overrides.get(name), value) {
            (Some(value), _) | (None, Variable::Plain(value)) => value.as_str(),
            (None, Variable::Secret) => secrets.get(name)?,
        };
        Some((name.clone(), value.to_owned()))
    });
    lambda
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([("AWS_LAMBDA_LOG_GROUP_NAME".to_owned(), group)])
        .chain(authority.key_of(&function.name).into_iter().flat_map(Key::variables))
        .chain(own)
        .collect()
}
