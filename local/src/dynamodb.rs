//! The embedded `DynamoDB`: `SQLite` behind `DynamoDB`'s own HTTP API, with the tables of the template.
//!
//! It runs on its own threads, because its calls block and the gateway must not. A write is in the database's
//! write-ahead log before it is acknowledged, so killing the process loses no acknowledged write.
//!
//! Callers reach [`front`] alone, which lets through what is signed and allowed. The database itself takes calls of
//! anybody, so its address is made up: on Linux one of 16 million of loopback, elsewhere a port.

mod expression;
mod front;
mod requests;
mod streams;
mod tables;

pub(crate) use streams::Streams;
pub use tables::{TableError, ensure};

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use self::front::Front;
use crate::access::Authority;
use crate::logs::Logs;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, try_serve};
use crate::server::stop;
use crate::server::switch::{BACKLOG, Switch};
use crate::server::upstream::Upstream;
use crate::template::{Table, Template};

/// The interval between removals of expired items.
const TTL_SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// The time that requests in flight have when the server stops.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// An index for the last record of a stream, which each write looks for, and for those after a record. `dynoxide` has none,
/// so each write would read all records.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_in_order
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER), shard_id)";

/// A database and its server.
pub struct DynamoDb {
    database: Database,
    server: Switch,
}

impl DynamoDb {
    /// Opens the database, at `file` or in memory, and serves it to everybody.
    pub async fn start(address: SocketAddr, file: Option<&Path>) -> io::Result<Self> {
        let logs = Logs::new(None, false, false);
        let everybody = Authority::without_iam(&Template::default(), logs.clone())?;
        Self::start_for(&everybody, address, file, &[], &logs).await
    }

    /// Opens the database, and serves it to those whom `authority` lets.
    pub(crate) async fn start_for(
        authority: &Authority,
        address: SocketAddr,
        file: Option<&Path>,
        tables: &[Table],
        logs: &Logs,
    ) -> io::Result<Self> {
        let file = file.map(|file| file.to_string_lossy().into_owned());
        // All connections to this name share one database in memory.
        let file = file.unwrap_or_else(|| format!("file:{}?mode=memory&cache=shared", Uuid::new_v4()));
        let database = tokio::task::spawn_blocking(move || open(&file)).await?.map_err(io::Error::other)?;
        let copy = database.clone();
        let (authority, tables, logs) = (authority.clone(), Arc::from(tables), logs.clone());
        let server = Switch::on(address, move |socket, stop| {
            let listener = socket.listen(BACKLOG)?;
            let inner = hidden()?;
            let database = Upstream::at(inner.local_addr()?);
            let (tables, logs) = (Arc::clone(&tables), logs.clone());
            let front = Arc::new(Front { database, authority: authority.clone(), tables, logs });
            // Clients may keep idle connections without a limit.
            let limits = Limits { head_timeout: None, kind: Kind::Internal };
            let front_stop = stop.clone();
            let database_stopped = spawn(inner, copy.clone(), stop)?;
            let (ended, stopped) = oneshot::channel();
            tokio::spawn(async move {
                try_serve(listener, limits, front_stop, move |request, _| Arc::clone(&front).handle(request))
                    .await;
                // Nobody may be waiting, here and above.
                let _ = database_stopped.await;
                let _ = ended.send(());
            });
            Ok(stopped)
        })?;
        Ok(Self { database, server })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the database itself, for callers that bypass the server; its calls block.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Writes items in DynamoDB's JSON and bypasses the server: fast, all or none, and without stream records. Blocks.
    pub fn import(&self, table: &str, items: Vec<serde_json::Value>) -> Result<(), String> {
        let items = items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        let items = items.map_err(|error| error.to_string())?;
        let imported = self.database.import_items(table, items, dynoxide::ImportOptions::default());
        imported.map(drop).map_err(|error| error.to_string())
    }

    /// Refuses new connections and closes open ones; the data stays.
    pub async fn stop(&self) -> io::Result<()> {
        self.server.stop().await
    }

    /// Serves again on the same address.
    pub fn resume(&self) -> io::Result<()> {
        self.server.resume()
    }

    /// Removes expired items periodically until `stop` is set.
    pub(crate) async fn sweep(database: Database, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(TTL_SWEEP_INTERVAL);
        loop {
            tokio::select! {
                () = stop::requested(&mut stop) => return,
                _ = interval.tick() => {}
            }
            let database = database.clone();
            // Readers filter expired items themselves, so a failed sweep does no harm and the next one catches up.
            let _ = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        }
    }
}

fn open(file: &str) -> Result<Database, Box<dyn std::error::Error + Send + Sync>> {
    let database = Database::new(file)?;
    rusqlite::Connection::open(file)?.execute_batch(STREAM_INDEX)?;
    Ok(database)
}

/// Listens where nobody finds it by trying.
fn hidden() -> io::Result<TcpListener> {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    // Linux has all of 127.0.0.0/8, without its first and last address.
    let address = Ipv4Addr::new(127, a, b, c.clamp(1, 254));
    let listener =
        TcpListener::bind((address, 0)).or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves on its own threads.
fn spawn(
    listener: TcpListener,
    database: Database,
    stop: watch::Receiver<bool>,
) -> io::Result<oneshot::Receiver<()>> {
    let (ended, stopped) = oneshot::channel();
    let (started, start) = std::sync::mpsc::channel();
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
            let listener = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => return drop(started.send(Err(error))),
            };
            let _ = started.send(Ok(()));
            serve(listener, database, stop).await;
        });
        runtime.shutdown_background();
        let _ = ended.send(());
    })?;
    start.recv().map_err(io::Error::other)??;
    Ok(stopped)
}

async fn serve(listener: tokio::net::TcpListener, database: Database, mut stop: watch::Receiver<bool>) {
    let mut stopping = stop.clone();
    let serving = dynoxide::server::serve_with_shutdown(listener, database, async move {
        stop::requested(&mut stopping).await;
    });
    let patience = async {
        stop::requested(&mut stop).await;
        tokio::time::sleep(STOP_WAIT).await;
    };
    tokio::select! {
        _ = serving => {}
        () = patience => {}
    }
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DynamoDb").field("address", &self.address()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_write_nor_a_reader_of_a_stream_reads_all_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite").to_string_lossy().into_owned();
        open(&file).unwrap();
        // A second start finds the index.
        open(&file).unwrap();
        let connection = rusqlite::Connection::open(&file).unwrap();
        for query in [
            "MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = 'Table'",
            "event_name FROM _stream_records WHERE table_name = 'Table' AND shard_id = 'shard'
             AND CAST(sequence_number AS INTEGER) > 7 ORDER BY CAST(sequence_number AS INTEGER) LIMIT 100",
        ] {
            let plan = format!("EXPLAIN QUERY PLAN SELECT {query}");
            let step: String = connection.query_row(&plan, [], |row| row.get("detail")).unwrap();
            assert!(step.starts_with("SEARCH") && step.contains("stream_records_in_order"), "{step}");
        }
    }
}
