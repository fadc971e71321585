//! The errors of operations. Most follow from an operation's declaration; it names the others by their codes.

use std::collections::{BTreeMap, BTreeSet};

use shared::http::Code;
use utoipa::openapi::content::Content;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{AllOfBuilder, Components, ObjectBuilder, Ref, RefOr, Response, Schema, Type};

use super::headers::{self, ACCEPT_PATCH, RATE_LIMITS};
use super::operation::{body_types, has_parameter, has_parameters_in, requires_security, takes_security};
use super::samples::Sample;

/// The extension in which an operation names its own codes. It is removed from the document.
const CODES: &str = "x-codes";

const MULTIPART: &str = "multipart/form-data";

/// Both shapes of an error: media type, schema, and the suffix of the examples' names.
const SHAPES: [(&str, &str, &str); 2] =
    [("application/json", "Error", ""), ("application/problem+json", "ProblemDetails", "Problem")];

/// Returns every code with which the operation can end.
///
/// Status 405 is not among them, because it answers methods without an operation.
pub(super) fn codes(method: &str, operation: &mut Operation) -> BTreeSet<Code> {
    let mut codes = named(operation);
    codes.extend(derived(method, operation));
    codes
}

/// Removes and returns the codes that the operation names.
fn named(operation: &mut Operation) -> BTreeSet<Code> {
    let named = operation.extensions.as_mut().and_then(|extensions| extensions.remove(CODES));
    operation.extensions = operation.extensions.take().filter(|extensions| !extensions.is_empty());
    let named = named.unwrap_or_default();
    let is_named =
        |code: &&Code| named.as_array().is_some_and(|all| all.iter().any(|one| one == code.as_str()));
    Code::ALL.iter().filter(is_named).copied().collect()
}

/// Returns the codes that follow from the method, the security, the parameters and the body.
fn derived(method: &str, operation: &Operation) -> impl Iterator<Item = Code> {
    let is_write = method != "GET";
    let must_authenticate = requires_security(operation);
    let takes_token = takes_security(operation, "accessToken");
    let takes_session = takes_security(operation, "session");
    let has_body = operation.request_body.is_some();
    let is_conditional = has_parameter(operation, "If-Match");
    let is_body = |test: fn(&str) -> bool| body_types(operation).any(test);
    [
        (Code::NotAcceptable, true),
        (Code::InternalError, true),
        (Code::Unavailable, true),
        (Code::Contended, is_write),
        (Code::RateLimited, is_write && must_authenticate),
        (Code::MissingToken, takes_token && must_authenticate),
        (Code::InvalidToken, takes_token),
        (Code::TokenExpired, takes_token),
        // Requests with a session must come from the API's own pages to change something.
        (Code::Forbidden, takes_session && is_write),
        (Code::NotFound, has_parameters_in(operation, &ParameterIn::Path)),
        (
            Code::ValidationFailed,
            has_body || is_conditional || has_parameters_in(operation, &ParameterIn::Query),
        ),
        (Code::PreconditionFailed, is_conditional),
        (Code::IdempotencyKeyReused, has_parameter(operation, "Idempotency-Key")),
        (Code::MalformedJson, is_body(|media_type| media_type.ends_with("json"))),
        (Code::MalformedMultipart, is_body(|media_type| media_type == MULTIPART)),
        (Code::BodyTooLarge, is_body(|media_type| media_type != MULTIPART)),
        (Code::UnsupportedMediaType, has_body && !is_body(|media_type| media_type == "*/*")),
        (Code::UnsupportedContentEncoding, has_body),
    ]
    .into_iter()
    .filter_map(|(code, holds)| holds.then_some(code))
}

/// Adds a response for each status of `codes`, as a component that operations with the same codes share.
pub(super) fn describe(operation: &mut Operation, codes: &BTreeSet<Code>, components: &mut Components) {
    let is_limited = codes.contains(&Code::RateLimited);
    let mut of_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        of_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    for (status, codes) in of_status {
        let name = name(&codes, is_limited);
        let reference = RefOr::Ref(Ref::from_response_name(&name));
        operation.responses.responses.insert(status.to_string(), reference);
        if !components.responses.contains_key(&name) {
            let response = response(&codes, is_limited, components);
            components.responses.insert(name, RefOr::T(response));
        }
        for code in codes {
            for (media_type, _, suffix) in SHAPES {
                let name = format!("{code:?}{suffix}");
                let example = || RefOr::T(example(code, media_type));
                components.examples.entry(name).or_insert_with(example);
            }
        }
    }
}

/// Returns the name of the component, such as `MissingTokenOrInvalidToken`.
fn name(codes: &[Code], is_limited: bool) -> String {
    let names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
    names.join("Or") + if is_limited { "WithRateLimit" } else { "" }
}

fn response(codes: &[Code], is_limited: bool, components: &mut Components) -> Response {
    let meanings: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.meaning())).collect();
    let mut response = Response::new(meanings.join("\n\n"));
    let samples: Vec<Sample> = codes.iter().map(|code| Sample::error(*code, "application/json")).collect();
    if is_limited {
        headers::allow(&mut response, RATE_LIMITS, components);
    }
    for name in samples.iter().flat_map(|sample| &sample.headers) {
        if samples.iter().all(|sample| sample.headers.contains(name)) {
            headers::promise(&mut response, [name.as_str()], components);
        } else {
            headers::allow(&mut response, [name.as_str()], components);
        }
    }
    if codes.contains(&Code::UnsupportedMediaType) {
        headers::allow(&mut response, [ACCEPT_PATCH], components);
    }
    if codes == [Code::RateLimited] {
        headers::promise(&mut response, RATE_LIMITS, components);
    }
    let has_details = samples.iter().all(|sample| sample.body.get("details").is_some());
    for (media_type, schema, suffix) in SHAPES {
        let content = content(codes, has_details, schema, suffix);
        response.content.insert(media_type.to_owned(), RefOr::T(content));
    }
    response
}

/// Returns the shape of an error with exactly these codes.
fn content(codes: &[Code], has_details: bool, schema: &str, suffix: &str) -> Content {
    let code = ObjectBuilder::new().schema_type(Type::String);
    let code = code.enum_values(Some(codes.iter().map(|code| code.as_str())));
    let mut narrowed = ObjectBuilder::new().property("code", code).required("code");
    if has_details {
        narrowed = narrowed.required("details");
    }
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(schema)).item(narrowed);
    let mut content = Content::new(Some(Schema::AllOf(schema.build())));
    for code in codes {
        let example = Ref::new(format!("#/components/examples/{code:?}{suffix}"));
        content.examples.insert(code.as_str().to_owned(), RefOr::Ref(example));
    }
    content
}

fn example(code: Code, media_type: &'static str) -> Example {
    let value = Sample::error(code, media_type).body;
    ExampleBuilder::new().summary(code.meaning()).value(Some(value)).build()
}
