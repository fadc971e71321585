//! From settings to a running stack.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

use crate::{
    cors::Policy,
    dynamodb::{self, DynamoDb},
    gateway::Gateway,
    instances::{Pool, PoolParts, Settings},
    invoke_api,
    logs::Logs,
    routes::Router,
    runtime_api,
    secrets::Secrets,
    serve::{Limits, serve},
    template::{ACCOUNT_ID, Template},
    throttle::Bucket,
};

use super::{REGION, Stack, StartError, environment::environment, reachable};

/// A connection that is idle for so long is closed, as API Gateway does after some minutes.
const KEEP_ALIVE: Duration = Duration::from_mins(2);

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

impl Default for Builder {
    /// A stack of `template.yaml` and `target/debug` of the current directory, on any free port.
    fn default() -> Self {
        Self {
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
        // The Runtime API outlives the processes: one that loses it while it waits reports an error.
        let (stop_runtime, runtime_stopping) = watch::channel(false);

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
        });
        let limits = Limits { head_timeout: Some(KEEP_ALIVE) };
        tokio::spawn(serve(api, limits, stopping.clone(), move |request, peer| {
            Arc::clone(&gateway).handle(request, peer)
        }));
        // A function that works for minutes sends nothing meanwhile.
        let limits = Limits { head_timeout: None };
        let served = Arc::clone(&pools);
        tokio::spawn(serve(runtime, limits, runtime_stopping, move |request, _| {
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
            stop_runtime,
            ended: tokio::sync::Mutex::new(ended),
            lock: Mutex::new(lock),
        })
    }
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
