//! Responses as they are sent: their bodies, at once or piece by piece, and who answered.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};

use super::instances::{InvokeError, Streaming};

/// A response that is ready to be sent.
pub(crate) type Response = http::Response<Body>;

/// The body of a response, complete or streamed.
#[derive(Debug)]
pub(crate) enum Body {
    Full(Full<Bytes>),
    /// The first piece, and those that follow it.
    Streamed(Option<Bytes>, Streaming),
}

impl Default for Body {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Full(Full::new(bytes))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    /// Ends the connection. Only a stop of `local` itself produces this error.
    type Error = InvokeError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InvokeError>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(context).map_err(|never| match never {}),
            Self::Streamed(first, rest) => match first.take() {
                Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
                None => rest.poll_next(context).map(|piece| match piece? {
                    Ok(piece) => Some(Ok(Frame::data(piece))),
                    Err(InvokeError::Stopping) => Some(Err(InvokeError::Stopping)),
                    // AWS ends an answer that fails midway as if it was complete.
                    Err(_) => None,
                }),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(full) if full.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Streamed(..) => SizeHint::default(),
        }
    }
}

/// An answer, and the part that gave it.
pub(crate) struct Answer<'g> {
    pub(crate) response: Response,
    /// The function's name, or the part of the gateway that answered.
    pub(crate) function: &'g str,
    /// `cold` or `warm`; `preflight`, or `-` if no function answered.
    pub(crate) start: &'static str,
}

/// The reason why no answer can be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    #[error("{0}")]
    Malformed(String),
}

/// The `Content-Length` of an answer to HEAD, which has no body.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredLength(pub(crate) HeaderValue);

/// Returns the compiler's text: as a page for browsers, which ask for HTML, or else as plain text.
pub(crate) fn compiler_error(function: &str, text: &str, headers: &HeaderMap) -> Response {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let title = format!("{function} does not compile");
    let (media_type, body) = if accepted.any(|value| value.contains("text/html")) {
        // No other character begins markup in an element's text (HTML, section 13.1.2).
        let [title, text] = [&title, text].map(|text| text.replace('&', "&amp;").replace('<', "&lt;"));
        let head = "<!doctype html><meta charset=utf-8><meta name=color-scheme content='light dark'>";
        let page = format!("{head}<title>{title}</title><h1>{title}</h1><pre>{text}</pre>\n");
        ("text/html; charset=utf-8", page)
    } else {
        ("text/plain; charset=utf-8", format!("{title}\n\n{}\n", text.trim_end()))
    };
    let mut response = http::Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns an answer of API Gateway's own: `{"message": "..."}`.
pub(crate) fn message(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = http::Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns an error of the Runtime or Extensions API.
pub(super) fn failure(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string();
    let mut response = http::Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    response
}
