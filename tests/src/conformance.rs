//! The check that openapi.json promises every answer that a test receives.

mod exchange;
mod gateway;

use std::collections::HashSet;
use std::fmt;

use mediatype::MediaTypeBuf;
use reqwest::Method;
use reqwest::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

pub(crate) use exchange::Exchange;

use crate::document::{Content, Document, Found, Operation, Response};

/// Headers of HTTP itself and of the gateway, which no operation sets.
const OF_THE_TRANSPORT: [&str; 10] = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "apigw-requestid",
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "x-amzn-requestid",
];

static ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Fails if the document does not promise this answer, and says what to add. `shown` is the exchange as the failure
/// prints it.
#[track_caller]
pub(crate) fn expect_documented(exchange: &Exchange<'_>, shown: &dyn fmt::Debug) {
    let deviations = deviations(Document::published(), exchange);
    assert!(
        deviations.is_empty(),
        "\nopenapi.json does not promise this answer; mend the operation, or its `#[utoipa::path]`:\n- {}\n{shown:?}",
        deviations.join("\n- ")
    );
}

/// Returns each way in which the answer deviates from the document.
pub(crate) fn deviations(document: &Document, exchange: &Exchange<'_>) -> Vec<String> {
    if !exchange.headers.contains_key("x-request-id") {
        return gateway::deviation(exchange).into_iter().collect();
    }
    match document.find(exchange.method, &exchange.function_path()) {
        Found::Operation(operation) => of_operation(document, operation, exchange),
        Found::OtherMethods => of_other_method(document, exchange),
        Found::Nothing => of_error(document, exchange, &[404, 406]),
    }
}

fn of_operation(document: &Document, operation: &Operation, exchange: &Exchange<'_>) -> Vec<String> {
    let Operation { name, responses, .. } = operation;
    let status = exchange.status;
    let Some(response) = responses.get(&status) else {
        let known: Vec<String> = responses.keys().map(ToString::to_string).collect();
        return vec![format!("{name}: {status} is not documented, only {}", known.join(", "))];
    };
    let Response { headers, content } = response;
    let mut found = Vec::new();
    for header in headers {
        let value = exchange.headers.get(&header.name);
        match (value.map(HeaderValue::to_str), header.schema) {
            (None, _) if header.is_promised => found.push(format!("the header {} is missing", header.name)),
            (Some(Ok(text)), Some(schema)) => {
                let error = document.error_of_text(schema, text);
                found.extend(error.map(|error| format!("the header {}: {text}: {error}", header.name)));
            }
            (Some(Err(_)), _) => found.push(format!("the header {} is not ASCII", header.name)),
            _ => {}
        }
    }
    let documented = headers.iter().map(|header| &header.name).collect();
    found.extend(undocumented(&documented, exchange));
    found.extend(of_body(document, content, exchange));
    found.into_iter().map(|what| format!("{name}, {status}: {what}")).collect()
}

/// Checks the answers to OPTIONS and to methods that the path lacks.
fn of_other_method(document: &Document, exchange: &Exchange<'_>) -> Vec<String> {
    let is_asked = exchange.method == Method::OPTIONS && exchange.status == 204;
    if is_asked {
        of_no_operation(document, exchange, &[])
    } else {
        of_error(document, exchange, &[405, 406])
    }
}

/// Checks an error that belongs to no operation.
fn of_error(document: &Document, exchange: &Exchange<'_>, statuses: &[u16]) -> Vec<String> {
    let (method, path, status) = (exchange.method, exchange.path, exchange.status);
    if !statuses.contains(&status) {
        return vec![format!(
            "{method} {path} is no operation, and answers {status} and none of {statuses:?}"
        )];
    }
    of_no_operation(document, exchange, &document.errors)
}

/// Checks the header fields and the body of an answer that belongs to no operation.
fn of_no_operation(document: &Document, exchange: &Exchange<'_>, content: &[Content]) -> Vec<String> {
    let mut promised: HashSet<&HeaderName> = document.everywhere.iter().collect();
    if [204, 405].contains(&exchange.status) {
        promised.insert(&ALLOW);
        // RFC 5789, section 3.1
        if let Found::Operation(_) = document.find(&Method::PATCH, &exchange.function_path()) {
            promised.insert(&ACCEPT_PATCH);
        }
    }
    let missing = promised.iter().filter(|name| !exchange.headers.contains_key(**name));
    let mut found: Vec<String> = missing.map(|name| format!("the header {name} is missing")).collect();
    found.extend(undocumented(&promised, exchange));
    found.extend(of_body(document, content, exchange));
    found
}

/// Returns the header fields of the answer that are not documented.
fn undocumented(documented: &HashSet<&HeaderName>, exchange: &Exchange<'_>) -> Vec<String> {
    let names = exchange.headers.keys().filter(|name| !documented.contains(name));
    let names = names.filter(|name| !OF_THE_TRANSPORT.contains(&name.as_str()));
    names.map(|name| format!("the header {name} is not documented")).collect()
}

fn of_body(document: &Document, documented: &[Content], exchange: &Exchange<'_>) -> Vec<String> {
    let content_type = exchange.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_empty = exchange.body.is_none_or(<[u8]>::is_empty);
    // lambda_runtime itself sets this Content-Type for a streamed answer without a body.
    let is_runtimes_own =
        content_type == Some("application/octet-stream") && documented.is_empty() && is_empty;
    let Some(content_type) = content_type.filter(|_| !is_runtimes_own) else {
        let is_promised = !documented.is_empty() && exchange.method != Method::HEAD;
        return match (is_promised, is_empty) {
            (true, _) => vec!["there is no Content-Type, and a body is documented".to_owned()],
            (false, false) => vec!["there is a body without a Content-Type".to_owned()],
            (false, true) => Vec::new(),
        };
    };
    let Ok(media_type) = content_type.parse::<MediaTypeBuf>() else {
        return vec![format!("{content_type} is no media type")];
    };
    let Some(content) = documented.iter().find(|content| content.is(&media_type)) else {
        return vec![format!("a body of {content_type} is not documented")];
    };
    match exchange.body {
        Some(body) if exchange.method != Method::HEAD => of_content(document, content, body),
        Some(_) if !is_empty => vec!["HEAD has a body".to_owned()],
        _ => Vec::new(),
    }
}

fn of_content(document: &Document, content: &Content, body: &[u8]) -> Vec<String> {
    let (subtype, suffix) = (content.media_type.subty(), content.media_type.suffix());
    let is_json = subtype == "json" || suffix.is_some_and(|suffix| suffix == "json");
    let values: Vec<Result<Value, _>> = if is_json {
        vec![serde_json::from_slice(body)]
    } else if subtype == "x-ndjson" {
        // The schema describes a line.
        body.split_inclusive(|byte| *byte == b'\n').map(serde_json::from_slice).collect()
    } else {
        std::str::from_utf8(body).map(|text| Ok(Value::from(text))).into_iter().collect()
    };
    let Some(schema) = content.schema else {
        return if is_json { vec!["the body has no schema".to_owned()] } else { Vec::new() };
    };
    let error = |value: Result<Value, serde_json::Error>| match value {
        Ok(value) => document.error(schema, &value),
        Err(error) => Some(error.to_string()),
    };
    values.into_iter().filter_map(error).map(|error| format!("the body: {error}")).collect()
}
