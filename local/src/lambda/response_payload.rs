//! A function's answer as an HTTP response: payload format 2.0, the format that is inferred when the answer has no
//! `statusCode`, and streamed answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::instances::Streaming;
use super::response::{AnswerError, Body, DeclaredLength, Response};

/// The delimiter between the prelude, which is JSON, and the body.
pub(crate) const DELIMITER: [u8; 8] = [0; 8];

/// The longest prelude, in bytes.
const MAX_PRELUDE_BYTES: usize = 64 * 1024;

/// Returns the response that a function begins to stream: `{"statusCode", "headers", "cookies"}`, eight NULs, the body.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>
pub(crate) async fn from_streaming(mut streaming: Streaming) -> Result<Response, AnswerError> {
    let malformed = |reason: &str| AnswerError::Malformed(format!("the answer's prelude {reason}"));
    let mut start = BytesMut::new();
    let length = loop {
        let searched = start.len().saturating_sub(DELIMITER.len());
        let piece = streaming.next().await.ok_or_else(|| malformed("never ends"))??;
        start.extend_from_slice(&piece);
        let found = start[searched..].windows(DELIMITER.len()).position(|window| window == DELIMITER);
        if let Some(at) = found {
            break searched + at;
        }
        if start.len() > MAX_PRELUDE_BYTES {
            return Err(malformed("is too long"));
        }
    };
    let prelude: Map<String, Value> = serde_json::from_slice(&start[..length])
        .map_err(|error| malformed(&format!("is no JSON object: {error}")))?;
    let mut response = head(&prelude, true).map_err(AnswerError::Malformed)?;
    let first = start.split_off(length + DELIMITER.len()).freeze();
    *response.body_mut() = Body::Streamed(Some(first).filter(|first| !first.is_empty()), streaming);
    Ok(response)
}

/// The content type that an HTTP API gives a body without one.
pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");

/// The content type that a Function URL gives a body without one, and that both give an answer without a status.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Returns the response for `payload`. Its body has the type `default` unless the payload sets another.
///
/// The error describes the mistake for which AWS would report a failure of the function.
pub(crate) fn from_payload(payload: Bytes, default: HeaderValue) -> Result<Response, String> {
    let body = match serde_json::from_slice::<Value>(&payload) {
        Ok(Value::Object(answer)) if answer.contains_key("statusCode") => return format_2(&answer, default),
        Ok(Value::String(text)) => text.into(),
        Ok(_) => payload,
        Err(error) => return Err(format!("the function's answer is not JSON: {error}")),
    };
    let mut response = http::Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    Ok(response)
}

fn format_2(answer: &Map<String, Value>, default: HeaderValue) -> Result<Response, String> {
    let body = match answer.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if answer.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            STANDARD.decode(text).map_err(|error| format!("body is not base64: {error}"))?.into()
        }
        Some(Value::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(other) => return Err(format!("body must be text, found {other}")),
    };
    let mut response = head(answer, body.is_empty())?;
    if !body.is_empty() && !response.headers().contains_key(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, default);
    }
    *response.body_mut() = body.into();
    Ok(response)
}

/// Reads status, headers and cookies. `Content-Length` is used only if there `may_be_no_body`, for HEAD.
fn head(answer: &Map<String, Value>, may_be_no_body: bool) -> Result<Response, String> {
    let mut headers = HeaderMap::new();
    // Cookies come first: ministack, verified against AWS.
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        append(&mut headers, "set-cookie", cookie)?;
    }
    // Format 2.0 ignores `multiValueHeaders`.
    for (name, value) in object(answer, "headers")?.into_iter().flatten() {
        // A prelude has a list for a header that occurs several times.
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            append(&mut headers, name, value)?;
        }
    }
    let length = headers.remove(header::CONTENT_LENGTH).filter(|_| may_be_no_body);
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TRAILER, header::TE]
    {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    let mut response = Response::default();
    *response.status_mut() = status(answer.get("statusCode"))?;
    *response.headers_mut() = headers;
    if let Some(length) = length {
        response.extensions_mut().insert(DeclaredLength(length));
    }
    Ok(response)
}

fn status(value: Option<&Value>) -> Result<StatusCode, String> {
    let code = match value {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    code.and_then(|code| u16::try_from(code).ok())
        .filter(|code| (200..600).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| format!("statusCode must be 200 to 599, found {}", value.unwrap_or(&Value::Null)))
}

fn object<'a>(answer: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match answer.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(other) => Err(format!("{name} must be a map, found {other}")),
    }
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null => return Ok(()),
        other => return Err(format!("header {name} must be text, found {other}")),
    };
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
    let value =
        HeaderValue::from_bytes(text.as_bytes()).map_err(|_| format!("header {name} has a bad value"))?;
    headers.append(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::json;
    use tokio::sync::{mpsc, oneshot};

    use super::*;
    use crate::lambda::instances::InvokeError;

    async fn sent(payload: Value) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let response = from_payload(payload.to_string().into(), TEXT).unwrap();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let status = response.status().as_u16();
        (status, headers, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    // Only format 1.0 has `multiValueHeaders`: serverless-java-container#377, captured on AWS.
    #[tokio::test]
    async fn format_2_carries_status_headers_cookies_and_bytes() {
        let payload = json!({
            "statusCode": 201, "headers": {"X-A": "1", "x-b": "joined"}, "multiValueHeaders": {"x-b": ["1"], "x-c": ["2"]},
            "cookies": ["a=1; Path=/", "b=2"], "body": "AP8=", "isBase64Encoded": true,
        });
        let (status, mut found, body) = sent(payload).await;
        found.sort();
        assert_eq!(status, 201);
        assert_eq!(
            found,
            headers(&[
                ("content-type", "text/plain;charset=UTF-8"),
                ("set-cookie", "a=1; Path=/"),
                ("set-cookie", "b=2"),
                ("x-a", "1"),
                ("x-b", "joined"),
            ])
        );
        assert_eq!(body, b"\x00\xff");
    }

    #[tokio::test]
    async fn cookies_come_before_a_set_cookie_header() {
        let payload = json!({"statusCode": 200, "headers": {"Set-Cookie": "b=2"}, "cookies": ["a=1"]});
        assert_eq!(sent(payload).await.1, headers(&[("set-cookie", "a=1"), ("set-cookie", "b=2")]));
    }

    #[tokio::test]
    async fn an_answer_without_a_status_is_the_body() {
        let (status, found, body) = sent(json!({"hello": "world"})).await;
        assert_eq!((status, found), (200, headers(&[("content-type", "application/json")])));
        assert_eq!(body, br#"{"hello":"world"}"#);
    }

    // Captured on AWS: aws-lambda-dotnet's LambdaTestTool-v2 snapshots (HTTP API), LocalStack's (Function URL).
    #[tokio::test]
    async fn a_text_as_the_whole_answer_is_sent_without_its_quotes() {
        let (status, found, body) = sent(json!("a \"b\"")).await;
        assert_eq!((status, found), (200, headers(&[("content-type", "application/json")])));
        assert_eq!(body, b"a \"b\"");
        assert_eq!(sent(json!(null)).await.2, b"null");
    }

    // Captured on AWS by LocalStack: test_lambda_url_invocation.
    #[test]
    fn a_function_url_takes_a_body_without_a_type_for_json() {
        let payload = json!({"statusCode": 200, "body": "x"}).to_string();
        for default in [JSON, TEXT] {
            let response = from_payload(payload.clone().into(), default.clone()).unwrap();
            assert_eq!(response.headers()["content-type"], default);
        }
    }

    /// Returns the gateway's response to a function that sends these pieces and then ends.
    async fn streamed(pieces: &[&[u8]]) -> Result<Response, AnswerError> {
        let (sender, received) = mpsc::channel(pieces.len().max(1));
        let (ended, end) = oneshot::channel();
        for piece in pieces {
            sender.send(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        ended.send(Ok(())).unwrap();
        from_streaming(Streaming::new(received, end, false)).await
    }

    #[tokio::test]
    async fn a_prelude_ends_wherever_its_pieces_do() {
        let answer: &[u8] = b"{\"statusCode\":201,\"headers\":{\"x-a\":[\"1\",\"2\"],\"content-length\":\"9\"},\"cookies\":[\"c=1\"]}\0\0\0\0\0\0\0\0\0body";
        for at in 1..answer.len() {
            let response = streamed(&[&answer[..at], &answer[at..]]).await.unwrap();
            assert_eq!(response.status(), 201);
            assert_eq!(response.headers().get_all("x-a").iter().count(), 2);
            assert_eq!(response.headers()["set-cookie"], "c=1");
            assert_eq!(response.headers().get("content-length"), None);
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), &b"\0body"[..], "{at}");
        }
        let bytes: Vec<&[u8]> = answer.chunks(1).collect();
        let response = streamed(&bytes).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), &b"\0body"[..]);
    }

    // Captured on AWS: hotsock/voker, "stream-error"; by-nir/aws-lambda-zig#3.
    #[tokio::test]
    async fn a_stream_that_reports_an_error_ends_as_if_it_was_whole() {
        let (sender, received) = mpsc::channel(1);
        let (ended, end) = oneshot::channel();
        sender.send(Bytes::from_static(b"{\"statusCode\":200}\0\0\0\0\0\0\0\0partial")).await.unwrap();
        drop(sender);
        ended.send(Err(InvokeError::Function(json!({"errorType": "A"})))).unwrap();
        let response = from_streaming(Streaming::new(received, end, false)).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), &b"partial"[..]);
    }

    #[tokio::test]
    async fn a_prelude_that_is_none_is_named() {
        let long = vec![b' '; MAX_PRELUDE_BYTES + 1];
        for (pieces, reason) in [
            (&[&b"{}"[..]][..], "never ends"),
            (&[], "never ends"),
            (&[&long], "too long"),
            (&[b"[]\0\0\0\0\0\0\0\0"], "no JSON object"),
            (&[b"{}\0\0\0\0\0\0\0\0"], "statusCode"),
        ] {
            let error = streamed(pieces).await.unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn malformed_answers_are_named() {
        for payload in [
            // 0 and 200.5: aws-lambda-dotnet's snapshots, captured on AWS.
            json!({"statusCode": 0}),
            json!({"statusCode": 200.5}),
            json!({"statusCode": 101}),
            json!({"statusCode": 99}),
            json!({"statusCode": "abc"}),
            json!({"statusCode": 1_000_000}),
            json!({"statusCode": 200, "body": {"a": 1}}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": []}),
            json!({"statusCode": 200, "headers": {"a b": "x"}}),
            json!({"statusCode": 200, "headers": {"a": "x\r\ny"}}),
        ] {
            assert!(from_payload(payload.to_string().into(), TEXT).is_err(), "{payload}");
        }
        assert!(from_payload(Bytes::from_static(b"not json"), TEXT).is_err());
    }

    #[tokio::test]
    async fn framing_headers_of_a_function_are_dropped() {
        let payload = json!({"statusCode": 200, "body": "x", "headers": {
            "content-length": "99", "transfer-encoding": "chunked", "connection": "close", "content-type": "a/b"}});
        assert_eq!(sent(payload).await.1, headers(&[("content-type", "a/b")]));
    }
}
