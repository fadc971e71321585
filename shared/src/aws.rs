//! Clients of AWS that start fast: no `aws-config`, no native certificates, and a connection that is open before the first
//! request.
//!
//! The SDK's default client reads and parses about 290 root certificates at start, which takes longer than the rest of a
//! cold start. The certificates of AWS's own services are issued by Amazon Trust Services, so its five roots are enough.

mod connections;
mod timed;
mod tls;

pub(crate) use timed::Timed;

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_types::SdkConfig;
use http::Uri;

use self::connections::Connections;
use crate::config::{ConfigError, optional, required};
use crate::start::begin;

/// The timeout of an attempt. DynamoDB answers within milliseconds, so a longer call has lost its connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// The timeout of all attempts of a call together, well below the functions' timeout in template.yaml.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// Returns the configuration that all clients share, from Lambda's environment variables.
///
/// The platform sets the credentials for the life of the instance, and replaces the instance before they expire. The
/// clients of a process share their connections.
pub fn from_env() -> Result<SdkConfig, ConfigError> {
    static CONFIG: OnceLock<SdkConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let config = config(required("AWS_REGION")?, credentials, connections()?);
    Ok(CONFIG.get_or_init(|| config).clone())
}

/// Returns an HTTP client with connections of its own, for clients of AWS's services that are not of this crate.
pub fn http_client() -> Result<impl HttpClient + 'static, ConfigError> {
    Ok(Connections::new(tls::config()?))
}

/// Returns the connections of [`from_env`].
fn connections() -> Result<Connections, ConfigError> {
    static CONNECTIONS: OnceLock<Connections> = OnceLock::new();
    if let Some(connections) = CONNECTIONS.get() {
        return Ok(connections.clone());
    }
    let connections = Connections::new(tls::config()?);
    Ok(CONNECTIONS.get_or_init(|| connections).clone())
}

/// Begins to open a connection for the clients of [`from_env`].
pub(crate) fn open(endpoint: Uri) -> Result<(), ConfigError> {
    begin(connections()?.open(endpoint));
    Ok(())
}

/// Begins to open one more connection.
pub(crate) fn open_another(endpoint: Uri) -> Result<(), ConfigError> {
    begin(connections()?.open_another(endpoint));
    Ok(())
}

/// Returns the endpoint that `variable`, or else `AWS_ENDPOINT_URL`, sets in place of the region's own.
#[must_use]
pub fn endpoint_from_env(variable: &str) -> Option<String> {
    optional(variable).or_else(|| optional("AWS_ENDPOINT_URL"))
}

/// Returns the same for a service of `local`, with the access key of its owner (`local::access::ROOT`).
pub(crate) fn embedded() -> Result<SdkConfig, ConfigError> {
    let credentials = Credentials::new("local", "local", None, None, "embedded");
    Ok(config("us-east-1".to_owned(), credentials, Connections::new(tls::config()?)))
}

fn config(region: String, credentials: Credentials, connections: Connections) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(connections)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(FIRST_BACKOFF)
                .with_max_backoff(LONGEST_BACKOFF),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build(),
        )
        .build()
}

/// Tells whether a service refused a call permanently: a 4xx without one of the codes that ask to retry later.
pub(crate) fn is_refusal<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
    come_back_later: &[&str],
) -> bool {
    match error {
        SdkError::ServiceError(service) => {
            service.raw().status().is_client_error()
                && !service.err().code().is_some_and(|code| come_back_later.contains(&code))
        }
        SdkError::ConstructionFailure(_) => true,
        _ => false,
    }
}
