use std::collections::HashSet;

use serde_json::{Value, json};

/// JSON values near the borders of a schema, on both sides, made of a value that it takes.
pub(super) fn values(schema: &Value, example: &Value) -> Vec<Value> {
    let mut found = vec![json!(null), json!(true), json!(7), json!([]), json!({})];
    for part in parts(schema) {
        found.extend(choices(part));
        found.extend(lengths(part, example).into_iter().map(Value::from));
        for border in ["minimum", "maximum"] {
            if let Some(border) = part[border].as_i64() {
                found.extend([border - 1, border, border + 1].map(Value::from));
                // JSON has one type of number: 5.0 is 5.
                let decimal =
                    |digits: &str| serde_json::from_str::<Value>(&format!("{border}{digits}")).unwrap();
                found.extend([decimal(".0"), decimal(".5")]);
            }
        }
    }
    without_repetitions(found)
}

/// Texts of the same kind, for what is sent as text.
pub(super) fn texts(schema: &Value, example: &Value) -> Vec<Value> {
    let mut found = vec![json!("")];
    for part in parts(schema) {
        found.extend(choices(part));
        found.extend(lengths(part, example).into_iter().map(Value::from));
        for border in ["minimum", "maximum"] {
            if let Some(border) = part[border].as_i64() {
                found.extend([border - 1, border, border + 1].map(|number| json!(number.to_string())));
            }
        }
        match part["type"].as_str() {
            Some("integer") => found.extend(["x", "1.5", "1e1000", "0x1"].map(Value::from)),
            Some("boolean") => found.extend(["true", "false", "TRUE", "1", "yes"].map(Value::from)),
            _ => {}
        }
    }
    without_repetitions(found)
}

fn without_repetitions(found: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    found.into_iter().filter(|value| seen.insert(value.to_string())).collect()
}

/// The schema, or those that it is made of.
fn parts(schema: &Value) -> Vec<&Value> {
    let parts = ["oneOf", "anyOf", "allOf"].iter().filter_map(|parts| schema[*parts].as_array());
    let parts: Vec<&Value> = parts.flatten().collect();
    if parts.is_empty() { vec![schema] } else { parts }
}

/// Values that a schema lists, and some that it does not.
fn choices(schema: &Value) -> Vec<Value> {
    let listed = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    let mut found: Vec<Value> = listed.cloned().collect();
    if let Some(first) = found.first().and_then(Value::as_str) {
        found.extend([json!(first.to_uppercase()), json!(format!("{first}x")), json!("")]);
    }
    found
}

/// Texts as long as the schema lets them be, and one character more or less.
fn lengths(schema: &Value, example: &Value) -> Vec<String> {
    let example = example.as_str().unwrap_or("text");
    if schema["format"] == "binary" || schema["type"] != "string" || schema.get("enum").is_some() {
        return Vec::new();
    }
    let mut found = vec![String::new(), "x".to_owned()];
    for border in ["minLength", "maxLength"] {
        if let Some(border) = schema[border].as_u64().and_then(|border| usize::try_from(border).ok()) {
            let lengths = [border.saturating_sub(1), border, border + 1];
            found.extend(lengths.map(|length| text(schema, example, length)));
        }
    }
    if schema["format"] == "uuid" {
        found.extend([
            example.to_uppercase(),
            example.replace('-', ""),
            format!("{{{example}}}"),
            format!("{example}0"),
        ]);
    }
    found
}

/// A text of so many characters that is like the example.
fn text(schema: &Value, example: &str, length: usize) -> String {
    let characters: Vec<char> = example.chars().collect();
    if schema["format"].as_str().is_some_and(|format| format.ends_with("email")) {
        // No part of an address may be as long as all of it.
        let labels: Vec<String> = std::iter::repeat_n("a".repeat(50), length / 51 + 1).collect();
        let address: String = format!("ada@{}", labels.join(".")).chars().take(length).collect();
        return address.trim_end_matches('.').to_owned();
    }
    // Its end stays: a file's name ends with its type.
    let missing = length.saturating_sub(characters.len());
    let rest = &characters[characters.len().saturating_sub(length)..];
    std::iter::repeat_n(characters[0], missing).chain(rest.iter().copied()).collect()
}
