//! openapi.json as its readers use it: operations, and schemas that are compiled once in a process.

mod operation;
mod place;
mod request;
mod schemas;

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use boon::Schemas;
use reqwest::Method;
use reqwest::header::HeaderName;
use serde_json::Value;

pub use operation::Operation;
pub(crate) use operation::{Content, Response};
use place::Place;
pub use request::{Body, Parameter};
use schemas::Compiler;
pub(crate) use schemas::Schema;

/// An OpenAPI document with all of its schemas compiled.
pub struct Document {
    /// All operations, in the document's order.
    pub operations: Vec<Operation>,
    /// The two shapes of an error, for answers that belong to no operation: unknown paths and methods.
    pub(crate) errors: Vec<Content>,
    /// The header fields that every answer of every operation has.
    pub(crate) everywhere: HashSet<HeaderName>,
    schemas: Schemas,
}

/// The document's entry for a method and path.
pub(crate) enum Found<'d> {
    Operation(&'d Operation),
    /// The path has other methods only.
    OtherMethods,
    Nothing,
}

impl Document {
    /// Returns the committed document.
    ///
    /// # Panics
    ///
    /// If it cannot be read, or a schema cannot be compiled.
    pub fn published() -> &'static Self {
        static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Document::of(&serde_json::from_str(&text).expect("openapi.json is JSON"))
        });
        &DOCUMENT
    }

    /// Reads any document.
    ///
    /// # Panics
    ///
    /// If a reference leads nowhere, or a schema cannot be compiled.
    pub fn of(document: &Value) -> Self {
        let mut compiler = Compiler::new(document);
        let root = Place::root(document);
        let mut operations = Vec::new();
        for (path, item) in root.members("paths") {
            for method in ["get", "post", "put", "patch", "delete"] {
                if let Some(operation) = item.get(method) {
                    operations.push(Operation::read(method, path, &operation, &root, &mut compiler));
                }
            }
        }
        let errors = [("application/json", "Error"), ("application/problem+json", "ProblemDetails")];
        let errors = errors.iter().filter_map(|(media_type, name)| {
            let schema = root.get("components")?.get("schemas")?.get(name)?;
            Some(Content::new(media_type, Some(compiler.answer(&schema))))
        });
        let errors = errors.collect();
        let responses = operations.iter().flat_map(|operation: &Operation| operation.responses.values());
        let everywhere = responses.map(Response::promised).reduce(|all, one| &all & &one).unwrap_or_default();
        Self { operations, errors, everywhere, schemas: compiler.finish() }
    }

    /// Finds the operation with this method and path under `make run`, such as `GET /api/posts/{id}`.
    pub fn get(&self, name: &str) -> Option<&Operation> {
        let (method, path) = name.split_once(' ')?;
        self.operations.iter().find(|operation| operation.method == *method && operation.path() == path)
    }

    /// Returns the reason why a value is invalid, or `None` if it is valid.
    pub(crate) fn error(&self, schema: Schema, value: &Value) -> Option<String> {
        schemas::error(&self.schemas, schema, value)
    }

    /// Does the same for text that represents a string, a number or a boolean: a header field or a parameter.
    pub(crate) fn error_of_text(&self, schema: Schema, text: &str) -> Option<String> {
        schemas::error_of_text(&self.schemas, schema, text)
    }

    /// Tells whether the schema of a body accepts this value.
    pub fn takes_body(&self, body: &Body, value: &Value) -> bool {
        self.error(body.schema, value).is_none()
    }

    /// Tells whether the schema of a parameter accepts this text.
    pub fn takes_parameter(&self, parameter: &Parameter, text: &str) -> bool {
        self.error_of_text(parameter.schema, text).is_none()
    }

    /// Finds the operation of a request; HEAD counts as GET. `path` has no query.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let mut at_path: Vec<&Operation> =
            self.operations.iter().filter(|operation| operation.is_at(path)).collect();
        // A path without variables goes first, as OpenAPI and API Gateway have it.
        if at_path.iter().any(|operation| operation.path() == path) {
            at_path.retain(|operation| operation.path() == path);
        }
        match at_path.iter().find(|operation| operation.method == *method) {
            Some(operation) => Found::Operation(operation),
            None if at_path.is_empty() => Found::Nothing,
            None => Found::OtherMethods,
        }
    }
}
