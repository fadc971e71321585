//! The whole system: a template, its functions, the database, the buckets, and the servers in front of them.

mod builder;
mod environment;
mod functions;
mod reload;
mod start;
mod triggers;

pub use builder::Builder;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use crate::dynamodb::{DynamoDb, Streams, TableError};
use crate::lambda::async_queue::Queue;
use crate::lambda::instances::{InvokeError, Pools};
use crate::lambda::redrive::Redriven;
use crate::lambda::trace;
use crate::logs::Logs;
use crate::product::Stub;
use crate::s3::S3;
use crate::secrets::Secrets;
use crate::ses::{Mail, Ses};
use crate::sqs::{Queues, Sqs};
use crate::template::{LoadError, Template};

/// The file of the data directory that contains the database's address while a `local` uses the directory.
pub const ENDPOINT_FILE: &str = "dynamodb.url";

/// The time that killed processes have to end.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(5);

/// The reason why a stack cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template is invalid.
    #[error(transparent)]
    Template(#[from] LoadError),
    /// Another program listens at the address.
    #[error("{address} is in use by another process: stop it, or choose another one with {option}")]
    PortInUse {
        /// The address.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
    },
    /// Another `local` uses the same data.
    #[error("another local is running on the data in {0}: stop it, or choose another --data-dir")]
    DataInUse(PathBuf),
    /// A table cannot be set up.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The system refuses an operation.
    #[error("{what}: {source}")]
    Io {
        /// The operation.
        what: String,
        /// The reason.
        source: io::Error,
    },
}

/// A running API. Dropping it kills all of its processes without waiting for their end.
pub struct Stack {
    address: SocketAddr,
    invoke_address: Option<SocketAddr>,
    template: Template,
    pools: watch::Receiver<Pools>,
    queue: Arc<Queue>,
    queues: Queues,
    dynamodb: DynamoDb,
    s3: S3,
    sqs: Sqs,
    ses: Ses,
    stubs: Vec<(&'static Stub, String)>,
    secrets: Secrets,
    /// The functions that are rebuilt when they are saved, in words, if this was asked for.
    watched: Option<String>,
    logs: Logs,
    stop: watch::Sender<bool>,
    stop_runtime: watch::Sender<bool>,
    /// Working directories of functions, removed with the stack.
    _task_roots: Arc<TempDir>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    lock: Mutex<Option<File>>,
}

impl Stack {
    /// Returns a builder for `template.yaml` and `target/debug` of the current directory, on a free port.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the API's URL, such as `http://127.0.0.1:3000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// Returns the URL of Lambda's Invoke API, if it is served.
    #[must_use]
    pub fn invoke_url(&self) -> Option<String> {
        self.invoke_address.map(|address| format!("http://{address}"))
    }

    /// Returns the database's endpoint.
    #[must_use]
    pub fn dynamodb_url(&self) -> String {
        format!("http://{}", reachable(self.dynamodb.address()))
    }

    /// Returns the database, for callers that bypass its endpoint.
    #[must_use]
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    /// Returns the stubs that stand in for services without a key, with their URLs.
    #[must_use]
    pub fn stubs(&self) -> &[(&'static Stub, String)] {
        &self.stubs
    }

    /// Returns the name of the template's first table, or an empty string if it has none.
    #[must_use]
    pub fn table_name(&self) -> &str {
        self.template.tables.first().map_or("", |table| &table.name)
    }

    /// Returns S3's endpoint.
    #[must_use]
    pub fn s3_url(&self) -> String {
        format!("http://{}", reachable(self.s3.address()))
    }

    /// Returns SQS's endpoint.
    #[must_use]
    pub fn sqs_url(&self) -> String {
        format!("http://{}", reachable(self.sqs.address()))
    }

    /// Returns the embedded SES.
    #[must_use]
    pub fn ses(&self) -> &Ses {
        &self.ses
    }

    /// Returns all mails that functions have sent in this run, now and as they come.
    #[must_use]
    pub fn mails(&self) -> watch::Receiver<Vec<Mail>> {
        self.ses.mails()
    }

    /// Returns the name of the template's first bucket, or an empty string if it has none.
    #[must_use]
    pub fn bucket_name(&self) -> &str {
        self.template.buckets.first().map_or("", |bucket| &bucket.name)
    }

    /// Returns what is rebuilt when it is saved, or why nothing is; `None` without [`Builder::watch`].
    #[must_use]
    pub fn watched(&self) -> Option<&str> {
        self.watched.as_deref()
    }

    /// Returns the resolved template of the start.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Returns a secret of the functions by the name of its variable.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(name)
    }

    /// Returns the names of the secrets that were generated in this run.
    #[must_use]
    pub fn made_up_secrets(&self) -> &[String] {
        &self.secrets.made_up
    }

    /// Returns a secret of `local`'s own, which is generated and stored like the functions'.
    pub fn own_secret(&mut self, name: &str, given: Option<String>) -> io::Result<String> {
        self.secrets.ensure(name, given).map(str::to_owned)
    }

    /// Returns everything printed so far: request lines, and functions' lines unchanged.
    ///
    /// A function's last lines may arrive after its answer. After [`Stack::shutdown`] the log is complete.
    #[must_use]
    pub fn logs(&self) -> String {
        self.logs.captured()
    }

    /// Prints a line to the log.
    pub fn note(&self, text: impl Display) {
        self.logs.note(text);
    }

    /// Prints a warning to the log.
    pub fn warn(&self, text: impl Display) {
        self.logs.warn(text);
    }

    /// Returns the functions' binaries that do not exist and that nothing builds.
    #[must_use]
    pub fn missing_binaries(&self) -> Vec<PathBuf> {
        let pools = self.pools.borrow();
        let unwatched = pools.iter().filter(|pool| pool.build().is_current());
        unwatched.map(|pool| pool.binary().to_owned()).filter(|binary| !binary.exists()).collect()
    }

    /// Returns the variables of each function, by its logical id.
    #[must_use]
    pub fn environments(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let pools = self.pools.borrow();
        pools.iter().map(|pool| (pool.function().logical_id.clone(), pool.environment().collect())).collect()
    }

    /// Invokes a function with any event, as Lambda's Invoke API would.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let pool = self.pools.borrow().find(function).map(Arc::clone);
        let pool = pool.ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))?;
        let invocation = pool.invoke(Bytes::from(event.to_string()), trace::new()).await?;
        Ok(serde_json::from_slice(&invocation.payload)
            .unwrap_or_else(|_| String::from_utf8_lossy(&invocation.payload).into()))
    }

    /// Gives the events in the functions' queues for failed events to their functions again.
    pub async fn redrive(&self) -> Redriven {
        let pools = self.pools.borrow().clone();
        let streams = Streams::of(self.dynamodb.database(), &self.template);
        Redriven::of(&pools, &self.queues, &streams).await
    }

    /// Makes the database refuse connections until [`Stack::start_dynamodb`].
    pub async fn stop_dynamodb(&self) -> io::Result<()> {
        self.dynamodb.stop().await
    }

    /// Serves the database again on the same port, with the same data.
    pub fn start_dynamodb(&self) -> io::Result<()> {
        self.dynamodb.resume()
    }

    /// Makes S3 refuse connections until [`Stack::start_s3`].
    pub async fn stop_s3(&self) -> io::Result<()> {
        self.s3.stop().await
    }

    /// Serves S3 again on the same port, with the same objects.
    pub fn start_s3(&self) -> io::Result<()> {
        self.s3.resume()
    }

    /// Stops every process and every server, and waits for their end.
    pub async fn shutdown(&self) {
        self.end();
        // All remaining senders belong to processes' tasks. Nothing is ever sent; the channel closes with the last one.
        let _ = tokio::time::timeout(SHUTDOWN_WAIT, self.ended.lock().await.recv()).await;
        self.stop_runtime.send_replace(true);
        // The ports are no longer needed, so it does not matter if they cannot be reserved.
        let _ = self.dynamodb.stop().await;
        let _ = self.s3.stop().await;
        let _ = self.sqs.stop().await;
        let _ = self.ses.stop().await;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn end(&self) {
        self.stop.send_replace(true);
        for pool in self.pools.borrow().iter() {
            pool.close();
        }
        self.queue.close();
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stack").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Returns an address to connect to, also if the server listens on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if !ip.is_unspecified() => address,
        IpAddr::V4(_) => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(_) => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port()),
    }
}

fn io_error(what: &str) -> impl FnOnce(io::Error) -> StartError {
    let what = what.to_owned();
    move |source| StartError::Io { what, source }
}
