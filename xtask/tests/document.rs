//! The document speaks to people, and its examples are valid.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::collections::BTreeSet;

use boon::{Compiler, Draft, Schemas};
use serde_json::Value;
use shared::http::Code;

/// The URL under which the validator knows the document.
const URL: &str = "https://api.example/openapi.json";

fn document() -> Value {
    serde_json::to_value(xtask::openapi::document()).unwrap()
}

/// Calls `visit` with every value in the document and its JSON pointer. Examples, and the names of members and
/// components, are not visited.
fn walk(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(pointer, value);
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !["example", "value"].contains(&name.as_str()))
            .for_each(|(name, member)| walk(member, &format!("{pointer}/{}", escaped(name)), visit)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{pointer}/{at}"), visit));
        }
        _ => {}
    }
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// Returns the description of the value itself, or of the schema that it refers to.
fn description<'a>(document: &'a Value, value: &'a Value) -> Option<&'a str> {
    let own = value.get("description").or_else(|| follow(document, value).get("description"));
    // utoipa puts the description of a nullable member on the alternative.
    own.or_else(|| value.pointer("/oneOf/0/description")).and_then(Value::as_str)
}

#[test]
fn everything_is_described() {
    let document = document();
    let mut undescribed = Vec::new();
    walk(&document, "", &mut |pointer, value| {
        let mut names = pointer.rsplit('/');
        let (name, parent, grandparent) = (names.next(), names.next(), names.next());
        let is_described = match parent {
            // A member that is called `headers` contains no headers.
            _ if grandparent == Some("properties") => false,
            Some("properties" | "parameters" | "schemas" | "responses" | "headers" | "securitySchemes") => {
                true
            }
            Some("servers" | "tags") => value.is_object(),
            _ => matches!(name, Some("get" | "post" | "put" | "patch" | "delete" | "info")),
        };
        // An error whose codes are narrowed describes `code` itself.
        let is_narrowed = pointer.contains("/allOf/");
        if is_described && !is_narrowed && description(&document, value).is_none_or(str::is_empty) {
            undescribed.push(pointer.to_owned());
        }
    });
    assert!(undescribed.is_empty(), "describe {undescribed:#?}");
}

#[test]
fn descriptions_are_for_people_who_know_no_rust() {
    walk(&document(), "", &mut |pointer, value| {
        if let (Some("summary" | "description"), Some(text)) = (pointer.rsplit('/').next(), value.as_str()) {
            for rust in ["::", "[`", "](", "`Self", "Option<", "Vec<", "crate"] {
                assert!(!text.contains(rust), "{pointer} says {rust}: {text}");
            }
            for (before, after) in text.split('\n').zip(text.split('\n').skip(1)) {
                let is_break = before.is_empty() || after.is_empty() || after.starts_with("- ");
                assert!(is_break, "{pointer} breaks a line in a paragraph: {text}");
            }
        }
    });
}

/// A validator for the schema at a pointer into the document.
struct Validator {
    compiler: Compiler,
    schemas: Schemas,
}

impl Validator {
    fn new(document: &Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource(URL, document.clone()).unwrap();
        Self { compiler, schemas: Schemas::new() }
    }

    fn assert_valid(&mut self, pointer: &str, example: &Value) {
        let schema = self.compiler.compile(&format!("{URL}#{pointer}"), &mut self.schemas).unwrap();
        if let Err(error) = self.schemas.validate(example, schema) {
            panic!("{pointer}: {example} is not valid: {error}");
        }
    }
}

#[test]
fn every_example_is_valid() {
    let document = document();
    let mut validator = Validator::new(&document);
    let mut checked = 0;
    walk(&document, "", &mut |pointer, value| {
        // These schemas include those of parameters, headers and media types.
        let is_schema = value.get("type").is_some() && !pointer.contains("/securitySchemes/");
        let schema = if is_schema { pointer.to_owned() } else { format!("{pointer}/schema") };
        if !is_schema && value.get("schema").is_none() {
            return;
        }
        let named =
            value.get("examples").and_then(Value::as_object).into_iter().flat_map(|named| named.values());
        let named = named.map(|example| &follow(&document, example)["value"]);
        let listed = value.get("examples").and_then(Value::as_array).into_iter().flatten();
        for example in value.get("example").into_iter().chain(value.get("default")).chain(named).chain(listed)
        {
            validator.assert_valid(&schema, example);
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked}");
}

#[test]
fn every_body_has_an_example() {
    let document = document();
    walk(&document, "", &mut |pointer, value| {
        if pointer.rsplit('/').nth(1) == Some("content") {
            let is_json = pointer.ends_with("json") || pointer.ends_with("form-data");
            let has_example = value.get("example").or_else(|| value.get("examples")).is_some();
            assert!(has_example || !is_json, "{pointer}");
        }
    });
}

#[test]
fn the_table_of_errors_in_api_design_md_is_that_of_the_code() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api-design.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (status, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((status.parse::<u16>().ok()?, rest.split_once(" | ")?.0))
    });
    let documented: BTreeSet<(u16, String)> = rows
        .flat_map(|(status, codes)| {
            codes.split(", ").map(move |code| (status, code.trim_matches('`').to_owned()))
        })
        .collect();
    let known = Code::ALL.iter().map(|code| (code.status().as_u16(), code.as_str().to_owned()));
    assert_eq!(documented, known.collect());
}
