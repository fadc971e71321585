//! The limits in the document fit each other and those of AWS.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use serde_json::Value;
use shared::http::MAX_JSON_BYTES;

/// A request or an answer of a function: 6 MB (AWS Lambda quotas, "Invocation payload").
const LAMBDA_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// The bytes of an event or an answer beside its body. API Gateway takes 10,240 bytes of header fields; in an event they
/// are there twice.
const AROUND_A_BODY_BYTES: usize = 64 * 1024;

/// An item (Amazon DynamoDB quotas).
const ITEM_BYTES: usize = 400 * 1024;

/// All keys of an item: those of the table and of five indexes, 2,048 and 1,024 bytes each.
const KEY_BYTES: usize = 6 * (2048 + 1024);

/// A character in JSON, at most: `\ud83d\ude00`.
const ESCAPED_BYTES: usize = 12;

/// A character in UTF-8, at most.
const UTF_8_BYTES: usize = 4;

/// Bodies in an event. A text body is a JSON string, in which quotes and backslashes are escaped.
const BODIES: &[(&str, usize)] = &[
    ("JSON", 2 * MAX_JSON_BYTES),
    ("Stripe's", 2 * webhooks_stripe::MAX_BODY_BYTES),
    ("an upload, in base64", upload::MAX_BODY_BYTES.div_ceil(3) * 4),
    ("a form, in base64", example::MAX_FORM_BYTES.div_ceil(3) * 4),
];

/// Bodies that come back: JSON unchanged in a JSON string.
const RETURNED: &[usize] = &[
    2 * MAX_JSON_BYTES,
    // A form comes back with ten times its bytes, as a test of `example` shows.
    10 * example::MAX_FORM_BYTES,
];

fn document() -> Value {
    serde_json::to_value(xtask::openapi::document()).unwrap()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(document, document.pointer(&reference[1..]).unwrap()),
        None => schema,
    }
}

/// Returns the longest text that a schema allows, in characters.
fn characters(document: &Value, schema: &Value) -> usize {
    let schema = resolved(document, schema);
    let parts =
        ["oneOf", "anyOf", "allOf"].iter().flat_map(|name| schema[name].as_array().into_iter().flatten());
    let of_parts = parts.map(|part| characters(document, part)).max().unwrap_or_default();
    // A value without a limit, such as a number, a listed name or a time, is short.
    schema["maxLength"].as_u64().map_or(64, |length| usize::try_from(length).unwrap()).max(of_parts)
}

/// Returns the size of the largest object that a schema allows if a character takes `character` bytes.
fn bytes(document: &Value, schema: &Value, character: usize) -> usize {
    const QUOTES_COLON_COMMA: usize = 6;
    let members = resolved(document, schema)["properties"].as_object().into_iter().flatten();
    members
        .map(|(name, value)| name.len() + QUOTES_COLON_COMMA + character * characters(document, value))
        .sum()
}

#[test]
fn every_value_that_a_json_body_may_have_fits_into_it() {
    let document = document();
    let mut largest = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            let size = bytes(&document, &content["schema"], ESCAPED_BYTES);
            assert!(
                size <= MAX_JSON_BYTES,
                "{method} {path} has up to {size} bytes, of {MAX_JSON_BYTES} that a body may"
            );
            largest = largest.max(size);
        }
    }
    assert!(largest > 0, "no operation has a body");
}

#[test]
fn every_body_fits_into_an_event() {
    for (what, size) in BODIES {
        assert!(size + AROUND_A_BODY_BYTES <= LAMBDA_PAYLOAD_BYTES, "{what}: {size}");
    }
}

#[test]
fn what_comes_back_of_a_body_fits_into_an_answer() {
    for size in RETURNED {
        assert!(size + AROUND_A_BODY_BYTES <= LAMBDA_PAYLOAD_BYTES, "{size}");
    }
}

#[test]
fn whatever_is_stored_fits_into_an_item() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let is_stored = |schema: &Value| schema["properties"].get("createdAt").is_some();
    assert!(is_stored(&schemas["User"]));
    for (name, schema) in schemas.iter().filter(|(_, schema)| is_stored(schema)) {
        let size = bytes(&document, schema, UTF_8_BYTES) + KEY_BYTES;
        assert!(size <= ITEM_BYTES, "{name}: {size}");
    }
}
