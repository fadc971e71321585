//! The event for a function: API Gateway's payload format 2.0, which Function URLs share.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>
//! The query string stays as sent, and so does the `rawPath` of a Function URL; an HTTP API decodes the path and its
//! parameters. Duplicate headers and query parameters are joined with commas. Cookies are in `cookies`; an HTTP API
//! removes them from the headers, a Function URL does not.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::clock;
use crate::template::{ACCOUNT_ID, REGION, Route, Stage};

/// A client's request.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The method as sent, usually in upper case.
    pub method: &'a str,
    /// The path: decoded by an HTTP API, as sent for a Function URL.
    pub path: &'a str,
    /// The query as sent, without the `?`.
    pub query: &'a str,
    /// The protocol, such as `HTTP/1.1`.
    pub protocol: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The complete body.
    pub body: &'a [u8],
    /// The client's address.
    pub source: IpAddr,
    /// This server's address.
    pub local: SocketAddr,
    /// The gateway's id of the request.
    pub request_id: &'a str,
    /// The trace id that Lambda gets.
    pub trace_id: &'a str,
    /// The time of arrival.
    pub at: OffsetDateTime,
}

/// The way by which a request reached the function.
#[derive(Clone, Copy, Debug)]
pub enum Via<'a> {
    /// A route of a stage of the HTTP API, and the values of its path's variables.
    Route(&'a Stage, &'a Route, &'a BTreeMap<String, String>),
    /// The Function URL of the function with this name.
    FunctionUrl(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<Cow<'a, str>>,
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_parameters: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    account_id: &'static str,
    api_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'a str,
    source_ip: String,
    user_agent: Cow<'a, str>,
}

/// A request target that is not valid percent-encoding of UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the path is not percent-encoded UTF-8")]
pub struct InvalidPath;

/// Decodes a path once, as routes and events need it.
pub fn decode_path(path: &str) -> Result<Cow<'_, str>, InvalidPath> {
    let bytes = path.as_bytes();
    let escapes_are_whole = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !escapes_are_whole {
        return Err(InvalidPath);
    }
    percent_decode_str(path).decode_utf8().map_err(|_| InvalidPath)
}

/// Cuts a decoded path at its first `?`, as an HTTP API does: `%3F` ends the path.
#[must_use]
pub fn cut_path(path: Cow<'_, str>) -> Cow<'_, str> {
    match path.split_once('?') {
        Some((before, _)) => Cow::Owned(before.to_owned()),
        None => path,
    }
}

/// Builds the event as JSON.
#[must_use]
pub fn build(via: Via<'_>, incoming: &Incoming<'_>) -> Vec<u8> {
    let host = incoming.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let mut headers = headers(incoming);
    let mut path = Cow::Borrowed(incoming.path);
    let (mut stage, mut stage_variables) = ("$default", None);
    let (route_key, account_id, api_id, domain_name, parameters) = match via {
        Via::Route(Stage { name, variables }, route, parameters) => {
            headers.entry("content-length").or_insert(Cow::Borrowed("0"));
            stage = name.as_deref().unwrap_or(stage);
            stage_variables = Some(variables).filter(|variables| !variables.is_empty());
            let parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
            (route.key(), ACCOUNT_ID, "local", without_port(host).to_owned(), parameters)
        }
        Via::FunctionUrl(name) => {
            let cookies: Vec<_> = incoming.headers.get_all(header::COOKIE).iter().map(text).collect();
            if !cookies.is_empty() {
                headers.insert("cookie", cookies.join("; ").into());
            }
            // A path that cannot be decoded is passed on unchanged.
            path = decode_path(incoming.path).unwrap_or(path);
            let domain_name = format!("{name}.lambda-url.{REGION}.on.aws");
            ("$default".to_owned(), "anonymous", name, domain_name, None)
        }
    };
    let (body, is_base64_encoded) = body(incoming.headers, incoming.body);
    let event = Event {
        version: "2.0",
        route_key: &route_key,
        raw_path: incoming.path,
        raw_query_string: incoming.query,
        cookies: cookies(incoming.headers),
        headers,
        query_string_parameters: query_parameters(incoming.query),
        request_context: Context {
            account_id,
            api_id,
            domain_name: &domain_name,
            domain_prefix: domain_name.split('.').next().unwrap_or(&domain_name),
            http: Http {
                method: incoming.method,
                path: &path,
                protocol: incoming.protocol,
                source_ip: incoming.source.to_string(),
                user_agent: incoming.headers.get(header::USER_AGENT).map(text).unwrap_or_default(),
            },
            request_id: incoming.request_id,
            route_key: &route_key,
            stage,
            time: incoming
                .at
                .format(format_description!(
                    "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
                ))
                .unwrap_or_default(),
            time_epoch: clock::epoch_millis(incoming.at),
        },
        path_parameters: parameters,
        body,
        is_base64_encoded,
        stage_variables,
    };
    // This cannot fail: the maps have text keys and no custom serializer.
    serde_json::to_vec(&event).unwrap_or_default()
}

/// Tells whether a header is for the gateway and not for the function.
fn is_for_the_gateway(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONNECTION
            | header::TRANSFER_ENCODING
            | header::TE
            | header::TRAILER
            | header::UPGRADE
            | header::EXPECT
            | header::PROXY_AUTHORIZATION
            | header::COOKIE
    ) || name == "keep-alive"
        || name == "proxy-connection"
}

fn headers<'a>(incoming: &'a Incoming<'_>) -> BTreeMap<&'a str, Cow<'a, str>> {
    let mut headers = BTreeMap::new();
    for name in incoming.headers.keys().filter(|name| !is_for_the_gateway(name)) {
        let mut values = incoming.headers.get_all(name).iter().map(text);
        let mut joined = values.next().unwrap_or_default();
        for value in values {
            let joined = joined.to_mut();
            joined.push(',');
            joined.push_str(&value);
        }
        headers.insert(name.as_str(), joined);
    }
    let source = incoming.source.to_string();
    headers
        .entry("x-forwarded-for")
        .and_modify(|earlier| *earlier = format!("{earlier}, {source}").into())
        .or_insert_with(|| source.into());
    headers.insert("x-forwarded-port", incoming.local.port().to_string().into());
    headers.insert("x-forwarded-proto", "http".into());
    headers.entry("x-amzn-trace-id").or_insert_with(|| incoming.trace_id.into());
    headers.entry("host").or_insert_with(|| incoming.local.to_string().into());
    if !incoming.body.is_empty() || incoming.headers.contains_key(header::TRANSFER_ENCODING) {
        headers.insert("content-length", incoming.body.len().to_string().into());
    }
    headers
}

fn cookies(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let mut cookies = Vec::new();
    for value in headers.get_all(header::COOKIE) {
        match text(value) {
            Cow::Borrowed(text) => cookies.extend(split_cookies(text).map(Cow::Borrowed)),
            Cow::Owned(text) => {
                cookies.extend(split_cookies(&text).map(|cookie| Cow::Owned(cookie.to_owned())));
            }
        }
    }
    cookies
}

fn split_cookies(header: &str) -> impl Iterator<Item = &str> {
    header.split(';').map(|cookie| cookie.trim_matches([' ', '\t'])).filter(|cookie| !cookie.is_empty())
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// Returns the body as text if its type says so, and in base64 otherwise, for forms as well.
fn body<'a>(headers: &HeaderMap, body: &'a [u8]) -> (Option<Cow<'a, str>>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    match std::str::from_utf8(body) {
        Ok(text) if is_text(content_type) => (Some(Cow::Borrowed(text)), false),
        _ => (Some(Cow::Owned(STANDARD.encode(body))), true),
    }
}

/// Tells whether bodies of this type arrive as text: `text/*` and these three, as others measured on AWS; not `+json`.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript")
}

/// Returns a header's value. Bytes outside ASCII are read as UTF-8, and invalid ones are replaced.
fn text(value: &http::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Returns the host without its port; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
