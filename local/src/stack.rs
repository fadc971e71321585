//! Everything together: a template, its functions, the database, and the servers in front of them.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs::File,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

use crate::{
    cors::Policy,
    dynamodb::{self, DynamoDb, TableError},
    gateway::Gateway,
    instances::{InvokeError, Pool, PoolParts, Settings},
    invoke_api,
    logs::Logs,
    routes::Router,
    runtime_api,
    secrets::Secrets,
    serve::{Limits, serve},
    template::{ACCOUNT_ID, Function, LoadError, Template, Variable},
    throttle::Bucket,
};

/// AWS's region, for names and signatures.
pub const REGION: &str = "us-east-1";

/// A connection that is idle for so long is closed, as API Gateway does after some minutes.
const KEEP_ALIVE: Duration = Duration::from_mins(2);

/// How long processes may take to end once they have been killed.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(5);

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template.
    #[error(transparent)]
    Template(#[from] LoadError),
    /// Somebody else listens there.
    #[error("{address} is in use by another process: stop it, or choose another one with {option}")]
    PortInUse {
        /// The address.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
    },
    /// Another `local` runs on the same data.
    #[error("another local is running on the data in {0}: stop it, or choose another --data-dir")]
    DataInUse(PathBuf),
    /// A table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Anything else that the machine refuses.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// What a stack is to be; see [`Stack::builder`].
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Builder {
    template: PathBuf,
    binaries: PathBuf,
    host: IpAddr,
    port: u16,
    invoke_port: Option<u16>,
    dynamodb: SocketAddr,
    data_dir: Option<PathBuf>,
    in_memory: bool,
    inherit_secrets: bool,
    environment: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    settings: Settings,
    sink: Option<Box<dyn Write + Send>>,
    colour: bool,
    capture: bool,
}

impl Builder {
    /// The template; `template.yaml` unless set.
    #[must_use]
    pub fn template(mut self, path: impl Into<PathBuf>) -> Self {
        self.template = path.into();
        self
    }

    /// Where the functions' binaries are; `target/debug` beside the template unless set.
    #[must_use]
    pub fn binaries(mut self, path: impl Into<PathBuf>) -> Self {
        self.binaries = path.into();
        self
    }

    /// The API's address; loopback unless set.
    #[must_use]
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// The API's port; 0, any free one, unless set.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Serves Lambda's Invoke API on this port of loopback too.
    #[must_use]
    pub fn invoke_port(mut self, port: u16) -> Self {
        self.invoke_port = Some(port);
        self
    }

    /// The database's address; any free port of loopback unless set.
    #[must_use]
    pub fn dynamodb_address(mut self, address: SocketAddr) -> Self {
        self.dynamodb = address;
        self
    }

    /// Where data and made-up secrets are kept; nowhere unless set.
    #[must_use]
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Keeps the database in memory, whether there is a data directory or not.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Sets a variable of every function whose template has it, in place of the template's value.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Takes secrets from this process's environment, where it has them.
    #[must_use]
    pub fn inherit_secrets(mut self) -> Self {
        self.inherit_secrets = true;
        self
    }

    /// Sets a parameter of the template.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Most instances of one function at once.
    #[must_use]
    pub fn max_instances(mut self, count: usize) -> Self {
        self.settings.max_instances = count;
        self
    }

    /// How long a request waits for an instance before it is answered 503.
    #[must_use]
    pub fn queue_wait(mut self, wait: Duration) -> Self {
        self.settings.queue_wait = wait;
        self
    }

    /// How long an idle instance is kept.
    #[must_use]
    pub fn idle_after(mut self, after: Duration) -> Self {
        self.settings.idle_after = after;
        self
    }

    /// Longest start of an instance.
    #[must_use]
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.settings.init_timeout = timeout;
        self
    }

    /// Refuses what AWS would refuse: the template's throttling, and events beyond the instances there may be.
    #[must_use]
    pub fn throttle(mut self) -> Self {
        self.settings.throttle = true;
        self
    }

    /// Prints nothing; what would be printed is in [`Stack::logs`].
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.sink = None;
        self
    }

    /// Prints there, in colours when asked for.
    #[must_use]
    pub fn log_to(mut self, sink: impl Write + Send + 'static, colour: bool) -> Self {
        self.sink = Some(Box::new(sink));
        self.colour = colour;
        self
    }

    /// Keeps no copy of what is printed: a server that runs for days must not grow.
    #[must_use]
    pub fn without_capture(mut self) -> Self {
        self.capture = false;
        self
    }

    /// Starts everything; functions are started by their first event.
    pub async fn start(self) -> Result<Stack, StartError> {
        let template = Template::load(&self.template, &self.parameters, REGION)?;
        let logs = Logs::new(self.sink, self.colour, self.capture);
        let (stop, stopping) = watch::channel(false);

        let api = listen(SocketAddr::new(self.host, self.port), "--port").await?;
        let invoke = match self.invoke_port {
            Some(port) => {
                Some(listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port), "--invoke-port").await?)
            }
            None => None,
        };
        let runtime = listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0), "").await?;
        let (url, invoke_address) = (local_address(&api)?, invoke.as_ref().map(local_address).transpose()?);
        let runtime_address = local_address(&runtime)?;

        let lock = self.data_dir.as_deref().map(lock).transpose()?;
        let dynamodb =
            database(self.dynamodb, self.data_dir.as_deref().filter(|_| !self.in_memory), &template, &logs)
                .await?;

        let mut secrets = Secrets::open(self.data_dir.as_deref()).map_err(io_error("reading the secrets"))?;
        for name in template.secrets() {
            let inherited =
                || std::env::var(name).ok().filter(|value| self.inherit_secrets && !value.is_empty());
            let given = self.environment.get(name).cloned().or_else(inherited);
            secrets.ensure(name, given).map_err(io_error("keeping the secrets"))?;
        }

        let endpoint = format!("http://{}", reachable(dynamodb.address()));
        let (alive, ended) = mpsc::channel(1);
        let pools: Arc<[Arc<Pool>]> = template
            .functions
            .iter()
            .enumerate()
            .map(|(index, function)| {
                Arc::new(Pool::new(PoolParts {
                    arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{}", function.name),
                    binary: self.binaries.join(&function.name),
                    environment: environment(function, &secrets, &self.environment, &endpoint),
                    runtime_api: format!("{runtime_address}/{index}"),
                    settings: self.settings,
                    logs: logs.clone(),
                    stop: stopping.clone(),
                    alive: alive.clone(),
                    function: function.clone(),
                }))
            })
            .collect();

        let gateway = Arc::new(Gateway {
            router: Router::new(&template.routes),
            cors: template.cors.as_ref().map(Policy::new),
            pools: Arc::clone(&pools),
            throttle: template
                .throttling
                .filter(|_| self.settings.throttle)
                .map(|limits| Bucket::new(limits, Instant::now())),
            logs: logs.clone(),
            local: url,
            requests: AtomicU64::new(0),
        });
        let limits = Limits { head_timeout: Some(KEEP_ALIVE) };
        tokio::spawn(serve(api, limits, stopping.clone(), move |request, peer| {
            Arc::clone(&gateway).handle(request, peer)
        }));
        // A function that works for minutes sends nothing meanwhile.
        let limits = Limits { head_timeout: None };
        let served = Arc::clone(&pools);
        tokio::spawn(serve(runtime, limits, stopping.clone(), move |request, _| {
            runtime_api::handle(Arc::clone(&served), request)
        }));
        if let Some(invoke) = invoke {
            let (served, printed) = (Arc::clone(&pools), logs.clone());
            tokio::spawn(serve(invoke, limits, stopping.clone(), move |request, _| {
                invoke_api::handle(Arc::clone(&served), printed.clone(), request)
            }));
        }
        tokio::spawn(DynamoDb::sweep(dynamodb.database().clone(), stopping.clone()));
        tokio::spawn(stop_idle(Arc::clone(&pools), self.settings.idle_after, stopping));

        Ok(Stack {
            address: url,
            invoke_address,
            template,
            pools,
            dynamodb,
            secrets,
            logs,
            stop,
            ended: tokio::sync::Mutex::new(ended),
            lock: Mutex::new(lock),
        })
    }
}

/// A running API. Dropping it ends all of its processes, without waiting for their end.
pub struct Stack {
    address: SocketAddr,
    invoke_address: Option<SocketAddr>,
    template: Template,
    pools: Arc<[Arc<Pool>]>,
    dynamodb: DynamoDb,
    secrets: Secrets,
    logs: Logs,
    stop: watch::Sender<bool>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    lock: Mutex<Option<File>>,
}

impl Stack {
    /// A stack of `template.yaml` and `target/debug` of the current directory, on any free port.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            template: PathBuf::from("template.yaml"),
            binaries: PathBuf::from("target/debug"),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            invoke_port: None,
            dynamodb: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            data_dir: None,
            in_memory: false,
            inherit_secrets: false,
            environment: BTreeMap::new(),
            parameters: BTreeMap::new(),
            settings: Settings::default(),
            sink: None,
            colour: false,
            capture: true,
        }
    }

    /// `http://127.0.0.1:3000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// Where Lambda's Invoke API is, if anywhere.
    #[must_use]
    pub fn invoke_url(&self) -> Option<String> {
        self.invoke_address.map(|address| format!("http://{address}"))
    }

    /// The database's endpoint.
    #[must_use]
    pub fn dynamodb_url(&self) -> String {
        format!("http://{}", reachable(self.dynamodb.address()))
    }

    /// The database, past its endpoint.
    #[must_use]
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    /// The name of the template's first table; empty when it has none.
    #[must_use]
    pub fn table_name(&self) -> &str {
        self.template.tables.first().map_or("", |table| &table.name)
    }

    /// The template, as resolved.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// A secret that functions get, by the name of their variable.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(name)
    }

    /// Names of the secrets that were made up in this run.
    #[must_use]
    pub fn made_up_secrets(&self) -> &[String] {
        &self.secrets.made_up
    }

    /// A secret of `local`'s own, made up and kept like the functions'.
    pub fn own_secret(&mut self, name: &str, given: Option<String>) -> io::Result<String> {
        self.secrets.ensure(name, given).map(str::to_owned)
    }

    /// Everything printed so far: request lines, and functions' lines as they wrote them.
    ///
    /// A function's last lines may arrive after its answer; after [`Stack::shutdown`] all are there.
    #[must_use]
    pub fn logs(&self) -> String {
        self.logs.captured()
    }

    /// Prints a line where the rest is printed.
    pub fn note(&self, text: impl Display) {
        self.logs.note(text);
    }

    /// Prints a warning where the rest is printed.
    pub fn warn(&self, text: impl Display) {
        self.logs.warn(text);
    }

    /// Gives any event to a function, as Lambda's Invoke API would.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let pool = invoke_api::find(&self.pools, function)
            .ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))?;
        let invocation = pool.invoke(Bytes::from(event.to_string()), invoke_api::trace_id()).await?;
        Ok(serde_json::from_slice(&invocation.payload)
            .unwrap_or_else(|_| String::from_utf8_lossy(&invocation.payload).into()))
    }

    /// Makes the database refuse connections, until [`Stack::start_dynamodb`].
    pub async fn stop_dynamodb(&self) -> io::Result<()> {
        self.dynamodb.stop().await
    }

    /// Serves the database again, on the same port with the same data.
    pub fn start_dynamodb(&self) -> io::Result<()> {
        self.dynamodb.resume()
    }

    /// Ends every process and every server, and waits until they are gone.
    pub async fn shutdown(&self) {
        self.end();
        // All senders belong to processes' tasks now: nothing is ever sent, the channel closes with the last.
        let _ = tokio::time::timeout(SHUTDOWN_WAIT, self.ended.lock().await.recv()).await;
        // The port is of no use to anybody any more, so it does not matter whether it can be kept.
        let _ = self.dynamodb.stop().await;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn end(&self) {
        self.stop.send_replace(true);
        for pool in self.pools.iter() {
            pool.close();
        }
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

/// The variables of a function's processes, and no others: what the template does not set is not there.
fn environment(
    function: &Function,
    secrets: &Secrets,
    overrides: &BTreeMap<String, String>,
    dynamodb: &str,
) -> Vec<(String, String)> {
    let memory = function.memory_size.to_string();
    let lambda = [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("_HANDLER", "bootstrap"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ];
    let group = format!("/aws/lambda/{}", function.name);
    let own = function.variables.iter().filter_map(|(name, value)| {
        let value = match (overrides.get(name), value) {
            (Some(value), _) | (None, Variable::Plain(value)) => value.as_str(),
            (None, Variable::Secret) => secrets.get(name)?,
        };
        Some((name.clone(), value.to_owned()))
    });
    lambda
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([("AWS_LAMBDA_LOG_GROUP_NAME".to_owned(), group)])
        .chain(own)
        .collect()
}

async fn database(
    address: SocketAddr,
    data_dir: Option<&Path>,
    template: &Template,
    logs: &Logs,
) -> Result<DynamoDb, StartError> {
    let file = data_dir.map(|dir| dir.join("dynamodb.sqlite"));
    let dynamodb = DynamoDb::start(address, file.as_deref()).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, option: "--dynamodb-port" },
        _ => StartError::Io { what: "starting the database".to_owned(), source },
    })?;
    for table in &template.tables {
        let (database, table) = (dynamodb.database().clone(), table.clone());
        let done = tokio::task::spawn_blocking(move || dynamodb::ensure(&database, &table))
            .await
            .map_err(|error| io_error("making the tables")(error.into()))??;
        for line in done {
            logs.note(line);
        }
    }
    Ok(dynamodb)
}

/// One `local` at a time on a data directory; the lock goes with the process, however that ends.
fn lock(data_dir: &Path) -> Result<File, StartError> {
    let what = || format!("using the data directory {}", data_dir.display());
    std::fs::create_dir_all(data_dir).map_err(|source| StartError::Io { what: what(), source })?;
    let file =
        File::create(data_dir.join("lock")).map_err(|source| StartError::Io { what: what(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::DataInUse(data_dir.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(StartError::Io { what: what(), source }),
    }
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, option },
        _ => StartError::Io { what: format!("listening on {address}"), source },
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(io_error("listening"))
}

/// The address to connect to, for one that listens everywhere.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if !ip.is_unspecified() => address,
        IpAddr::V4(_) => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(_) => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port()),
    }
}

async fn stop_idle(pools: Arc<[Arc<Pool>]>, after: Duration, mut stop: watch::Receiver<bool>) {
    let mut interval =
        tokio::time::interval((after / 4).clamp(Duration::from_millis(20), Duration::from_secs(10)));
    loop {
        tokio::select! {
            () = crate::stop::requested(&mut stop) => return,
            _ = interval.tick() => pools.iter().for_each(|pool| pool.stop_idle()),
        }
    }
}

fn io_error(what: &str) -> impl FnOnce(io::Error) -> StartError {
    let what = what.to_owned();
    move |source| StartError::Io { what, source }
}
