//! The headers of responses. Each shared header is described here once.

use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, ObjectBuilder, Ref, RefOr, Response, Type};

use super::operation::{has_parameter, inline_mut};
use super::samples::Sample;

/// A header of answers to PATCH.
pub(super) const ACCEPT_PATCH: &str = "Accept-Patch";
const ETAG: &str = "ETag";
const LAST_MODIFIED: &str = "Last-Modified";
const LINK: &str = "Link";
const LOCATION: &str = "Location";
/// The headers of a request that a rate limit counted.
pub(super) const RATE_LIMITS: [&str; 2] = ["RateLimit-Policy", "RateLimit"];
const REPLAYED: &str = "Idempotency-Replayed";

/// Returns name, description and example of each shared header.
#[rustfmt::skip]
fn shared() -> [(&'static str, &'static str, Value); 18] {
    [
        ("X-Request-Id", "The id of the request, as in the logs of the API.", json!("UGFkZyG6liAEMUQ=")),
        ("Server-Timing", "The time in the function, in milliseconds.", json!("handler;dur=4.211, table;dur=2.934")),
        ("Cache-Control", "The rules for caches: `no-store`, or the time for which the response may be stored.", json!("no-store")),
        ("Vary", "The request headers on which the response depends.", json!("Accept, Authorization")),
        ("Content-Security-Policy", "The resources that a page made of the response may load.", json!("default-src 'none'; frame-ancestors 'none'")),
        ("Strict-Transport-Security", "Tells browsers to use HTTPS only.", json!("max-age=31536000; includeSubDomains")),
        ("X-Content-Type-Options", "Tells browsers not to guess the media type.", json!("nosniff")),
        ("Retry-After", "The seconds after which the request can be sent again.", json!(1)),
        ("WWW-Authenticate", "The authentication scheme, and the error of the token (RFC 6750, section 3).", json!("Bearer realm=\"api\"")),
        ("Accept-Encoding", "The content codings that a body may have (RFC 9110, section 12.5.3).", json!("identity")),
        (RATE_LIMITS[0], "The rate limits that counted the request: `q` requests in `w` seconds. Missing if no limit counted it.", json!("\"write\";q=60;w=60")),
        (RATE_LIMITS[1], "The rest of these rate limits: `r` requests in the next `t` seconds.", json!("\"write\";r=59;t=42")),
        (ACCEPT_PATCH, "The media types that a PATCH may have (RFC 5789). Present only in answers to PATCH.", json!("application/merge-patch+json, application/json")),
        (ETAG, "The version of the resource, for `If-Match` and `If-None-Match`.", json!("\"1\"")),
        (LAST_MODIFIED, "The time of the last change, for `If-Modified-Since` and `If-Unmodified-Since`.", json!("Fri, 20 Nov 2026 16:32:55 GMT")),
        (LOCATION, "The URL of the new resource.", json!("/api/posts/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f")),
        (LINK, "The URLs of other pages of the list: `first`, `prev`, `next` and `last` (RFC 8288).", json!("</api/posts?page=2&limit=10>; rel=\"next\"")),
        (REPLAYED, "`true` if an earlier request with the same `Idempotency-Key` had the effect.", json!("true")),
    ]
}

/// Adds to each response of `operation` the headers that every response has, and those that follow from its parameters.
///
/// `is_limited` tells whether a rate limit can count the request.
pub(super) fn describe(operation: &mut Operation, is_limited: bool, components: &mut Components) {
    let everywhere = Sample::success().headers;
    let has = |parameters: &[&str]| parameters.iter().any(|name| has_parameter(operation, name));
    let derived = [
        (["201", ""], LOCATION, true),
        (["200", ""], LINK, has(&["cursor"])),
        (["200", "304"], ETAG, has(&["If-Match", "If-None-Match"])),
        (["200", "304"], LAST_MODIFIED, has(&["If-Unmodified-Since", "If-Modified-Since"])),
    ];
    let is_repeatable = has(&["Idempotency-Key"]);
    for (status, response) in &mut operation.responses.responses {
        let Some(response) = inline_mut(response) else { continue };
        let own = std::mem::take(&mut response.headers);
        let derived = derived.iter().filter(|(of, _, holds)| *holds && of.contains(&status.as_str()));
        let promised = everywhere.iter().map(String::as_str).chain(derived.map(|(_, name, _)| *name));
        promise(response, promised, components);
        allow(response, RATE_LIMITS.into_iter().filter(|_| is_limited), components);
        allow(response, [REPLAYED].into_iter().filter(|_| is_repeatable), components);
        for (name, header) in own {
            match (find(&name), header) {
                (Some(_), _) => promise(response, [name.as_str()], components),
                (None, RefOr::T(header)) => {
                    let header = HeaderBuilder::from(header).extensions(Some(required()));
                    response.headers.insert(name, RefOr::T(header.build()));
                }
                (None, RefOr::Ref(_)) => {}
            }
        }
    }
}

/// Declares that the response always has these shared headers, in any case of their names.
pub(super) fn promise<'a>(
    response: &mut Response,
    names: impl IntoIterator<Item = &'a str>,
    components: &mut Components,
) {
    refer(response, names, components, true);
}

/// Declares that the response may have these shared headers.
pub(super) fn allow<'a>(
    response: &mut Response,
    names: impl IntoIterator<Item = &'a str>,
    components: &mut Components,
) {
    refer(response, names, components, false);
}

fn refer<'a>(
    response: &mut Response,
    names: impl IntoIterator<Item = &'a str>,
    components: &mut Components,
    is_promised: bool,
) {
    for (name, description, example) in names.into_iter().filter_map(find) {
        let component = if is_promised { name.to_owned() } else { format!("{name}-optional") };
        let reference = Ref::new(format!("#/components/headers/{component}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(reference));
        let schema_type = if example.is_number() { Type::Integer } else { Type::String };
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(schema_type)))
            .description(Some(description))
            .example(Some(example))
            .extensions(is_promised.then(required));
        components.headers.insert(component, RefOr::T(header.build()));
    }
}

/// Returns the shared header with this name, in any case.
fn find(name: &str) -> Option<(&'static str, &'static str, Value)> {
    shared().into_iter().find(|(shared, ..)| shared.eq_ignore_ascii_case(name))
}

/// Returns `required: true`, for which utoipa's headers have no member.
fn required() -> Extensions {
    [("required", true)].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use shared::http::Code;

    use super::*;

    #[test]
    fn every_header_of_an_error_or_of_every_response_is_described() {
        // Headers of the body belong to its content, and no operation answers 405.
        let elsewhere = ["content-type", "content-length", "allow"];
        let errors = Code::ALL.iter().map(|code| Sample::error(*code, "application/json"));
        for name in errors.chain([Sample::success()]).flat_map(|sample| sample.headers) {
            assert!(find(&name).is_some() || elsewhere.contains(&&*name), "{name}: add it to `shared`");
        }
    }
}
