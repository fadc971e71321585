//! A server that can be switched off and on again, and keeps its port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use tokio::net::TcpSocket;
use tokio::sync::{oneshot, watch};

/// The number of connections that may wait to be accepted.
pub(crate) const BACKLOG: u32 = 1024;

/// Serves on the socket until it is told to stop. The returned channel fires when the server has ended.
type Serve = dyn Fn(TcpSocket, watch::Receiver<bool>) -> io::Result<oneshot::Receiver<()>> + Send + Sync;

/// A server's address and its state.
pub(crate) struct Switch {
    address: SocketAddr,
    state: Mutex<State>,
    /// Reserves a port that the system chose, which could otherwise be given to another program while the server is
    /// off.
    reserved: Option<TcpSocket>,
    serve: Box<Serve>,
}

enum State {
    /// The address is reserved and refuses connections.
    Off(TcpSocket),
    On {
        stop: watch::Sender<bool>,
        stopped: oneshot::Receiver<()>,
    },
    /// The state is changing, or the address is lost.
    Neither,
}

impl Switch {
    /// Serves at `address`; port 0 means a free one.
    pub(crate) fn on(
        address: SocketAddr,
        serve: impl Fn(TcpSocket, watch::Receiver<bool>) -> io::Result<oneshot::Receiver<()>>
        + Send
        + Sync
        + 'static,
    ) -> io::Result<Self> {
        let reserved = if address.port() == 0 { Some(bind(address, true)?) } else { None };
        let address = reserved.as_ref().map_or(Ok(address), TcpSocket::local_addr)?;
        let state = Mutex::new(State::Off(bind(address, reserved.is_some())?));
        let switch = Self { address, state, reserved, serve: Box::new(serve) };
        switch.resume()?;
        Ok(switch)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses new connections and closes open ones.
    pub(crate) async fn stop(&self) -> io::Result<()> {
        if let State::On { stop, stopped } = self.replace(State::Neither) {
            stop.send_replace(true);
            // A server that has already ended needs no waiting.
            let _ = stopped.await;
            self.replace(State::Off(bind(self.address, self.reserved.is_some())?));
        }
        Ok(())
    }

    /// Serves again on the same address.
    pub(crate) fn resume(&self) -> io::Result<()> {
        let socket = match self.replace(State::Neither) {
            State::Off(socket) => socket,
            on @ State::On { .. } => {
                self.replace(on);
                return Ok(());
            }
            State::Neither => bind(self.address, self.reserved.is_some())?,
        };
        let (stop, stopping) = watch::channel(false);
        let stopped = (self.serve)(socket, stopping)?;
        self.replace(State::On { stop, stopped });
        Ok(())
    }

    fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }
}

/// Binds a socket to the address. If `shared`, other sockets of this process may bind it too; other programs cannot.
fn bind(address: SocketAddr, shared: bool) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A stopped server needs its address again at once.
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(shared)?;
    #[cfg(not(unix))]
    let _ = shared;
    socket.bind(address)?;
    Ok(socket)
}
