//! Answers that are streamed in pieces.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep};

use super::invocation::InvokeError;

/// The number of pieces that wait for the client. Beyond it the function waits, so the memory for an answer does not
/// depend on its length.
const WAITING_PIECES: usize = 1;

/// Makes the channel for a function's pieces.
pub(super) fn pieces() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(WAITING_PIECES)
}

/// The longest wait for the next piece of a failed answer, because another process may keep the connection open.
const LAST_PIECES_WAIT: Duration = Duration::from_millis(500);

/// An invocation whose answer is streamed.
#[derive(Debug)]
pub(crate) struct Streaming {
    pieces: mpsc::Receiver<Bytes>,
    end: End,
    /// True if it was the instance's first event.
    pub(crate) cold: bool,
}

/// The outcome of an invocation.
#[derive(Debug)]
enum End {
    Open(oneshot::Receiver<Result<(), InvokeError>>),
    /// It failed. The error follows the last piece, or comes when no piece arrives before the timer ends.
    Failed(InvokeError, Pin<Box<Sleep>>),
    Well,
}

impl Streaming {
    pub(crate) fn new(
        pieces: mpsc::Receiver<Bytes>,
        end: oneshot::Receiver<Result<(), InvokeError>>,
        cold: bool,
    ) -> Self {
        Self { pieces, end: End::Open(end), cold }
    }

    /// Returns the next piece, or `None` after the last piece of a complete answer.
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
                if let End::Failed(_, wait) = &mut self.end {
                    wait.as_mut().reset(Instant::now() + LAST_PIECES_WAIT);
                }
                return Poll::Ready(Some(Ok(piece)));
            }
            match &mut self.end {
                End::Open(end) => {
                    let result = ready!(Pin::new(end).poll(context)).unwrap_or(Err(InvokeError::Stopping));
                    // Look again: all pieces precede a good end, and those of a failed process may still be on their
                    // way.
                    self.end = match result {
                        Ok(()) => End::Well,
                        Err(error) => End::Failed(error, Box::pin(sleep(LAST_PIECES_WAIT))),
                    };
                }
                End::Failed(error, wait) => {
                    if piece.is_pending() {
                        ready!(wait.as_mut().poll(context));
                    }
                    let error = error.clone();
                    self.end = End::Well;
                    self.pieces.close();
                    return Poll::Ready(Some(Err(error)));
                }
                End::Well => return Poll::Ready(None),
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
    async fn a_bad_end_comes_after_the_pieces() {
        for error in [Some(InvokeError::Exited("signal: 9".to_owned())), None] {
            let (sender, received) = mpsc::channel(1);
            let (ended, end) = oneshot::channel();
            let mut streaming = Streaming::new(received, end, false);
            sender.send(Bytes::from("a")).await.unwrap();
            match error.clone() {
                Some(error) => ended.send(Err(error)).unwrap(),
                None => drop(ended),
            }
            drop(sender);
            assert_eq!(streaming.next().await, Some(Ok(Bytes::from("a"))));
            assert_eq!(streaming.next().await, Some(Err(error.unwrap_or(InvokeError::Stopping))));
        }
    }

    #[tokio::test]
    async fn pieces_that_come_after_a_bad_end_are_not_lost() {
        let (sender, received) = mpsc::channel(1);
        let (ended, end) = oneshot::channel();
        let mut streaming = Streaming::new(received, end, false);
        ended.send(Err(InvokeError::Stopping)).unwrap();
        let piece = async {
            tokio::task::yield_now().await;
            sender.send(Bytes::from("a")).await.unwrap();
            drop(sender);
        };
        let (first, ()) = tokio::join!(streaming.next(), piece);
        assert_eq!(first, Some(Ok(Bytes::from("a"))));
        assert_eq!(streaming.next().await, Some(Err(InvokeError::Stopping)));
        assert_eq!(streaming.next().await, None);
    }

    #[tokio::test]
    async fn a_connection_that_is_held_does_not_delay_a_bad_end_for_ever() {
        let (_held, received) = mpsc::channel(1);
        let (ended, end) = oneshot::channel();
        let mut streaming = Streaming::new(received, end, false);
        ended.send(Err(InvokeError::Stopping)).unwrap();
        assert_eq!(streaming.next().await, Some(Err(InvokeError::Stopping)));
    }
}
