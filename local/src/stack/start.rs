//! The start of a stack from its settings.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::environment::{Endpoints, environment};
use super::triggers::Starting;
use super::{Builder, ENDPOINT_FILE, Stack, StartError, reachable};
use crate::access::Authority;
use crate::api_gateway::cors::CorsPolicy;
use crate::api_gateway::handle::{Gateway, Url};
use crate::api_gateway::routes::Router;
use crate::api_gateway::throttle::Buckets;
use crate::dynamodb::DynamoDb;
use crate::faults::Service;
use crate::lambda::async_queue::Queue;
use crate::lambda::destinations::Targets;
use crate::lambda::instances::{Pool, PoolParts, Pools};
use crate::lambda::invoke_api::{self, Served};
use crate::lambda::runtime_api;
use crate::logs::Logs;
use crate::product::{self, STUBS, Stub};
use crate::s3::S3;
use crate::secrets::Secrets;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};
use crate::server::stop;
use crate::sqs::{Queues, Sqs};
use crate::template::{ACCOUNT_ID, Function, LoadError, REGION, Template, TemplateError, Variable};
use crate::{dynamodb, faults, s3};

/// The idle time after which a connection is closed. API Gateway closes idle connections after some minutes.
const KEEP_ALIVE: Duration = Duration::from_mins(2);

impl Builder {
    /// Starts everything. A function starts with its first event.
    pub async fn start(mut self) -> Result<Stack, StartError> {
        let logs = Logs::new(self.sink.take(), self.colour, self.capture);
        let template = self.read(&logs)?;
        let (stop, stopping) = watch::channel(false);
        let (stop_runtime, runtime_stopping) = watch::channel(false);

        let api = listen(SocketAddr::new(self.host, self.port), "--port").await?;
        let invoke = match self.invoke_port {
            Some(port) => Some(listen(loopback(port), "--invoke-port").await?),
            None => None,
        };
        let (url, invoke_address) = (local_address(&api)?, invoke.as_ref().map(local_address).transpose()?);

        let data_dir = self.data_dir.as_deref();
        let lock = data_dir.map(lock).transpose()?;
        let kept = data_dir.filter(|_| !self.in_memory);
        let authority = self.authority(&template, &logs)?;
        let dynamodb =
            database(self.at(self.dynamodb_port), kept, data_dir, &template, &logs, &authority).await?;
        let (notify, changes) = mpsc::unbounded_channel();
        let s3 = buckets(self.at(self.s3_port), kept, &template, notify, authority.clone())?;
        let folder = kept.map(|dir| dir.join("sqs"));
        let queues =
            Queues::open(folder.as_deref(), &template.queues).map_err(io_error("reading the queues"))?;
        let sqs = sqs(self.at(self.sqs_port), &queues, &authority)?;

        let secrets = self.secrets(&template)?;
        let stubs = self.stubs(&template, &stopping).await?;
        self.environment.extend(stubs.iter().map(|(stub, url)| (stub.base_url.to_owned(), url.clone())));

        let [database, objects] = self.endpoints(&dynamodb, &s3, &logs, &stopping).await?;
        let endpoints = Endpoints {
            dynamodb: database,
            s3: objects,
            sqs: format!("http://{}", reachable(sqs.address())),
        };
        let (alive, ended) = mpsc::channel(1);
        let task_roots =
            TempDir::with_prefix("local-task-").map_err(io_error("making the functions' directories"))?;
        let variables = |function: &Function, task_root: &Path| {
            environment(function, &secrets, &self.environment, &endpoints, &authority, task_root)
        };
        let stops = [stopping.clone(), runtime_stopping];
        let pools = self.pools(&template, variables, task_roots.path(), &logs, &stops, &alive)?;

        let targets = Targets { queues: queues.clone(), logs: logs.clone() };
        let queue =
            Queue::new(self.retry_wait, targets.clone(), logs.clone(), stopping.clone(), alive.clone());
        let queue = Arc::new(queue);
        let triggers = Starting {
            template: &template,
            pools: &pools,
            queue: &queue,
            targets,
            database: dynamodb.database().clone(),
            changes,
            kept,
            retry_wait: self.retry_wait,
            logs: &logs,
            stop: &stopping,
        };
        triggers.start().await.map_err(io_error("starting the triggers"))?;

        let gateway = Arc::new(self.gateway(&template, &pools, &logs, url));
        let limits = Limits { head_timeout: Some(KEEP_ALIVE), kind: Kind::Api };
        tokio::spawn(serve(api, limits, stopping.clone(), move |request, peer| {
            Arc::clone(&gateway).handle(request, peer)
        }));
        let limits = Limits { head_timeout: None, kind: Kind::Internal };
        if let Some(invoke) = invoke {
            let served = Served { pools: pools.clone(), queue: Arc::clone(&queue), queues: queues.clone() };
            tokio::spawn(serve(invoke, limits, stopping.clone(), move |request, _| {
                invoke_api::handle(served.clone(), request)
            }));
        }
        tokio::spawn(DynamoDb::sweep(dynamodb.database().clone(), stopping.clone()));
        tokio::spawn(stop_idle(pools.clone(), self.settings.idle_after, stopping));

        Ok(Stack {
            address: url,
            invoke_address,
            template,
            pools,
            queue,
            queues,
            dynamodb,
            s3,
            sqs,
            stubs,
            secrets,
            logs,
            stop,
            stop_runtime,
            _task_roots: task_roots,
            ended: tokio::sync::Mutex::new(ended),
            lock: Mutex::new(lock),
        })
    }

    /// Returns a pool for each function.
    fn pools(
        &self,
        template: &Template,
        variables: impl Fn(&Function, &Path) -> Vec<(String, String)>,
        task_roots: &Path,
        logs: &Logs,
        [stop, stop_runtime]: &[watch::Receiver<bool>; 2],
        alive: &mpsc::Sender<()>,
    ) -> Result<Pools, StartError> {
        // Processes start in another directory, so the path must be absolute.
        let binaries = std::path::absolute(&self.binaries).map_err(io_error("finding the binaries"))?;
        let pool = |function: &Function| {
            let (binary, task_root) = self.program(function, &binaries, task_roots)?;
            let parts = PoolParts {
                arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{}", function.name),
                binary,
                environment: variables(function, &task_root),
                task_root,
                settings: self.settings,
                logs: logs.clone(),
                stop: stop.clone(),
                stop_runtime: stop_runtime.clone(),
                function: function.clone(),
            };
            Ok(Pool::new(parts, runtime_api::serve_instance, alive.clone()))
        };
        template.functions.iter().map(pool).collect()
    }

    /// Reads the template, all of which must be emulated if the settings say so.
    fn read(&self, logs: &Logs) -> Result<Template, LoadError> {
        let template = Template::load(&self.template, &self.parameters, REGION)?;
        let path = || self.template.display().to_string();
        if self.strict && !template.not_emulated.is_empty() {
            return Err(LoadError::NotEmulated { path: path(), parts: template.not_emulated });
        }
        for part in &template.not_emulated {
            logs.warn(format_args!("{}:{}: {part}", self.template.display(), part.line));
        }
        let variables = template.functions.iter().flat_map(|function| &function.variables);
        for (name, value) in variables {
            if let (Variable::Unknown(error), false) = (value, self.environment.contains_key(name)) {
                let message = format!("{}; --env {name}=... gives functions another value", error.message);
                return Err(LoadError::Content { path: path(), error: TemplateError { message, ..*error } });
            }
        }
        Ok(template)
    }

    /// Decides about functions' calls as the template's policies do.
    fn authority(&self, template: &Template, logs: &Logs) -> Result<Authority, StartError> {
        let made = if self.iam {
            if let Some(error) = template.access.unreadable.clone() {
                let path = self.template.display().to_string();
                return Err(LoadError::Content { path, error }.into());
            }
            Authority::of(template, logs.clone())
        } else {
            Authority::without_iam(template, logs.clone())
        };
        made.map_err(io_error("making access keys"))
    }

    /// Returns the program of a function's processes, and the directory in which they run.
    ///
    /// A function with a managed runtime brings the program along: `bootstrap` in its package, which AWS ignores.
    fn program(
        &self,
        function: &Function,
        binaries: &Path,
        task_roots: &Path,
    ) -> Result<(PathBuf, PathBuf), StartError> {
        if !function.has_managed_runtime() {
            return Ok((binaries.join(&function.binary), task_root(task_roots, function)?));
        }
        let folder = self.template.parent().unwrap_or(Path::new(""));
        let package = folder.join(function.code_uri.as_deref().unwrap_or_default());
        let package = std::path::absolute(package).map_err(io_error("finding a function's package"))?;
        Ok((package.join("bootstrap"), package))
    }

    fn gateway(&self, template: &Template, pools: &Pools, logs: &Logs, local: SocketAddr) -> Gateway {
        let api = template.api.as_ref();
        Gateway {
            router: Router::new(&template.routes, api.map(|api| api.stage.clone()).unwrap_or_default()),
            cors: api.and_then(|api| api.cors.as_ref()).map(CorsPolicy::new),
            urls: pools.iter().filter_map(Url::of).collect(),
            pools: pools.clone(),
            throttle: self.settings.throttle.then(Buckets::default),
            logs: logs.clone(),
            local,
            has_own_errors: product::has_accounts(template),
        }
    }

    /// Returns the address of a service that functions call.
    fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.services_host, port)
    }

    /// Returns the value of a variable that the caller or this process's environment sets.
    fn given(&self, name: &str) -> Option<String> {
        let inherited = || std::env::var(name).ok().filter(|value| self.inherit_secrets && !value.is_empty());
        self.environment.get(name).cloned().or_else(inherited)
    }

    fn secrets(&self, template: &Template) -> Result<Secrets, StartError> {
        let mut secrets = Secrets::open(self.data_dir.as_deref()).map_err(io_error("reading the secrets"))?;
        for name in template.secrets() {
            secrets.ensure(name, self.given(name)).map_err(io_error("keeping the secrets"))?;
        }
        Ok(secrets)
    }

    /// Starts the fault proxies, if there are any, and returns the endpoints that functions use.
    async fn endpoints(
        &self,
        dynamodb: &DynamoDb,
        s3: &S3,
        logs: &Logs,
        stop: &watch::Receiver<bool>,
    ) -> Result<[String; 2], StartError> {
        let mut endpoints =
            [(Service::DynamoDb, reachable(dynamodb.address())), (Service::S3, reachable(s3.address()))];
        if let Some(faults) = &self.faults {
            for (service, address) in &mut endpoints {
                *address = faults::front(*service, *address, faults.clone(), logs.clone(), stop.clone())
                    .await
                    .map_err(io_error("listening"))?;
            }
        }
        Ok(endpoints.map(|(_, address)| format!("http://{address}")))
    }

    /// Starts the stubs that are needed, and returns their URLs.
    async fn stubs(
        &self,
        template: &Template,
        stop: &watch::Receiver<bool>,
    ) -> Result<Vec<(&'static Stub, String)>, StartError> {
        let mut started = Vec::new();
        for stub in STUBS {
            let is_given = self.given(stub.api_key).is_some() || self.environment.contains_key(stub.base_url);
            if !is_given && template.secrets().contains(stub.api_key) {
                let listener = listen(self.at(0), "").await?;
                started.push((stub, format!("http://{}", reachable(local_address(&listener)?))));
                let limits = Limits { head_timeout: None, kind: Kind::Internal };
                tokio::spawn(serve(listener, limits, stop.clone(), stub.answer));
            }
        }
        Ok(started)
    }
}

async fn database(
    address: SocketAddr,
    kept: Option<&Path>,
    data_dir: Option<&Path>,
    template: &Template,
    logs: &Logs,
    authority: &Authority,
) -> Result<DynamoDb, StartError> {
    let file = kept.map(|dir| dir.join("dynamodb.sqlite"));
    let started = DynamoDb::start_for(authority, address, file.as_deref(), &template.tables, logs).await;
    let dynamodb = started.map_err(|source| match source.kind() {
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
    data_dir.map_or(Ok(()), |dir| say_where(dir, &dynamodb))?;
    Ok(dynamodb)
}

fn buckets(
    address: SocketAddr,
    data_dir: Option<&Path>,
    template: &Template,
    notify: s3::Notify,
    authority: Authority,
) -> Result<S3, StartError> {
    let directory = data_dir.map(|dir| dir.join("s3"));
    S3::start(address, directory.as_deref(), &template.buckets, notify, authority).map_err(|source| {
        match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse { address, option: "--s3-port" },
            _ => StartError::Io { what: "starting S3".to_owned(), source },
        }
    })
}

fn sqs(address: SocketAddr, queues: &Queues, authority: &Authority) -> Result<Sqs, StartError> {
    Sqs::start(address, queues.clone(), authority.clone()).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, option: "--sqs-port" },
        _ => StartError::Io { what: "starting SQS".to_owned(), source },
    })
}

/// Writes the database's address into the directory, for commands that find it locked.
fn say_where(data_dir: &Path, dynamodb: &DynamoDb) -> Result<(), StartError> {
    let url = format!("http://{}\n", reachable(dynamodb.address()));
    std::fs::write(data_dir.join(ENDPOINT_FILE), url).map_err(io_error("using the data directory"))
}

/// Locks a data directory for one `local` at a time. The lock ends with the process in every case.
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

/// Makes the working directory of a function's processes. On AWS nothing can be written there.
fn task_root(all: &Path, function: &Function) -> Result<PathBuf, StartError> {
    let directory = all.join(&function.name);
    let made = fs::create_dir(&directory).and_then(|()| {
        let mut permissions = fs::metadata(&directory)?.permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&directory, permissions)
    });
    made.map_err(io_error("making a function's directory"))?;
    Ok(directory)
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, option },
        _ => StartError::Io { what: format!("listening on {address}"), source },
    })
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(io_error("listening"))
}

async fn stop_idle(pools: Pools, after: Duration, mut stop: watch::Receiver<bool>) {
    let mut interval =
        tokio::time::interval((after / 4).clamp(Duration::from_millis(20), Duration::from_secs(10)));
    loop {
        tokio::select! {
            () = stop::requested(&mut stop) => return,
            _ = interval.tick() => pools.iter().for_each(|pool| pool.stop_idle()),
        }
    }
}

fn io_error(what: &str) -> impl FnOnce(io::Error) -> StartError {
    let what = what.to_owned();
    move |source| StartError::Io { what, source }
}
