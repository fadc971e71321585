//! The start of a stack from its settings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::environment::Endpoints;
use super::functions::Functions;
use super::reload::Reload;
use super::triggers::Starting;
use super::{Builder, ENDPOINT_FILE, Stack, StartError, io_error, reachable};
use crate::access::Authority;
use crate::api_gateway::cors::CorsPolicy;
use crate::api_gateway::handle::{Gateway, Url};
use crate::api_gateway::routes::Router;
use crate::api_gateway::throttle::Buckets;
use crate::dynamodb::{DynamoDb, Streams};
use crate::faults::Service;
use crate::lambda::async_queue::Queue;
use crate::lambda::destinations::Targets;
use crate::lambda::instances::Pools;
use crate::lambda::invoke_api::{self, Served};
use crate::logs::Logs;
use crate::product::{self, STUBS, Stub};
use crate::s3::S3;
use crate::secrets::Secrets;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};
use crate::server::stop;
use crate::ses::Ses;
use crate::sqs::{Queues, Sqs};
use crate::template::{LoadError, REGION, Template, TemplateError, Variable};
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
        let invoke = self.invoke_listener().await?;
        let (url, invoke_address) = (local_address(&api)?, invoke.as_ref().map(local_address).transpose()?);

        let data_dir = self.data_dir.as_deref();
        let lock = data_dir.map(lock).transpose()?;
        let kept = data_dir.filter(|_| !self.in_memory);
        let authority = self.authority(&template, &logs)?;
        let dynamodb =
            database(self.at(self.dynamodb_port), kept, data_dir, &template, &logs, &authority).await?;
        let (notify, changes) = mpsc::unbounded_channel();
        let s3 = buckets(self.at(self.s3_port), kept, &template, notify, authority.clone())?;
        let (queues, sqs) = queues(self.at(self.sqs_port), kept, &template, &authority)?;
        let ses = Ses::start(self.at(0), kept, &logs, &authority).map_err(io_error("starting SES"))?;
        let secrets = self.secrets(&template)?;
        let stubs = self.stubs(&template, &stopping).await?;
        self.environment.extend(stubs.iter().map(|(stub, url)| (stub.base_url.to_owned(), url.clone())));

        let addresses = [dynamodb.address(), s3.address(), sqs.address(), ses.address(), url];
        let endpoints = self.endpoints(addresses, &logs, &stopping).await?;
        let (alive, ended) = mpsc::channel(1);
        let task_roots = TempDir::with_prefix("local-task-").map(Arc::new);
        let mut functions = Functions {
            // Processes start in another directory, so the path must be absolute.
            binaries: std::path::absolute(&self.binaries).map_err(io_error("finding the binaries"))?,
            template: self.template.clone(),
            builds: BTreeMap::new(),
            task_roots: task_roots.map_err(io_error("making the functions' directories"))?,
            overrides: self.environment.clone(),
            secrets: secrets.clone(),
            endpoints,
            authority,
            settings: self.settings,
            logs: logs.clone(),
            stop: stopping.clone(),
            stop_runtime: runtime_stopping,
            alive: alive.clone(),
        };
        let task_roots = Arc::clone(&functions.task_roots);
        let current = watch::Sender::new(functions.pools(&template)?);
        let pools = current.subscribe();

        let targets = Targets { queues: queues.clone(), logs: logs.clone() };
        let queue = Arc::new(Queue::new(self.retry_wait, targets.clone(), stopping.clone(), alive.clone()));
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

        let gateway = watch::Sender::new(Arc::new(self.gateway(&template, &pools.borrow(), &logs, url)));
        let (served, idle_after) = (gateway.subscribe(), self.settings.idle_after);
        let reload = Reload {
            builder: self,
            template: template.clone(),
            functions,
            pools: current,
            gateway,
            logs: logs.clone(),
        };
        let watched = reload.watch(stopping.clone()).await;
        serve_api(api, served, stopping.clone());
        if let Some(invoke) = invoke {
            let streams = Streams::of(dynamodb.database(), &template);
            let (queue, queues) = (Arc::clone(&queue), queues.clone());
            let served = Served { pools: pools.clone(), queue, queues, streams };
            serve_invoke_api(invoke, served, stopping.clone());
        }
        tokio::spawn(DynamoDb::sweep(dynamodb.database().clone(), stopping.clone()));
        tokio::spawn(stop_idle(pools.clone(), idle_after, stopping));

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
            ses,
            stubs,
            secrets,
            watched,
            logs,
            stop,
            stop_runtime,
            _task_roots: task_roots,
            ended: tokio::sync::Mutex::new(ended),
            lock: Mutex::new(lock),
        })
    }

    async fn invoke_listener(&self) -> Result<Option<TcpListener>, StartError> {
        match self.invoke_port {
            Some(port) => listen(loopback(port), "--invoke-port").await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads the template, all of which must be emulated if the settings say so.
    pub(super) fn read(&self, logs: &Logs) -> Result<Template, LoadError> {
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

    pub(super) fn gateway(
        &self,
        template: &Template,
        pools: &Pools,
        logs: &Logs,
        local: SocketAddr,
    ) -> Gateway {
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

    /// Starts the fault proxies, if there are any, and returns the URLs that functions use: those of the services, and that
    /// of the API.
    async fn endpoints(
        &self,
        addresses: [SocketAddr; 5],
        logs: &Logs,
        stop: &watch::Receiver<bool>,
    ) -> Result<Endpoints, StartError> {
        let [mut dynamodb, mut s3, sqs, mut ses, api] = addresses.map(reachable);
        if let Some(faults) = &self.faults {
            let faulty =
                [(Service::DynamoDb, &mut dynamodb), (Service::S3, &mut s3), (Service::Ses, &mut ses)];
            for (service, address) in faulty {
                *address = faults::front(service, *address, faults.clone(), logs.clone(), stop.clone())
                    .await
                    .map_err(io_error("listening"))?;
            }
        }
        let [dynamodb, s3, sqs, ses, api] =
            [dynamodb, s3, sqs, ses, api].map(|address| format!("http://{address}"));
        let api = self.api_url.clone().unwrap_or(api);
        Ok(Endpoints { dynamodb, s3, sqs, ses, api })
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

fn queues(
    address: SocketAddr,
    data_dir: Option<&Path>,
    template: &Template,
    authority: &Authority,
) -> Result<(Queues, Sqs), StartError> {
    let folder = data_dir.map(|dir| dir.join("sqs"));
    let queues = Queues::open(folder.as_deref(), &template.queues).map_err(io_error("reading the queues"))?;
    let started = Sqs::start(address, queues.clone(), authority.clone());
    let sqs = started.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, option: "--sqs-port" },
        _ => StartError::Io { what: "starting SQS".to_owned(), source },
    })?;
    Ok((queues, sqs))
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

fn serve_api(listener: TcpListener, gateway: watch::Receiver<Arc<Gateway>>, stop: watch::Receiver<bool>) {
    let limits = Limits { head_timeout: Some(KEEP_ALIVE), kind: Kind::Api };
    tokio::spawn(serve(listener, limits, stop, move |request, peer| {
        let gateway = Arc::clone(&gateway.borrow());
        gateway.handle(request, peer)
    }));
}

fn serve_invoke_api(listener: TcpListener, served: Served, stop: watch::Receiver<bool>) {
    let limits = Limits { head_timeout: None, kind: Kind::Internal };
    tokio::spawn(serve(listener, limits, stop, move |request, _| {
        invoke_api::handle(served.clone(), request)
    }));
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

async fn stop_idle(pools: watch::Receiver<Pools>, after: Duration, mut stop: watch::Receiver<bool>) {
    let mut interval =
        tokio::time::interval((after / 4).clamp(Duration::from_millis(20), Duration::from_secs(10)));
    loop {
        tokio::select! {
            () = stop::requested(&mut stop) => return,
            _ = interval.tick() => pools.borrow().iter().for_each(|pool| pool.stop_idle()),
        }
    }
}
