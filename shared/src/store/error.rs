use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why the table did not do what was asked. Nothing was half done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another entity has the value that must be unique.
    #[error("{0:?} is taken")]
    Taken(Unique),
    /// The entity changed since it was read, or is gone.
    #[error("the entity changed since it was read")]
    Stale,
    /// DynamoDB was throttling, failing or out of reach, after all retries.
    #[error("DynamoDB is unavailable")]
    Unavailable(#[source] Cause),
    /// A defect: DynamoDB refused the call, or an item does not read as what it should be.
    #[error("the table refused a call or holds a broken item")]
    Internal(#[source] Cause),
}

/// What must be unique in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// A user's e-mail address.
    Email,
    /// A post's title.
    Title,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Codes that DynamoDB sends when it asks to come back later
/// (Amazon DynamoDB developer guide, "Error handling with DynamoDB").
const COME_BACK_LATER: [&str; 8] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let refused = match &error {
            SdkError::ServiceError(service) => {
                service.raw().status().is_client_error()
                    && !service.err().code().is_some_and(|code| COME_BACK_LATER.contains(&code))
            }
            SdkError::ConstructionFailure(_) => true,
            _ => false,
        };
        if refused { Self::Internal(error.into()) } else { Self::Unavailable(error.into()) }
    }
}

impl From<serde_dynamo::Error> for Error {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for Error {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Internal(error.into())
    }
}
