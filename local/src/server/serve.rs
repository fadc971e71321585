//! HTTP/1.1 on a listener, for all of `local`'s servers.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Either;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::guard::{Guard, Kind};
use super::stop;

/// Limits of a server's connections and requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The time within which a connection must send a request head before it is closed.
    pub(crate) head_timeout: Option<Duration>,
    /// The callers that are let in.
    pub(crate) kind: Kind,
}

/// Serves until `stop` is set or its sender is dropped; connections end with it.
pub(crate) async fn serve<H, F, B>(
    listener: TcpListener,
    limits: Limits,
    stop: watch::Receiver<bool>,
    handler: H,
) where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    try_serve(listener, limits, stop, move |request, peer| {
        let answer = handler(request, peer);
        async move { Ok::<_, Infallible>(answer.await) }
    })
    .await;
}

/// Does the same for a handler whose error closes the connection without an answer.
pub(crate) async fn try_serve<H, F, B, E>(
    listener: TcpListener,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    handler: H,
) where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let guard = Guard::new(listener.local_addr().ok(), limits.kind);
    loop {
        let accepted = tokio::select! {
            () = stop::requested(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Usually the process is out of file descriptors, and other connections must close first.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Answers are written in one piece, so waiting for more data only delays them. A failure here is harmless.
        let _ = stream.set_nodelay(true);
        let mut stop = stop.clone();
        let handler = handler.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let refusal = guard.refusal(&request);
                let answer = refusal.is_none().then(|| handler(request, peer));
                async move {
                    match (refusal, answer) {
                        (None, Some(answer)) => Ok::<_, E>(answer.await?.map(Either::Left)),
                        (refusal, _) => Ok(refusal.unwrap_or_default().map(Either::Right)),
                    }
                }
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_headers(256);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // These errors are the client's: it went away, or it does not speak HTTP.
                _ = connection => {}
                () = stop::requested(&mut stop) => {}
            }
        });
    }
}
