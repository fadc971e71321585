//! Another HTTP server, behind one of `local`'s own.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Ends the connection: the server does not answer.
pub(crate) type Cut = Box<dyn Error + Send + Sync>;

/// A server, and connections to it that wait for the next request.
pub(crate) struct Upstream<B> {
    address: SocketAddr,
    idle: Mutex<Vec<SendRequest<B>>>,
}

impl<B> Upstream<B>
where
    B: Body<Data: Send, Error: Into<Cut>> + Send + 'static,
{
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Passes a request on, as it is.
    pub(crate) async fn send(&self, request: Request<B>) -> Result<Response<Incoming>, Cut> {
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => connect(self.address).await?,
        };
        let answer = connection.send_request(request).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    /// One whose last answer has been read.
    fn take_idle(&self) -> Option<SendRequest<B>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.is_closed());
        let ready = idle.iter().position(SendRequest::is_ready)?;
        Some(idle.swap_remove(ready))
    }
}

async fn connect<B>(address: SocketAddr) -> Result<SendRequest<B>, Cut>
where
    B: Body<Data: Send, Error: Into<Cut>> + Send + 'static,
{
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender, or when the server does.
    tokio::spawn(connection);
    Ok(sender)
}
