use std::collections::HashSet;

use serde_json::{Value, json};

/// Returns JSON values on both sides of a schema's bounds, derived from a value that it accepts.
pub(super) fn values(schema: &Value, example: &Value) -> Vec<Value> {
    let mut found = vec![json!(null), json!(true), json!(7), json!([]), json!({})];
    for part in parts(schema) {
        found.extend(choices(part));
        found.extend(lengths(part, example).into_iter().map(Value::from));
        for border in ["minimum", "maximum"] {
            if let Some(border) = part[border].as_i64() {
                found.extend([border - 1, border, border + 1].map(Value::from));
                // JSON has one number type: 5.0 equals 5.
                let decimal =
                    |digits: &str| serde_json::from_str::<Value>(&format!("{border}{digits}")).unwrap();
                found.extend([decimal(".0"), decimal(".5")]);
            }
        }
    }
    without_repetitions(found)
}

/// Returns such variants as text, for parameters and form fields.
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

/// Returns the schema, or the alternatives that it consists of.
fn parts(schema: &Value) -> Vec<&Value> {
    let parts = ["oneOf", "anyOf", "allOf"].iter().filter_map(|parts| schema[*parts].as_array());
    let parts: Vec<&Value> = parts.flatten().collect();
    if parts.is_empty() { vec![schema] } else { parts }
}

/// Returns the values that a schema lists, and some that it does not.
fn choices(schema: &Value) -> Vec<Value> {
    let listed = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    let mut found: Vec<Value> = listed.cloned().collect();
    if let Some(first) = found.first().and_then(Value::as_str) {
        found.extend([json!(first.to_uppercase()), json!(format!("{first}x")), json!("")]);
    }
    found
}

/// Returns texts at the length limits of the schema, and texts one character shorter or longer.
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

/// Returns a text of this many characters that resembles the example.
fn text(schema: &Value, example: &str, length: usize) -> String {
    let characters: Vec<char> = example.chars().collect();
    if schema["format"].as_str().is_some_and(|format| format.ends_with("email")) {
        // Labels of a domain name are limited to 63 characters, so a long address has many.
        let labels: Vec<String> = std::iter::repeat_n("a".repeat(50), length / 51 + 1).collect();
        let address: String = format!("ada@{}", labels.join(".")).chars().take(length).collect();
        return address.trim_end_matches('.').to_owned();
    }
    // The end of the example is kept, because a file's name ends with its type.
    let missing = length.saturating_sub(characters.len());
    let rest = &characters[characters.len().saturating_sub(length)..];
    std::iter::repeat_n(characters[0], missing).chain(rest.iter().copied()).collect()
}
