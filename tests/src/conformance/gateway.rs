//! The answers of API Gateway and of Lambda's Function URLs themselves. openapi.json is generated from the functions,
//! so docs/api-design.md documents these answers instead.

use reqwest::Method;
use serde_json::{Value, json};

use super::exchange::Exchange;

/// Status, message ("" if there is no body), and the reason why the gateway answers and not a function.
const OWN: [(u16, &str, &str); 10] = [
    (400, "", "what came is no HTTP request"),
    (400, "Bad Request", "the path or the host cannot be read, so no route is found"),
    (403, "null", "no function has this Function URL"),
    (413, "Request Entity Too Large", "the body has more bytes than the gateway or Lambda takes"),
    (429, "Too Many Requests", "the stage's own throttling"),
    (429, "Rate Exceeded.", "the function of a Function URL has no instance to spare"),
    (431, "Request Header Fields Too Large", "the head has more bytes than the gateway takes"),
    (500, "Internal Server Error", "the function ended or broke the protocol"),
    (502, "Internal Server Error", "the same at a Function URL"),
    (503, "Service Unavailable", "the function has no instance to spare, or did not answer in time"),
];

/// Returns how an answer of the gateway's own deviates from the known ones.
pub(super) fn deviation(exchange: &Exchange<'_>) -> Option<String> {
    let status = exchange.status;
    if exchange.is_preflight() {
        let is_answer = status == 204 && exchange.body.is_none_or(<[u8]>::is_empty);
        return (!is_answer).then(|| format!("a preflight is answered with 204 and no body, not {status}"));
    }
    // An answer to HEAD has no body, and a body on its way is not compared yet.
    let body = exchange.body.filter(|_| exchange.method != Method::HEAD);
    let says = |message: &str| match body {
        Some(body) if message.is_empty() => body.is_empty(),
        Some(body) if status == 403 => body == br#"{"Message":null}"#,
        // A Function URL answers with plain text.
        Some(body) if status == 502 => body == message.as_bytes(),
        Some(body) => {
            let mut answered: Value = serde_json::from_slice(body).unwrap_or_default();
            if status == 413 {
                // `local` adds the members that the API's own 413 has.
                answered = json!({"message": answered["message"]});
            }
            answered == json!({"message": message})
        }
        None => true,
    };
    let is_own = |(own, message, _): &(u16, &str, &str)| *own == status && says(message);
    let is_known = OWN.iter().any(is_own);
    (!is_known).then(|| {
        let known: Vec<String> =
            OWN.iter().map(|(status, message, why)| format!("{status} {message}: {why}")).collect();
        format!(
            "without X-Request-Id, so not from a function; and the gateway itself answers only\n  {}",
            known.join("\n  ")
        )
    })
}
