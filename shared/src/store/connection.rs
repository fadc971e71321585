use std::sync::OnceLock;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::interceptors::InterceptorContext;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_types::SdkConfig;

use crate::aws::{self, Timed};
use crate::config::{ConfigError, FromEnv, required};
use crate::timing::Service;

/// Returns a client of the region's DynamoDB, or of the endpoint in `AWS_ENDPOINT_URL_DYNAMODB`.
///
/// All stores of a process share it.
pub(super) fn from_env() -> Result<Client, ConfigError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let client = client(&aws::from_env()?, endpoint_from_env());
    Ok(CLIENT.get_or_init(|| client).clone())
}

/// Begins, once in a process, to open the connection of the client that [`from_env`] returns.
pub(super) fn open() -> Result<(), ConfigError> {
    static OPENED: OnceLock<()> = OnceLock::new();
    if OPENED.set(()).is_err() {
        return Ok(());
    }
    // Of an endpoint that is no URI, the first request says so.
    endpoint()?.parse().map_or(Ok(()), aws::open)
}

/// A second connection to the table, which a start opens for a function that calls the table twice at the same time.
#[derive(Clone, Copy, Debug)]
pub struct SecondConnection;

impl FromEnv for SecondConnection {
    fn from_env() -> Result<Self, ConfigError> {
        open()?;
        endpoint()?.parse().map_or(Ok(()), aws::open_another)?;
        Ok(Self)
    }
}

/// Returns the endpoint of the table.
///
/// The SDK needs a tenth of a cold start to find the endpoint of a region, so the name of most is here, too. If the SDK
/// finds another one, the first request opens a connection to that.
fn endpoint() -> Result<String, ConfigError> {
    match endpoint_from_env() {
        Some(endpoint) => Ok(endpoint),
        None => Ok(format!("https://dynamodb.{}.amazonaws.com", required("AWS_REGION")?)),
    }
}

fn endpoint_from_env() -> Option<String> {
    aws::endpoint_from_env("AWS_ENDPOINT_URL_DYNAMODB")
}

/// Returns a client of `endpoint`, or of the region's own endpoint.
pub(super) fn client(config: &SdkConfig, endpoint: Option<String>) -> Client {
    let mut config =
        Builder::from(config).retry_classifier(RetryConflicts).interceptor(Timed(Service::Table));
    config.set_endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// Retries a single write that conflicts with a transaction on its item, which the SDK does not do itself.
#[derive(Debug)]
struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let Some(error) = error.as_operation_error() else { return RetryAction::NoActionIndicated };
        let is_conflict = error.downcast_ref().is_some_and(PutItemError::is_transaction_conflict_exception)
            || error.downcast_ref().is_some_and(UpdateItemError::is_transaction_conflict_exception)
            || error.downcast_ref().is_some_and(DeleteItemError::is_transaction_conflict_exception);
        if is_conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}
