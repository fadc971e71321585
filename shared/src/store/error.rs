use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The reason why a call of the table failed. A failed call has no partial effect.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another entity has this unique value.
    #[error("{0:?} is taken")]
    Taken(Unique),
    /// The entity changed after it was read, or was removed.
    #[error("the entity changed since it was read")]
    Stale,
    /// A request with the same `Idempotency-Key` was carried out before. This error never leaves the store.
    #[error("the request was carried out before")]
    Repeated,
    /// The `Idempotency-Key` was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A counter would exceed its quota.
    #[error("the quota is used up")]
    QuotaExceeded,
    /// The name of a problem has more grams than one transaction can write.
    #[error("the name has too many different grams")]
    TooManyGrams,
    /// DynamoDB was throttling, failing or out of reach, after all retries.
    #[error("DynamoDB is unavailable")]
    Unavailable(#[source] Cause),
    /// A defect: DynamoDB refused the call, or an item has an unexpected content.
    #[error("the table refused a call or contains an invalid item")]
    Internal(#[source] Cause),
}

/// The kind of a unique value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// A user's e-mail address.
    Email,
    /// A post's title.
    Title,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The codes with which DynamoDB asks to retry later (Amazon DynamoDB developer guide, "Error handling with DynamoDB").
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
