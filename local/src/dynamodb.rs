//! The embedded `DynamoDB`: `SQLite` behind `DynamoDB`'s own HTTP API, its tables made from the template.
//!
//! It runs on threads of its own: its calls block, and the gateway must not. A write is in the
//! database's write-ahead log before it is acknowledged, so killing the process loses none.

mod tables;

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use dynoxide::Database;
use tokio::{
    net::TcpSocket,
    sync::{oneshot, watch},
};

pub use self::tables::{TableError, ensure};

/// How often expired items are removed.
const TTL_SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// How long requests in flight may take when the server is stopped.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A database and its server.
pub struct DynamoDb {
    database: Database,
    address: SocketAddr,
    server: Mutex<Server>,
    /// Holds a port that the system chose: while nobody listens there, it would choose it again for somebody else.
    reserved: Option<TcpSocket>,
}

enum Server {
    /// The address is kept, and refuses connections.
    Stopped(TcpSocket),
    Running {
        stop: oneshot::Sender<()>,
        stopped: oneshot::Receiver<()>,
    },
    /// Being changed, or its address is lost.
    Neither,
}

impl DynamoDb {
    /// Opens the database, at `file` or in memory, and serves it.
    pub async fn start(address: SocketAddr, file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(|file| file.to_string_lossy().into_owned());
        let database = tokio::task::spawn_blocking(move || match file {
            Some(file) => Database::new(&file),
            None => Database::memory(),
        })
        .await?
        .map_err(|error| io::Error::other(error.to_string()))?;
        let reserved = if address.port() == 0 { Some(bind(address, true)?) } else { None };
        let address = reserved.as_ref().map_or(Ok(address), TcpSocket::local_addr)?;
        let socket = bind(address, reserved.is_some())?;
        let server = Mutex::new(Server::Stopped(socket));
        let dynamodb = Self { database, address, server, reserved };
        dynamodb.resume()?;
        Ok(dynamodb)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The database itself, past the server; its calls block.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Refuses connections from now on, and closes those there are; the data stays.
    pub async fn stop(&self) -> io::Result<()> {
        if let Server::Running { stop, stopped } = self.replace(Server::Neither) {
            // A server that has ended on its own needs no telling.
            let _ = stop.send(());
            let _ = stopped.await;
            self.replace(Server::Stopped(bind(self.address, self.reserved.is_some())?));
        }
        Ok(())
    }

    /// Serves again, on the same address.
    pub fn resume(&self) -> io::Result<()> {
        let socket = match self.replace(Server::Neither) {
            Server::Stopped(socket) => socket,
            running @ Server::Running { .. } => {
                self.replace(running);
                return Ok(());
            }
            Server::Neither => bind(self.address, self.reserved.is_some())?,
        };
        let (stop, stopping) = oneshot::channel();
        let (ended, stopped) = oneshot::channel();
        let (started, start) = std::sync::mpsc::channel();
        let database = self.database.clone();
        std::thread::Builder::new().name("dynamodb".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("dynamodb")
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            runtime.block_on(async {
                let listener = match socket.listen(BACKLOG) {
                    Ok(listener) => listener,
                    Err(error) => return drop(started.send(Err(error))),
                };
                let _ = started.send(Ok(()));
                serve(listener, database, stopping).await;
            });
            runtime.shutdown_background();
            let _ = ended.send(());
        })?;
        start.recv().map_err(io::Error::other)??;
        self.replace(Server::Running { stop, stopped });
        Ok(())
    }

    /// Removes expired items now and then, until `stop` is set.
    pub(crate) async fn sweep(database: Database, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(TTL_SWEEP_INTERVAL);
        loop {
            tokio::select! {
                () = crate::stop::requested(&mut stop) => return,
                _ = interval.tick() => {}
            }
            let database = database.clone();
            // Expired items are filtered by whoever reads, so a sweep that fails is made up for by the next.
            let _ = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        }
    }

    fn replace(&self, server: Server) -> Server {
        std::mem::replace(&mut *self.server.lock().unwrap_or_else(PoisonError::into_inner), server)
    }
}

async fn serve(listener: tokio::net::TcpListener, database: Database, stopping: oneshot::Receiver<()>) {
    let (forward, forwarded) = oneshot::channel::<()>();
    let serving = dynoxide::server::serve_with_shutdown(listener, database, async {
        // Sent, or dropped with its owner: either ends the server.
        let _ = forwarded.await;
    });
    let patience = async {
        let _ = stopping.await;
        drop(forward);
        tokio::time::sleep(STOP_WAIT).await;
    };
    tokio::select! {
        _ = serving => {}
        () = patience => {}
    }
}

/// `shared` with other sockets of this process that say so too; whoever else wants the address finds it in use.
fn bind(address: SocketAddr, shared: bool) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // The address is needed again at once when the server has been stopped.
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(shared)?;
    #[cfg(not(unix))]
    let _ = shared;
    socket.bind(address)?;
    Ok(socket)
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DynamoDb").field("address", &self.address).finish_non_exhaustive()
    }
}
