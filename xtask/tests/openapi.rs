//! The document is one that a client can be generated from.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::collections::BTreeSet;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(xtask::openapi::document()).unwrap()
}

/// Every operation: its name for messages, and itself.
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
        assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Failed", "{name}");
    }
}

#[test]
fn who_can_be_refused_is_told_so() {
    let document = document();
    for (name, operation) in operations(&document) {
        // These take a password or a refresh token, in the body: no security scheme of OpenAPI says that.
        let is_signing_in = ["login", "refreshTokens"].contains(&operation["operationId"].as_str().unwrap());
        let takes_token = operation["security"].is_array();
        let refuses = operation["responses"].get("401").is_some();
        assert_eq!(takes_token || is_signing_in, refuses, "{name}: security and 401 go together");
    }
}

#[test]
fn no_body_takes_members_that_it_does_not_know() {
    let document = document();
    let mut bodies = 0;
    for (name, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else { continue };
        assert_eq!(body["required"], true, "{name}");
        // What is in Stripe's events is Stripe's to say, and the example takes anything.
        if ["receiveStripeEvent", "createExample"].contains(&operation["operationId"].as_str().unwrap()) {
            continue;
        }
        for content in body["content"].as_object().unwrap().values() {
            let pointer = content["schema"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
            let schema = document.pointer(pointer).unwrap();
            assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
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
