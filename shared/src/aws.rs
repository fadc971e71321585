//! Clients of AWS that start fast: no `aws-config`, no native certificates.
//!
//! The default client reads and parses about 290 root certificates at start, which takes longer than the rest of a cold
//! start. The certificates of AWS's own services are issued by Amazon Trust Services
//! (<https://www.amazontrust.com/repository/>), so its five roots are enough.

mod timed;

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
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::SdkConfig;

use crate::config::{ConfigError, optional, required};

const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("amazon-trust-services.pem");

/// The timeout of an attempt. DynamoDB answers within milliseconds, so a longer call has lost its connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
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
    let config = config(required("AWS_REGION")?, credentials)?;
    Ok(CONFIG.get_or_init(|| config).clone())
}

/// Returns the endpoint that `variable`, or else `AWS_ENDPOINT_URL`, sets in place of the region's own.
#[must_use]
pub fn endpoint_from_env(variable: &str) -> Option<String> {
    optional(variable).or_else(|| optional("AWS_ENDPOINT_URL"))
}

/// Returns the same for a service of `local`, with the access key of its owner (`local::access::ROOT`).
pub(crate) fn embedded() -> Result<SdkConfig, ConfigError> {
    config("us-east-1".to_owned(), Credentials::new("local", "local", None, None, "embedded"))
}

fn config(region: String, credentials: Credentials) -> Result<SdkConfig, ConfigError> {
    let trust = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES))
        .build()
        .map_err(|error| ConfigError::Invalid {
            name: "amazon-trust-services.pem",
            reason: error.to_string(),
        })?;
    let http =
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust).build_https();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(FIRST_BACKOFF)
                .with_max_backoff(LONGEST_BACKOFF),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build(),
        )
        .build())
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
