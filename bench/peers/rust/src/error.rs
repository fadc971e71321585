use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{1}")]
    Client(StatusCode, &'static str),
    #[error("DynamoDB: {0}")]
    DynamoDb(#[from] aws_sdk_dynamodb::Error),
    #[error("an item of the table: {0}")]
    Item(#[from] serde_dynamo::Error),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Client(status, message) => (status, message),
            error => {
                tracing::error!(%error, "the request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}
