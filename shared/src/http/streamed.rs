use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, TryStreamExt};

use super::Error;

/// A streamed answer.
///
/// If the handler fails before the first piece, the answer has the status of its error. Afterwards the status is
/// already sent: an error, a panic or the deadline becomes the last line of the answer, in the API's error shape.
pub struct Streamed<S> {
    content_type: &'static str,
    pieces: S,
}

impl<S> Streamed<S> {
    /// Makes an answer of `pieces` with this media type.
    pub fn new(content_type: &'static str, pieces: S) -> Self {
        Self { content_type, pieces }
    }
}

impl<S> IntoResponse for Streamed<S>
where
    S: Stream<Item = Result<Bytes, Error>> + Send + 'static,
{
    fn into_response(self) -> Response {
        let body = Body::from_stream(self.pieces.map_err(Error::into_failure));
        ([(CONTENT_TYPE, self.content_type)], body).into_response()
    }
}
