use std::time::Duration;

use axum::body::Bytes;
use axum::response::IntoResponse;
use futures_util::{StreamExt, stream};
use shared::http::Streamed;
use tokio::time::sleep;

const PIECES: [&str; 3] = ["Hello", " ", "World"];
/// The pause between two pieces, so that a person can see them arrive.
const PAUSE: Duration = Duration::from_millis(100);

/// Say hello in pieces
///
/// Sends `Hello`, a space and `World`, 100 ms apart. The operation is at the URL of the function; see its servers.
#[utoipa::path(
    get,
    path = "/api/stream",
    tag = "streams",
    operation_id = "streamGreeting",
    responses(
        (status = 200, description = "The text, in three pieces.", body = String, content_type = "text/plain; charset=utf-8", example = "Hello World"),
    ),
)]
pub(crate) async fn get() -> impl IntoResponse {
    let pieces = stream::iter(PIECES.into_iter().enumerate()).then(async |(index, piece)| {
        if index > 0 {
            sleep(PAUSE).await;
        }
        Ok(Bytes::from_static(piece.as_bytes()))
    });
    Streamed::new("text/plain; charset=utf-8", pieces)
}
