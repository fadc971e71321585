//! The handling of a stream that has begun: errors, panics, the deadline and the log.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::{FutureExt, stream};
use http_body_util::BodyExt;

use super::body::error_body;
use super::call::{Call, Sent, message};
use super::usage::Usage;
use crate::clock::Clock;
use crate::http::{Error, Failure};

/// Wraps a body, so that its last line tells if it ends early and its end is logged.
pub(super) fn watch(
    body: Body,
    status: StatusCode,
    call: Call,
    clock: Clock,
    started: Instant,
    usage: Usage,
) -> Body {
    let sending = Sending {
        body,
        status,
        call,
        clock,
        started,
        usage,
        bytes: 0,
        is_in_line: false,
        failure: None,
        ended: None,
    };
    Body::from_stream(stream::unfold(sending, async |mut sending| {
        let piece = sending.next().await?;
        Some((Ok::<_, Failure>(piece), sending))
    }))
}

/// A streamed answer on its way. It is logged when it is dropped, that is, at its end or when the client goes away.
struct Sending {
    body: Body,
    status: StatusCode,
    call: Call,
    clock: Clock,
    started: Instant,
    usage: Usage,
    bytes: u64,
    /// True if the last byte sent is not the end of a line.
    is_in_line: bool,
    failure: Option<Failure>,
    ended: Option<&'static str>,
}

impl Sending {
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended.is_some() {
            return None;
        }
        let piece = match self.made().await {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                self.ended = Some("whole");
                return None;
            }
            Err(failure) => {
                self.ended = Some("failed");
                let line = self.last_line(&failure);
                self.failure = Some(failure);
                line
            }
        };
        self.bytes += piece.len() as u64;
        self.is_in_line = piece.last().map_or(self.is_in_line, |last| *last != b'\n');
        Some(piece)
    }

    /// Returns the next piece of the stream.
    async fn made(&mut self) -> Result<Option<Bytes>, Failure> {
        let work = AssertUnwindSafe(Usage::of(self.body.frame())).catch_unwind();
        let outcome = match self.call.budget.map(|budget| budget.saturating_sub(self.started.elapsed())) {
            // A stream that never waits must not run past the deadline.
            Some(left) if left.is_zero() => return Err(Error::TimedOut.into_failure()),
            Some(left) => tokio::time::timeout(left, work).await,
            None => Ok(work.await),
        };
        match outcome {
            Ok(Ok((frame, usage))) => {
                self.usage += usage;
                match frame {
                    Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
                    Some(Err(error)) => Err(failure_of(error)),
                    None => Ok(None),
                }
            }
            Ok(Err(panic)) => Err(Error::Internal(Arc::from(Box::from(message(&*panic)))).into_failure()),
            Err(_) => Err(Error::TimedOut.into_failure()),
        }
    }

    fn last_line(&self, failure: &Failure) -> Bytes {
        let mut line = if self.is_in_line { b"\n".to_vec() } else { Vec::new() };
        let body = error_body(failure, &self.call, self.clock.now());
        line.extend(serde_json::to_vec(&body).unwrap_or_default());
        line.push(b'\n');
        line.into()
    }
}

/// Returns the error of a handler's stream. An error of any other body is a defect.
fn failure_of(error: axum::Error) -> Failure {
    let mut causes =
        std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |error| error.source());
    match causes.find_map(|cause| cause.downcast_ref::<Failure>()) {
        Some(failure) => failure.clone(),
        None => Error::Internal(Arc::new(error)).into_failure(),
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let sent = Sent { bytes: self.bytes, ended: self.ended.unwrap_or("cut") };
        self.call.log(self.status, self.started.elapsed(), self.usage, self.failure.as_ref(), Some(sent));
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{Method, Request};
    use axum::routing::get;
    use futures_util::{Stream, StreamExt};
    use lambda_http::Context;
    use serde_json::Value;

    use super::*;
    #[cfg(feature = "store")]
    use crate::cost::Cost;
    use crate::http::accept::STREAMED;
    use crate::http::streamed::Streamed;

    type Piece = Result<Bytes, Error>;

    /// Returns the status and lines of an answer with `pieces`, if Lambda allows `time` in milliseconds.
    async fn answered<S>(
        pieces: impl Fn() -> S + Clone + Send + Sync + 'static,
        method: Method,
        time: Option<u64>,
    ) -> (u16, Vec<String>)
    where
        S: Stream<Item = Piece> + Send + 'static,
    {
        let app = Router::new().route("/", get(async move || Streamed::new("text/plain", pieces())));
        let clock = Clock::system();
        let mut request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        if let Some(time) = time {
            let mut context = Context::default();
            context.deadline = u64::try_from(clock.now().as_millis()).unwrap() + time;
            request.extensions_mut().insert(context);
        }
        let response = crate::http::respond(app, STREAMED, &clock, request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap().lines().map(str::to_owned).collect())
    }

    fn code(line: &str) -> String {
        let error: Value = serde_json::from_str(line).unwrap();
        for member in ["error", "requestId", "timestamp"] {
            assert!(error[member].is_string(), "{line}");
        }
        error["code"].as_str().unwrap().to_owned()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the piece of a stream whose pieces can be errors")]
    fn piece(text: &'static str) -> Piece {
        Ok(Bytes::from_static(text.as_bytes()))
    }

    #[tokio::test]
    async fn a_stream_that_ends_well_is_sent_as_it_is() {
        let pieces = || stream::iter([piece("a\n"), piece(""), piece("b")]);
        assert_eq!(answered(pieces, Method::GET, None).await, (200, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(answered(pieces, Method::HEAD, None).await, (200, vec![]));
    }

    #[tokio::test]
    async fn an_error_is_the_last_line_and_a_line_of_its_own() {
        for first in ["a\n", "a"] {
            let pieces = move || stream::iter([piece(first), Err(Error::NotFound("Post")), piece("never")]);
            let (status, lines) = answered(pieces, Method::GET, None).await;
            assert_eq!((status, lines.len(), &*lines[0]), (200, 2, "a"));
            assert_eq!(code(&lines[1]), "not_found");
        }
    }

    #[tokio::test]
    async fn a_panic_is_the_last_line_and_tells_nothing() {
        let pieces = || {
            stream::unfold(0, |index| async move {
                assert!(index == 0, "internal detail");
                Some((piece("a\n"), index + 1))
            })
        };
        let (status, lines) = answered(pieces, Method::GET, None).await;
        assert_eq!((status, lines.len(), code(&lines[1])), (200, 2, "internal_error".to_owned()));
        assert!(!lines[1].contains("detail"), "{lines:?}");
    }

    #[tokio::test]
    async fn the_deadline_is_the_last_line() {
        // One stream waits for ever, and one never waits.
        let waits = || stream::iter([piece("a\n")]).chain(stream::pending());
        let hurries = || stream::iter(std::iter::repeat_with(|| piece("a\n")));
        for (status, lines) in
            [answered(waits, Method::GET, Some(400)).await, answered(hurries, Method::GET, Some(320)).await]
        {
            let (last, before) = lines.split_last().unwrap();
            assert_eq!((status, code(last)), (200, "unavailable".to_owned()));
            assert!(before.iter().all(|line| line == "a"), "{before:?}");
        }
    }

    #[cfg(feature = "store")]
    #[tokio::test]
    async fn what_the_pieces_cost_is_counted() {
        let clock = Clock::system();
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let body = Body::from_stream(stream::iter([1.0, 2.0]).map(|units| {
            Cost::add(units, 0.0);
            piece("a").map_err(Error::into_failure)
        }));
        let before = Usage { cost: Cost { calls: 1, rcu: 0.5, wcu: 1.0 }, ..Usage::default() };
        let mut sending = Sending {
            body,
            status: StatusCode::OK,
            call: Call::of(&request, &clock),
            clock,
            started: Instant::now(),
            usage: before,
            bytes: 0,
            is_in_line: false,
            failure: None,
            ended: None,
        };
        while sending.next().await.is_some() {}
        assert_eq!(sending.usage.cost, Cost { calls: 3, rcu: 3.5, wcu: 1.0 });
        assert_eq!((sending.bytes, sending.ended), (2, Some("whole")));
    }
}
