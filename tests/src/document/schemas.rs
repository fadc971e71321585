use std::error::Error;

use boon::{Draft, Format, SchemaIndex, Schemas};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Number, Value, json};

use super::Place;

/// A compiled schema of a [`Document`](super::Document).
pub(crate) type Schema = SchemaIndex;

/// The document's URLs for the compiler: one for the document, one for the copy with closed objects.
const OPEN: &str = "https://localhost/open.json";
const CLOSED: &str = "https://localhost/closed.json";

/// Formats of the OpenAPI registry that JSON Schema itself does not have.
const FORMATS: [Format; 2] = [
    Format { name: "int32", func: |value| is_whole(value, i32::MIN.into(), i32::MAX.into()) },
    Format { name: "int64", func: |value| is_whole(value, i64::MIN, i64::MAX) },
];

/// Compiles schemas (JSON Schema 2020-12, formats asserted).
pub(super) struct Compiler {
    compiler: boon::Compiler,
    schemas: Schemas,
}

impl Compiler {
    pub(super) fn new(document: &Value) -> Self {
        let mut compiler = boon::Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        for format in FORMATS {
            compiler.register_format(format);
        }
        let mut closed = document.clone();
        close(&mut closed, false);
        compiler.add_resource(OPEN, document.clone()).unwrap();
        compiler.add_resource(CLOSED, closed).unwrap();
        Self { compiler, schemas: Schemas::new() }
    }

    /// Compiles the schema of a request's part.
    pub(super) fn request(&mut self, schema: &Place<'_>) -> Schema {
        self.compile(OPEN, schema)
    }

    /// Compiles the schema of an answer's part. A member that the document does not name is an error here, although
    /// clients may ignore it.
    pub(super) fn answer(&mut self, schema: &Place<'_>) -> Schema {
        self.compile(CLOSED, schema)
    }

    pub(super) fn finish(self) -> Schemas {
        self.schemas
    }

    fn compile(&mut self, document: &str, schema: &Place<'_>) -> Schema {
        let location = format!("{document}#{}", utf8_percent_encode(&schema.pointer, NON_ALPHANUMERIC));
        let compiled = self.compiler.compile(&location, &mut self.schemas);
        compiled.unwrap_or_else(|error| panic!("{}: {error:#}", schema.pointer))
    }
}

/// Returns the reason why a value is invalid, or `None` if it is valid.
pub(super) fn error(schemas: &Schemas, schema: Schema, value: &Value) -> Option<String> {
    let error = schemas.validate(value, schema).err()?.to_string();
    // The first line is skipped: it names the schema's internal URL.
    Some(error.lines().skip(1).map(str::trim).collect::<Vec<_>>().join("; "))
}

/// Does the same for text that represents a string, a number or a boolean: a header field or a parameter.
pub(super) fn error_of_text(schemas: &Schemas, schema: Schema, text: &str) -> Option<String> {
    let scalar =
        serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
    let readings = [Some(json!(text)), scalar];
    let errors: Vec<_> = readings.iter().flatten().map(|value| error(schemas, schema, value)).collect();
    if errors.contains(&None) { None } else { errors.into_iter().next().flatten() }
}

/// Closes each object, so that it has only the members that its schema names, unless the schema says otherwise.
///
/// A part of an `allOf` stays open, because the other parts have members of their own. The whole is closed instead.
fn close(value: &mut Value, is_part: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| close(item, is_part)),
        Value::Object(schema) => {
            let names_members = schema.get("properties").is_some_and(Value::is_object);
            let is_decided = schema.contains_key("additionalProperties");
            if (names_members || schema.contains_key("allOf")) && !is_decided && !is_part {
                schema.insert("unevaluatedProperties".to_owned(), json!(false));
            }
            for (name, member) in schema.iter_mut() {
                // These members hold values, not schemas.
                if !["const", "default", "enum", "example", "examples"].contains(&name.as_str()) {
                    close(member, name == "allOf");
                }
            }
        }
        _ => {}
    }
}

fn is_whole(value: &Value, least: i64, most: i64) -> Result<(), Box<dyn Error>> {
    // JSON has one number type: 5.0 equals 5, as `type` already implies.
    let is_in_range = |number: &Number| {
        number.is_f64() || number.as_i64().is_some_and(|number| (least..=most).contains(&number))
    };
    match value.as_number() {
        Some(number) if !is_in_range(number) => Err(format!("{number} is not from {least} to {most}").into()),
        _ => Ok(()),
    }
}
