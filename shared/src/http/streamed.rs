use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, TryStreamExt};

use super::Error;

/// An answer that is sent piece by piece, as it is made.
///
/// A handler that can fail before the first piece does, and is answered with that error's status. Afterwards the status is
/// sent: an error, a panic or the end of the time is then the last line of the answer, in the error shape of the API.
pub struct Streamed<S> {
    content_type: &'static str,
    pieces: S,
}

impl<S> Streamed<S> {
    /// The answer that `pieces` are, of this media type.
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
