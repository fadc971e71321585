//! The command line.

mod invoke;
mod signals;
mod token;

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand};

use self::signals::Signals;
use crate::{
    Builder, InvokeError, Stack, StartError,
    admin::{self, Admin, AdminError},
    faults::{Faults, Rule},
};

/// The route of the page that shows the API and sends requests.
const DOCS_PAGE: &str = "/api/docs";

/// Where S3 is unless an option says otherwise.
const S3_PORT: u16 = 9000;

/// Runs the API of template.yaml on this machine.
#[derive(Debug, Parser)]
#[command(name = "local", version, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until it is interrupted (the default).
    Run,
    /// Give one event to a function and print its answer.
    ///
    /// Uses the `local` that is running, or else starts the function by itself.
    Invoke {
        /// The function's name, as in `users`.
        function: String,
        /// A file with the event, or - for standard input.
        event: PathBuf,
    },
    /// Serve only the database, its tables made from the template.
    Dynamodb,
}

#[derive(Args, Debug)]
struct Options {
    /// The template.
    #[arg(long, global = true, default_value = "template.yaml", value_name = "FILE")]
    template: PathBuf,
    /// Where the functions' binaries are [default: target/debug, or target/release with --release].
    #[arg(long, global = true, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// Use release binaries.
    #[arg(long, global = true)]
    release: bool,
    /// Port of the API.
    #[arg(long, global = true, env = "PORT", default_value_t = 3000)]
    port: u16,
    /// Address of the API; only this machine reaches the default.
    #[arg(long, global = true, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port of Lambda's Invoke API, on loopback; 0 for none [default: the API's port + 1].
    #[arg(long, global = true, env = "INVOKE_PORT")]
    invoke_port: Option<u16>,
    /// Address of the database; containers reach it on 0.0.0.0.
    #[arg(long, global = true, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    dynamodb_host: IpAddr,
    /// Port of the database; 0 for any free one.
    #[arg(long, global = true, env = "DYNAMODB_PORT", default_value_t = 0)]
    dynamodb_port: u16,
    /// Port of S3, on loopback; 0 for any free one [default: 9000, or any free one when the API's port is 0].
    #[arg(long, global = true, env = "S3_PORT")]
    s3_port: Option<u16>,
    /// Where data and made-up secrets are kept [default: .local beside the template].
    #[arg(long, global = true, env = "DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Forget the data when the process ends.
    #[arg(long, global = true)]
    in_memory: bool,
    /// Set a parameter of the template; may be repeated.
    #[arg(long = "parameter", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// What the functions' rate limits are multiplied by: the template's parameter `RateLimitScale`.
    #[arg(long, global = true, env = "RATE_LIMIT_SCALE", value_name = "NUMBER")]
    rate_limit_scale: Option<String>,
    /// Set a variable of the functions that have it in the template; may be repeated.
    #[arg(long = "env", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    environment: Vec<(String, String)>,
    /// Most instances of one function at once.
    #[arg(long, global = true, default_value_t = 10)]
    max_instances: usize,
    /// Refuse what AWS would refuse: the template's throttling limits, and more events than instances.
    #[arg(long, global = true)]
    throttle: bool,
    /// Let functions' calls of the database or S3 fail; may be repeated.
    ///
    /// SERVICE is dynamodb or s3. OPERATION is the name of one, or * for all; S3's can say how keys begin, as in
    /// `PutObject/incoming/`. FAULT is throttle, conflict (with a transaction), 500, slow=MILLISECONDS, cut (the
    /// connection, before the call is done) or lose-answer (once it is done). WHEN is nth=N (that call), from=N (that
    /// one and all that follow), every=N or share=N%; without it, all calls fail.
    #[arg(long = "fault", global = true, value_name = "SERVICE:OPERATION:FAULT[:WHEN]")]
    faults: Vec<Rule>,
    /// E-mail address of the local administrator.
    #[arg(long, global = true, env = "LOCAL_ADMIN_EMAIL", default_value = admin::DEFAULT_EMAIL)]
    admin_email: String,
    /// Password of the local administrator; made up and printed unless set.
    #[arg(long, global = true, env = "LOCAL_ADMIN_PASSWORD", hide_env_values = true)]
    admin_password: Option<String>,
}

impl Options {
    fn invoke_port(&self) -> Option<u16> {
        match (self.invoke_port, self.port) {
            (Some(0), _) | (None, 0) => None,
            (Some(port), _) => Some(port),
            (None, port) => port.checked_add(1),
        }
    }

    fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| beside(&self.template).join(".local"))
    }
}

/// The directory of the template.
fn beside(template: &Path) -> &Path {
    template.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stack does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// There is no administrator.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The function did.
    #[error("{}", .0.payload())]
    Invoke(#[from] InvokeError),
    /// The function did, in the running `local`.
    #[error("{0}")]
    Remote(String),
    /// A file, a socket, a signal.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The event.
    #[error("{0} is not JSON: {1}")]
    Event(PathBuf, serde_json::Error),
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        None | Some(Command::Run) => serve(cli.options).await,
        Some(Command::Invoke { function, event }) => invoke::invoke(&cli.options, &function, &event).await,
        Some(Command::Dynamodb) => database(&cli.options).await,
    }
}

async fn serve(options: Options) -> Result<(), Error> {
    let s3_port = options.s3_port.unwrap_or(if options.port == 0 { 0 } else { S3_PORT });
    let mut builder = stack(&options).port(options.port).host(options.host).s3_port(s3_port);
    if let Some(port) = options.invoke_port() {
        builder = builder.invoke_port(port);
    }
    // Before anything is started: an early Ctrl-C must end what has been.
    let mut interrupted = Signals::new()?;
    let mut stack = builder.start().await?;
    announce(&mut stack, &options).await?;
    interrupted.wait().await;
    stack.note("stopping");
    stack.shutdown().await;
    Ok(())
}

async fn database(options: &Options) -> Result<(), Error> {
    let mut interrupted = Signals::new()?;
    let stack = stack(options).start().await?;
    warn_unless_loopback(&stack, "--dynamodb-host", options.dynamodb_host);
    stack.note(format_args!("DynamoDB   {} (table {})", stack.dynamodb_url(), stack.table_name()));
    interrupted.wait().await;
    stack.shutdown().await;
    Ok(())
}

fn stack(options: &Options) -> Builder {
    let profile = if options.release { "release" } else { "debug" };
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| beside(&options.template).join("target"), PathBuf::from);
    let mut builder = Stack::builder()
        .template(&options.template)
        .binaries(options.binaries.clone().unwrap_or_else(|| target.join(profile)))
        .dynamodb_address(SocketAddr::new(options.dynamodb_host, options.dynamodb_port))
        .s3_port(options.s3_port.unwrap_or(0))
        .data_dir(options.data_dir())
        .max_instances(options.max_instances)
        .inherit_secrets()
        .log_to(std::io::stdout(), std::io::stdout().is_terminal())
        .without_capture();
    if options.in_memory {
        builder = builder.in_memory();
    }
    if options.throttle {
        builder = builder.throttle();
    }
    if !options.faults.is_empty() {
        let faults = Faults::default();
        options.faults.iter().cloned().for_each(|rule| faults.add(rule));
        builder = builder.faults(faults);
    }
    if let Some(scale) = options.rate_limit_scale.as_deref().filter(|scale| !scale.is_empty()) {
        builder = builder.parameter("RateLimitScale", scale);
    }
    for (name, value) in options.parameters.iter().cloned().collect::<BTreeMap<_, _>>() {
        builder = builder.parameter(name, value);
    }
    for (name, value) in &options.environment {
        builder = builder.env(name, value);
    }
    builder
}

async fn announce(stack: &mut Stack, options: &Options) -> Result<(), Error> {
    let routes = &stack.template().routes;
    let width = routes.iter().map(|route| route.path.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = routes
        .iter()
        .map(|route| format!("{:<7} {:<width$}  {}", route.method, route.path, route.function))
        .collect();
    lines.push(String::new());
    // The page at which a browser reads and tries the API, where there is one: nothing is at the root.
    let page = if routes.iter().any(|route| route.path == DOCS_PAGE) { DOCS_PAGE } else { "" };
    lines.push(format!("API        {}{page}", stack.url()));
    if let Some(url) = stack.invoke_url() {
        lines.push(format!("Invoke     {url}"));
    }
    lines.push(format!("DynamoDB   {} (table {})", stack.dynamodb_url(), stack.table_name()));
    lines.push(format!("S3         {} (bucket {})", stack.s3_url(), stack.bucket_name()));
    if let Some(url) = stack.weather_stub_url() {
        lines.push(format!("weather    made up by a stub, {url}, as WEATHER_API_KEY is not set"));
    }
    let data = options.data_dir();
    lines.push(if options.in_memory {
        "data       in memory, gone when this ends".to_owned()
    } else {
        format!("data       {}", data.display())
    });
    for name in stack.made_up_secrets() {
        lines.push(format!(
            "secret     {name} was not set: one was made up, kept in {}",
            data.join("secrets.json").display()
        ));
    }
    for line in lines {
        stack.note(line);
    }
    for binary in stack.missing_binaries() {
        stack.warn(format_args!("{} is missing: build it, and it is used from then on", binary.display()));
    }
    warn_unless_loopback(stack, "--host", options.host);
    warn_unless_loopback(stack, "--dynamodb-host", options.dynamodb_host);
    let admin = Admin { email: options.admin_email.clone(), password: options.admin_password.clone() };
    let id = admin::ensure(stack, admin).await?;
    stack.note(format_args!("           TOKEN=$({})", token::command(options, id)));
    Ok(())
}

fn warn_unless_loopback(stack: &Stack, option: &str, host: IpAddr) {
    if !host.is_loopback() {
        stack.warn(format_args!("{option} {host}: everybody who reaches this machine reaches the data"));
    }
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE"),
    }
}
