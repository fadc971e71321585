//! The document is suitable for generating a client.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::http::Code;

fn document() -> Value {
    serde_json::to_value(xtask::openapi::document()).unwrap()
}

/// Returns every operation with its name for messages.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn it_is_openapi_3_1() {
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_schema_is_used() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name}");
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name} has another's operationId");
        let own_tags = operation["tags"].as_array().unwrap();
        assert!(own_tags.len() == 1 && tags.contains(own_tags[0].as_str().unwrap()), "{name}: {own_tags:?}");
    }
}

/// Returns the codes of an operation by status, as both shapes of the error list them.
fn codes<'a>(document: &'a Value, operation: &'a Value) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut codes = BTreeMap::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let response = follow(document, response);
        if status.starts_with(['1', '2', '3']) {
            continue;
        }
        let mut lists = ["application/json", "application/problem+json"].map(|media_type| {
            let content = &response["content"][media_type];
            let list = &content["schema"]["allOf"][1]["properties"]["code"]["enum"];
            let list: Vec<&str> =
                list.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
            let examples: Vec<&str> =
                content["examples"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(BTreeSet::from_iter(&list), BTreeSet::from_iter(&examples), "{status}: {response}");
            list
        });
        assert_eq!(lists[0], lists[1], "{status}: {response}");
        codes.insert(status.as_str(), std::mem::take(&mut lists[0]));
    }
    codes
}

/// Returns the value, or the value to which it refers.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

#[test]
fn who_can_be_refused_is_told_so() {
    let document = document();
    for (name, operation) in operations(&document) {
        let security = operation["security"].as_array().unwrap();
        let takes = |scheme: &str| security.iter().any(|one| one.get(scheme).is_some());
        let is_required = !security.is_empty() && !security.iter().any(|one| one == &json!({}));
        let codes = codes(&document, operation);
        let refusals = codes.get("401").map(Vec::as_slice).unwrap_or_default();
        let about_token = refusals.contains(&"missing_token") || refusals.contains(&"invalid_token");
        // A refresh token is in the body, which no security scheme of OpenAPI can express.
        let is_refresh = operation["operationId"] == "refreshTokens";
        assert_eq!(takes("accessToken") || is_refresh, about_token, "{name}: {refusals:?}");
        assert!(!is_required || codes.contains_key("401"), "{name} requires authentication");
        // A public operation refuses callers only if it checks a password, or if a list is the caller's own.
        let own = ["invalid_credentials", "missing_token", "invalid_token", "token_expired"];
        assert!(is_required || refusals.iter().all(|code| own.contains(code)), "{name}: {refusals:?}");
    }
}

#[test]
fn every_status_is_that_of_its_codes_and_both_shapes_list_them() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["responses"].get("default").is_none(), "{name}");
        assert!(operation.get("x-codes").is_none(), "{name}");
        for (status, codes) in codes(&document, operation) {
            for code in codes {
                let known = Code::ALL.iter().find(|known| known.as_str() == code).unwrap();
                assert_eq!(known.status().as_str(), status, "{name}: {code}");
                seen.insert(*known);
            }
        }
    }
    // An operation need not end with these: the path or the method has no operation, the request cannot be read at all, or no
    // entity has a quota, which the store supports.
    let elsewhere = [Code::MethodNotAllowed, Code::BadRequest, Code::QuotaExceeded];
    let missing: Vec<&Code> =
        Code::ALL.iter().filter(|code| !seen.contains(code) && !elsewhere.contains(code)).collect();
    assert!(
        missing.is_empty(),
        "no operation ends with {missing:?}: add them to its x-codes, or to `derived`"
    );
}

#[test]
fn what_a_rate_limit_counts_says_so_in_every_answer() {
    let document = document();
    for (name, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let is_limited = responses.contains_key("429");
        for (status, response) in responses {
            let headers = &follow(&document, response)["headers"];
            for header in ["RateLimit", "RateLimit-Policy"] {
                assert_eq!(headers.get(header).is_some(), is_limited, "{name} {status}");
                let is_promised = follow(&document, &headers[header])["required"] == true;
                assert_eq!(is_promised, status == "429", "{name} {status}");
            }
            for header in ["X-Request-Id", "Cache-Control", "Vary"] {
                assert_eq!(
                    follow(&document, &headers[header])["required"],
                    true,
                    "{name} {status}: {header}"
                );
            }
        }
    }
}

#[test]
fn no_body_takes_members_that_it_does_not_know() {
    let document = document();
    let mut bodies = 0;
    for (name, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else { continue };
        assert_eq!(body["required"], true, "{name}");
        for content in body["content"].as_object().unwrap().values() {
            // Stripe defines its events, and the example takes anything.
            let takes_anything =
                ["receiveStripeEvent", "createExample"].contains(&operation["operationId"].as_str().unwrap());
            let schema = follow(&document, &content["schema"]);
            assert_eq!(schema["additionalProperties"], takes_anything, "{name}: {schema}");
            bodies += 1;
        }
    }
    assert!(bodies > 0);
}

#[test]
fn the_committed_files_are_what_the_code_says() {
    let checked = xtask::openapi::run(&xtask::openapi::Args { check: true }, &xtask::root());
    assert!(checked.is_ok(), "{}", checked.unwrap_err());
}
