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
    /// The request was done before, under the same `Idempotency-Key`; never leaves the store.
    #[error("the request was done before")]
    Repeated,
    /// The `Idempotency-Key` is that of another request.
    #[error("the idempotency key is that of another request")]
    KeyReused,
    /// The user has no room for one more file of this size.
    #[error("the user's files reached the quota")]
    QuotaExceeded,
    /// A problem's name has more parts than one transaction can make it findable by.
    #[error("the name has too many different parts")]
    TooManyGrams,
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
    /// A payment, and each event that tells of one.
    Payment,
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
        if crate::aws::is_refusal(&error, &COME_BACK_LATER) {
            Self::Internal(error.into())
        } else {
            Self::Unavailable(error.into())
        }
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
