use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answer::{Refusal, refuse};
use super::call::{Call, Service};
use super::rule::Fault;
use super::set::Faults;
use crate::logs::Logs;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, try_serve};
use crate::server::upstream::{Cut, Upstream};

/// A response of the service that is passed on, or a generated one.
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// A proxy between functions and a service.
struct Proxy {
    service: Service,
    upstream: Upstream<Incoming>,
    faults: Faults,
    logs: Logs,
}

/// Serves a proxy for the service at `upstream` beside it on a port of its own, and returns its address.
pub(crate) async fn front(
    service: Service,
    upstream: SocketAddr,
    faults: Faults,
    logs: Logs,
    stop: watch::Receiver<bool>,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((upstream.ip(), 0)).await?;
    let address = listener.local_addr()?;
    let proxy = Arc::new(Proxy { service, upstream: Upstream::at(upstream), faults, logs });
    // Clients may keep idle connections without a limit.
    let limits = Limits { head_timeout: None, kind: Kind::Buckets };
    tokio::spawn(try_serve(listener, limits, stop, move |request, _| Arc::clone(&proxy).handle(request)));
    Ok(address)
}

impl Proxy {
    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Cut> {
        let call = Call::of(self.service, &request);
        let Some(fault) = self.faults.meet(&call) else {
            return Ok(self.upstream.send(request).await?.map(Either::Left));
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
        // The body is read first, because a client that is still sending would see a closed connection instead of the
        // answer.
        let body = request.into_body().collect().await?.to_bytes();
        Ok(refuse(refusal, &call, &body).map(Either::Right))
    }

    /// Returns the service's complete answer, which shows that the call was carried out.
    async fn whole(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let (parts, body) = self.upstream.send(request).await?.into_parts();
        Ok(Response::from_parts(parts, Full::new(body.collect().await?.to_bytes())))
    }
}
