//! An answer that comes piece by piece.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::invocation::InvokeError;

/// Pieces that wait for the client. With more than these the function waits, too: the memory that an answer takes
/// does not depend on its length.
const WAITING_PIECES: usize = 1;

/// Where a function's pieces go, and where they arrive.
pub(super) fn pieces() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(WAITING_PIECES)
}

/// An invocation whose answer is sent as it is made.
#[derive(Debug)]
pub(crate) struct Streaming {
    pieces: mpsc::Receiver<Bytes>,
    /// `None` once the invocation has ended well.
    end: Option<oneshot::Receiver<Result<(), InvokeError>>>,
    /// Whether it was the instance's first event.
    pub(crate) cold: bool,
}

impl Streaming {
    pub(crate) fn new(
        pieces: mpsc::Receiver<Bytes>,
        end: oneshot::Receiver<Result<(), InvokeError>>,
        cold: bool,
    ) -> Self {
        Self { pieces, end: Some(end), cold }
    }

    /// The next piece; `None` after the last one of an answer that is whole.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, InvokeError>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, InvokeError>>> {
        loop {
            let piece = self.pieces.poll_recv(context);
            if let Poll::Ready(Some(piece)) = piece {
                return Poll::Ready(Some(Ok(piece)));
            }
            let Some(end) = &mut self.end else { return Poll::Ready(None) };
            let result = ready!(Pin::new(end).poll(context)).unwrap_or(Err(InvokeError::Stopping));
            // All pieces were sent before a good end was; there may be one that came since the look above.
            self.end = None;
            if let Err(error) = result {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_pieces_come_before_the_end() {
        let (sender, received) = mpsc::channel(3);
        let (ended, end) = oneshot::channel();
        let mut streaming = Streaming::new(received, end, false);
        for piece in ["a", "b", "c"] {
            sender.send(Bytes::from(piece)).await.unwrap();
        }
        ended.send(Ok(())).unwrap();
        drop(sender);
        for piece in ["a", "b", "c"] {
            assert_eq!(streaming.next().await, Some(Ok(Bytes::from(piece))));
        }
        assert_eq!(streaming.next().await, None);
    }

    #[tokio::test]
    async fn what_ended_badly_is_not_whole() {
        for error in [Some(InvokeError::Exited("signal: 9".to_owned())), None] {
            let (sender, received) = mpsc::channel(1);
            let (ended, end) = oneshot::channel();
            let mut streaming = Streaming::new(received, end, false);
            sender.send(Bytes::from("a")).await.unwrap();
            match error.clone() {
                Some(error) => ended.send(Err(error)).unwrap(),
                None => drop(ended),
            }
            assert_eq!(streaming.next().await, Some(Ok(Bytes::from("a"))));
            assert_eq!(streaming.next().await, Some(Err(error.unwrap_or(InvokeError::Stopping))));
        }
    }
}
