//! The Lambda Runtime API of one process, which reports each of its calls.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// A call of the process.
pub(super) enum Call {
    /// It asked for an event.
    Next(Instant),
    /// It answered the event.
    Answered(Instant, Bytes),
    /// It reported an error.
    Failed(Bytes),
}

/// The side of the platform. Dropping it closes the listener.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    events: mpsc::UnboundedSender<Bytes>,
    calls: mpsc::UnboundedReceiver<Call>,
    server: JoinHandle<()>,
}

struct Server {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    calls: mpsc::UnboundedSender<Call>,
}

impl RuntimeApi {
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (events, receiver) = mpsc::unbounded_channel();
        let (sender, calls) = mpsc::unbounded_channel();
        let server = Arc::new(Server { events: Mutex::new(receiver), calls: sender });
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let _ = connection.set_nodelay(true);
                let server = Arc::clone(&server);
                let service = service_fn(move |request| {
                    let server = Arc::clone(&server);
                    async move { Ok::<_, Infallible>(server.answer(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
        });
        Ok(Self { address, events, calls, server })
    }

    /// Gives the process an event, at once or when it asks for one.
    pub(super) fn send(&self, event: &Bytes) {
        let _ = self.events.send(event.clone());
    }

    /// Returns the next call of the process.
    pub(super) async fn call(&mut self) -> Option<Call> {
        self.calls.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Server {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let call = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        if call == "next" {
            let _ = self.calls.send(Call::Next(Instant::now()));
            let event = self.events.lock().await.recv().await.unwrap_or_default();
            let response = Response::builder()
                .header("content-type", "application/json")
                .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                .header("lambda-runtime-deadline-ms", "4102444800000")
                .header(
                    "lambda-runtime-invoked-function-arn",
                    "arn:aws:lambda:us-east-1:000000000000:function:bench",
                )
                .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0");
            return response.body(Full::new(event)).unwrap_or_default();
        }
        let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
        let _ = self.calls.send(match &*call {
            "response" => Call::Answered(Instant::now(), body),
            _ => Call::Failed(body),
        });
        let mut response = Response::default();
        *response.status_mut() = StatusCode::ACCEPTED;
        response
    }
}
