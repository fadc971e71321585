//! The error responses of the services.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Call, Service};

/// The reason for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Throttled,
    InConflict,
    InternalError,
}

/// Returns the error response to a call with this body.
pub(super) fn refuse(refusal: Refusal, call: &Call, body: &[u8]) -> Response<Full<Bytes>> {
    match call.service {
        Service::DynamoDb => dynamodb(refusal, call, body),
        Service::S3 => s3(refusal, call),
        Service::Ses => ses(refusal),
    }
}

/// Builds an error response of DynamoDB (developer guide, "Error handling with DynamoDB").
fn dynamodb(refusal: Refusal, call: &Call, body: &[u8]) -> Response<Full<Bytes>> {
    let is_transaction = call.operation.starts_with("Transact");
    let (status, name, message) = match refusal {
        Refusal::InternalError => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
        Refusal::Throttled if is_transaction => return canceled("ThrottlingError", THROTTLED, body),
        Refusal::Throttled => (StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", THROTTLED),
        Refusal::InConflict if is_transaction => return canceled("TransactionConflict", ONGOING, body),
        Refusal::InConflict => (StatusCode::BAD_REQUEST, "TransactionConflictException", ONGOING),
    };
    json_answer(status, name, &json!({ "message": message }))
}

const THROTTLED: &str = "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically \
    scaling your table or index so please try again shortly.";
const ONGOING: &str = "Transaction is ongoing for the item";

/// Builds the response to a transaction that was cancelled because of its first item.
fn canceled(code: &str, message: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({ "Code": "None" }); items];
    if let Some(first) = reasons.first_mut() {
        *first = json!({ "Code": code, "Message": message });
    }
    let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let fields = json!({ "Message": message, "CancellationReasons": reasons });
    json_answer(StatusCode::BAD_REQUEST, "TransactionCanceledException", &fields)
}

/// Builds a response without `x-amz-crc32`, which the SDK does not read.
fn json_answer(status: StatusCode, name: &str, fields: &Value) -> Response<Full<Bytes>> {
    let mut body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}") });
    if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
        body.extend(fields.clone());
    }
    answer(status, "application/x-amz-json-1.0", "x-amzn-requestid", body.to_string())
}

/// Builds an error response of S3 (API reference, "Error responses").
fn s3(refusal: Refusal, call: &Call) -> Response<Full<Bytes>> {
    let (status, code, message) = match refusal {
        Refusal::Throttled => {
            (StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
        }
        Refusal::InConflict | Refusal::InternalError => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
    };
    let body = if call.operation.starts_with("Head") {
        String::new()
    } else {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        )
    };
    answer(status, "application/xml", "x-amz-request-id", body)
}

/// Builds an error response of SES (API reference version 2, "Common errors"; the SDKs' model of its exceptions).
fn ses(refusal: Refusal) -> Response<Full<Bytes>> {
    let (status, name, message) = match refusal {
        Refusal::Throttled => {
            (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Maximum sending rate exceeded.")
        }
        Refusal::InConflict | Refusal::InternalError => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServiceErrorException",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
    };
    let body = json!({ "message": message }).to_string();
    let mut response = answer(status, "application/json", "x-amzn-requestid", body);
    response.headers_mut().insert("x-amzn-errortype", header::HeaderValue::from_static(name));
    response
}

fn answer(
    status: StatusCode,
    media_type: &'static str,
    id: &'static str,
    body: String,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
    if let Ok(value) = header::HeaderValue::try_from(Uuid::new_v4().simple().to_string()) {
        headers.insert(id, value);
    }
    response
}
