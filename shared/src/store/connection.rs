//! A DynamoDB client that starts fast: no `aws-config`, no native certificates.
//!
//! The default client reads and parses about 290 root certificates at start, more than everything else
//! that a cold start does. DynamoDB's certificates are issued by Amazon Trust Services
//! (<https://www.amazontrust.com/repository/>), so its five roots are enough.

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::config::{ConfigError, optional, required};

const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("amazon-trust-services.pem");

/// A call that takes longer has lost its connection: DynamoDB answers within milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// All attempts of one call together; well inside the functions' timeout in template.yaml.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// A client as Lambda's own environment variables describe it, or as `AWS_ENDPOINT_URL_DYNAMODB` redirects it.
///
/// The credentials are those that the platform put there for the life of the instance; it replaces the
/// instance before they expire.
///
/// All stores of a process share the client, and so its connections.
pub(super) fn from_env() -> Result<Client, ConfigError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let endpoint = optional("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| optional("AWS_ENDPOINT_URL"));
    let client = client(required("AWS_REGION")?, credentials, endpoint)?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

/// A client of `endpoint`, or of the region's own.
pub(super) fn client(
    region: String,
    credentials: Credentials,
    endpoint: Option<String>,
) -> Result<Client, ConfigError> {
    let trust = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES))
        .build()
        .map_err(|error| ConfigError::Invalid {
            name: "amazon-trust-services.pem",
            reason: error.to_string(),
        })?;
    let http =
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust).build_https();
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(credentials)
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
        );
    config.set_endpoint_url(endpoint);
    Ok(Client::from_conf(config.build()))
}
