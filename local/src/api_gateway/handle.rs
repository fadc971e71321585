//! API Gateway's part in a request: it finds the function, calls it, and returns its answer.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use uuid::Uuid;

use super::cors::CorsPolicy;
use super::routes::{Match, Router};
use super::throttle::Buckets;
use crate::clock;
use crate::lambda::function_url::FunctionUrl;
use crate::lambda::instances::{InvokeError, Pool, Pools};
use crate::lambda::request_payload::Via;
use crate::lambda::response::{Answer, DeclaredLength, Response};
use crate::lambda::{function_url, request_payload, response, response_payload, trace};
use crate::logs::{Logs, RequestLine};
use crate::product::too_large::too_large;
use crate::template::Route;

/// API Gateway's limit for a body, in bytes.
pub const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// API Gateway's limit for the request line and the values of all headers, in bytes.
pub const MAX_HEAD_BYTES: usize = 10_240;

/// The most bytes of an oversized body that are read and discarded, so that the client can read the answer.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;

/// The longest wait for the next piece of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that handling a request needs.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) router: Router,
    pub(crate) cors: Option<CorsPolicy>,
    pub(crate) urls: Vec<Url>,
    pub(crate) pools: Pools,
    pub(crate) throttle: Option<Buckets>,
    pub(crate) logs: Logs,
    pub(crate) local: SocketAddr,
    /// True if the gateway's 413 has the members of this API's own errors.
    pub(crate) has_own_errors: bool,
}

/// A Function URL and its CORS.
#[derive(Debug)]
pub(crate) struct Url {
    url: FunctionUrl,
    cors: Option<CorsPolicy>,
}

impl Url {
    /// Returns the URL of a pool's function, if it has one.
    pub(crate) fn of(pool: &Arc<Pool>) -> Option<Self> {
        let cors = pool.function().url.as_ref()?.cors.as_ref().map(CorsPolicy::new);
        Some(Self { url: FunctionUrl::of(pool)?, cors })
    }
}

/// The destination of a request.
enum Target<'g> {
    Route(Match<'g>),
    FunctionUrl(&'g FunctionUrl),
}

impl Gateway {
    /// Answers one request. Every request gets an answer.
    pub(crate) async fn handle(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response {
        let started = Instant::now();
        let (mut parts, body) = request.into_parts();
        let has_host = has_host(&parts);
        take_host_of_target(&mut parts);
        let url = self.url(parts.uri.path());
        let (request_id, id_header, cors) = match url {
            Some((url, _)) => (Uuid::new_v4().to_string(), "x-amzn-requestid", url.cors.as_ref()),
            None => (Uuid::new_v4().simple().to_string(), "apigw-requestid", self.cors.as_ref()),
        };
        let trace_id = trace::of(&parts.headers);
        let _collecting = self.logs.collect(&trace_id);
        let answer = match self.target(&parts, url, cors) {
            _ if !has_host => own(StatusCode::BAD_REQUEST, "Bad Request"),
            Ok((target, path)) => {
                self.answer(&parts, body, &target, &path, peer, (&request_id, &trace_id)).await
            }
            Err(answer) => *answer,
        };
        let Answer { mut response, function, start } = answer;
        if self.has_own_errors && start == OWN && response.status() == StatusCode::PAYLOAD_TOO_LARGE {
            response = too_large(&request_id, clock::now());
        }
        let declared = response.extensions_mut().remove::<DeclaredLength>();
        let headers = response.headers_mut();
        match cors.filter(|_| start != PREFLIGHT) {
            Some(cors) if url.is_some() => cors.add(&parts.headers, headers),
            Some(cors) => cors.replace(&parts.headers, headers),
            None => {}
        }
        if let (&Method::HEAD, Some(DeclaredLength(length))) = (&parts.method, declared) {
            headers.insert(header::CONTENT_LENGTH, length);
        }
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            headers.insert(id_header, id);
        }
        self.logs.request(&RequestLine {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            status: response.status().as_u16(),
            took: started.elapsed(),
            start,
            function,
            trace: &trace_id,
        });
        response
    }

    /// Returns the Function URL at which a path lies, and the rest of the path, which stays encoded.
    fn url<'r>(&self, path: &'r str) -> Option<(&Url, &'r str)> {
        let (name, behind) = function_url::split(path)?;
        Some((self.urls.iter().find(|url| url.url.name() == name)?, behind))
    }

    /// Returns the request's target and the path that the target gets, or else an answer that needs no function.
    fn target<'g, 'r>(
        &'g self,
        parts: &'r Parts,
        url: Option<(&'g Url, &'r str)>,
        cors: Option<&CorsPolicy>,
    ) -> Result<(Target<'g>, Cow<'r, str>), Box<Answer<'g>>> {
        let refused = |status, message| Err(Box::new(own(status, message)));
        if head_length(parts) > MAX_HEAD_BYTES {
            return refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
        }
        // `CONNECT host` and `OPTIONS *` are no requests of an API.
        let is_possible = parts.uri.path().starts_with('/') && parts.method != Method::CONNECT;
        let path = match url {
            Some((_, path)) => Some(Cow::Borrowed(path)),
            None => request_payload::decode_path(parts.uri.path()).ok().map(request_payload::cut_path),
        };
        let Some(path) = path.filter(|_| is_possible) else {
            return refused(StatusCode::BAD_REQUEST, "Bad Request");
        };
        if let Some(response) = cors.and_then(|cors| cors.preflight(&parts.method, &parts.headers)) {
            return Err(Box::new(Answer { response, function: "cors", start: PREFLIGHT }));
        }
        if let Some((url, _)) = url {
            return Ok((Target::FunctionUrl(&url.url), path));
        }
        if path.starts_with(function_url::PREFIX) {
            let response = function_url::unknown();
            return Err(Box::new(Answer { response, function: "gateway", start: OWN }));
        }
        let Some(found) = self.router.find(parts.method.as_str(), &path) else {
            return refused(StatusCode::NOT_FOUND, "Not Found");
        };
        if self.throttle.as_ref().is_some_and(|buckets| !buckets.take(found.route, Instant::now())) {
            return refused(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
        }
        Ok((Target::Route(found), path))
    }

    async fn answer<'g>(
        &'g self,
        parts: &Parts,
        body: Incoming,
        target: &Target<'g>,
        path: &str,
        peer: SocketAddr,
        (request_id, trace_id): (&str, &str),
    ) -> Answer<'g> {
        let body = match read(body).await {
            Ok(body) => body,
            Err(BodyError::TooLong) => {
                return own(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
            }
            Err(BodyError::Broken) => return own(StatusCode::BAD_REQUEST, "Bad Request"),
        };
        let at = clock::now();
        let incoming = request_payload::Incoming {
            method: parts.method.as_str(),
            path,
            query: parts.uri.query().unwrap_or(""),
            protocol: protocol(parts.version),
            headers: &parts.headers,
            body: &body,
            source: peer.ip().to_canonical(),
            local: self.local,
            request_id,
            trace_id,
            at,
        };
        match target {
            Target::Route(found) => {
                let payload = request_payload::build(
                    Via::Route(found.stage, found.route, &found.parameters),
                    &incoming,
                );
                self.call(found.route, payload.into(), trace_id.to_owned(), &parts.headers).await
            }
            Target::FunctionUrl(url) => {
                let payload = request_payload::build(Via::FunctionUrl(url.name()), &incoming);
                let ids = (request_id.to_owned(), trace_id.to_owned());
                url.call(payload.into(), ids, &parts.headers, &self.logs).await
            }
        }
    }

    async fn call(&self, route: &Route, payload: Bytes, trace_id: String, headers: &HeaderMap) -> Answer<'_> {
        let Some(pool) = self.pools.find(&route.function) else {
            return own(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        };
        let timeout = route.timeout;
        let function = pool.function().name.as_str();
        // The time of a build is not the API's.
        let invoked = match pool.built().await {
            Ok(()) => tokio::time::timeout(timeout, pool.invoke(payload, trace_id)).await,
            Err(error) => Ok(Err(error)),
        };
        let Ok(invoked) = invoked else {
            self.logs.warn(format_args!("{function}: no answer within {timeout:?}, the API's own timeout"));
            return Answer { function, ..own(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable") };
        };
        match invoked {
            Ok(invocation) => {
                let start = if invocation.cold { "cold" } else { "warm" };
                let response = response_payload::from_payload(invocation.payload, response_payload::TEXT)
                    .unwrap_or_else(|reason| {
                        self.logs
                            .warn(format_args!("{function}: API Gateway would refuse its answer: {reason}"));
                        response::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
                    });
                Answer { response, function, start }
            }
            Err(error) => Answer { response: self.failed(function, &error, headers), function, start: OWN },
        }
    }

    /// Answers 500 if the function fails, 503 if it cannot be reached, and 502 if it does not compile.
    fn failed(&self, function: &str, error: &InvokeError, headers: &HeaderMap) -> Response {
        match error {
            InvokeError::Build(text) => response::compiler_error(function, text, headers),
            InvokeError::RequestTooLarge(_) => {
                response::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
            }
            InvokeError::Throttled | InvokeError::Stopping | InvokeError::UnknownFunction(_) => {
                self.logs.warn(format_args!("{function}: {error}"));
                let mut response = response::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            InvokeError::Function(_) | InvokeError::ResponseTooLarge => {
                self.logs.warn(format_args!("{function}: {error}"));
                response::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
            // These errors were logged where they happened.
            InvokeError::TimedOut(_) | InvokeError::Exited(_) | InvokeError::Init(_) => {
                response::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }
}

const PREFLIGHT: &str = "preflight";

/// The log's mark in place of `cold` or `warm` when no instance answered.
const OWN: &str = "-";

fn own(status: StatusCode, message: &str) -> Answer<'static> {
    Answer { response: response::message(status, message), function: "gateway", start: OWN }
}

fn head_length(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let line = parts.method.as_str().len() + target + " HTTP/1.1 ".len();
    line + parts.headers.values().map(HeaderValue::len).sum::<usize>()
}

/// Checks that the request has exactly one host, which HTTP/1.0 may leave out (RFC 9112, section 3.2). On AWS the host
/// selects the API, so a function never sees an invalid one.
fn has_host(parts: &Parts) -> bool {
    let is_host = |host: &Authority| !host.host().is_empty() && !host.as_str().contains('@');
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let is_valid = match (hosts.next(), hosts.next()) {
        (None, _) => parts.version == Version::HTTP_10,
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| is_host(&host)),
        (Some(_), Some(_)) => false,
    };
    is_valid && parts.uri.authority().is_none_or(is_host)
}

/// Takes the request's host from its target, as in `GET http://host/path` (RFC 9112, section 3.2.2).
fn take_host_of_target(parts: &mut Parts) {
    let host = parts.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        parts.headers.insert(header::HOST, host);
    }
}

enum BodyError {
    TooLong,
    Broken,
}

async fn read(mut body: Incoming) -> Result<Bytes, BodyError> {
    let mut length = 0;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    if let Some(exact) = body.size_hint().exact()
        && let Ok(exact) = usize::try_from(exact)
        && exact > MAX_DRAINED_BYTES
    {
        return Err(BodyError::TooLong);
    }
    loop {
        let Ok(frame) = tokio::time::timeout(BODY_TIMEOUT, body.frame()).await else {
            return Err(BodyError::Broken);
        };
        let Some(frame) = frame else { break };
        let Ok(frame) = frame else { return Err(BodyError::Broken) };
        // The gateway drops trailers.
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > MAX_DRAINED_BYTES {
            return Err(BodyError::TooLong);
        }
        if length > MAX_BODY_BYTES {
            rest.clear();
        } else if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    match length {
        length if length > MAX_BODY_BYTES => Err(BodyError::TooLong),
        length if length == first.len() => Ok(first),
        _ => {
            let mut whole = BytesMut::with_capacity(length);
            whole.extend_from_slice(&first);
            whole.extend_from_slice(&rest);
            Ok(whole.freeze())
        }
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}
