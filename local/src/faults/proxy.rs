use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::answer::{Refusal, refuse};
use super::call::{Call, Service};
use super::rule::Fault;
use super::set::Faults;
use crate::logs::Logs;
use crate::server::serve::{Limits, try_serve};

/// An answer of the service, as it comes, or one that is made up.
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Ends the connection: the caller asked for it, or the service does not answer.
type Cut = Box<dyn Error + Send + Sync>;

/// Stands between functions and a service.
struct Proxy {
    service: Service,
    upstream: SocketAddr,
    faults: Faults,
    logs: Logs,
    /// Connections to the service that wait for the next call.
    idle: Mutex<Vec<SendRequest<Incoming>>>,
}

/// Serves in front of the service at `upstream`, on a port of its own, and says where.
pub(crate) async fn front(
    service: Service,
    upstream: SocketAddr,
    faults: Faults,
    logs: Logs,
    stop: watch::Receiver<bool>,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let proxy = Arc::new(Proxy { service, upstream, faults, logs, idle: Mutex::default() });
    // A client may keep its connection for as long as it likes.
    let limits = Limits { head_timeout: None };
    tokio::spawn(try_serve(listener, limits, stop, move |request, _| Arc::clone(&proxy).handle(request)));
    Ok(address)
}

impl Proxy {
    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Cut> {
        let call = Call::of(self.service, &request);
        let Some(fault) = self.faults.meet(&call) else {
            return Ok(self.forward(request).await?.map(Either::Left));
        };
        self.logs.note(format_args!("fault {fault} {call}"));
        let refusal = match fault {
            Fault::Throttle => Refusal::Throttled,
            Fault::Conflict => Refusal::InConflict,
            Fault::InternalError => Refusal::InternalError,
            Fault::Cut => return Err("the connection is cut before the call".into()),
            Fault::LoseAnswer => {
                self.whole(request).await?;
                return Err("the connection is cut before the answer".into());
            }
            Fault::Slow(delay) => {
                let answer = self.whole(request).await?;
                tokio::time::sleep(delay).await;
                return Ok(answer.map(Either::Right));
            }
        };
        // Who still sends would see the connection end instead of the answer.
        let body = request.into_body().collect().await?.to_bytes();
        Ok(refuse(refusal, &call, &body).map(Either::Right))
    }

    /// The service's answer when it is all there: what was asked has been done.
    async fn whole(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let (parts, body) = self.forward(request).await?.into_parts();
        Ok(Response::from_parts(parts, Full::new(body.collect().await?.to_bytes())))
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Incoming>, Cut> {
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => connect(self.upstream).await?,
        };
        let answer = connection.send_request(request).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    /// One whose last answer has been read.
    fn take_idle(&self) -> Option<SendRequest<Incoming>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.is_closed());
        let ready = idle.iter().position(SendRequest::is_ready)?;
        Some(idle.swap_remove(ready))
    }
}

async fn connect(upstream: SocketAddr) -> Result<SendRequest<Incoming>, Cut> {
    let stream = TcpStream::connect(upstream).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender, or when the service does.
    tokio::spawn(connection);
    Ok(sender)
}
