//! The settings of a stack.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::Faults;
use crate::lambda::instances::Settings;

/// Before an event is tried again; Lambda waits a minute.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// What a stack is to be; see [`Stack::builder`].
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Builder {
    pub(super) template: PathBuf,
    pub(super) binaries: PathBuf,
    pub(super) host: IpAddr,
    pub(super) port: u16,
    pub(super) invoke_port: Option<u16>,
    pub(super) dynamodb: SocketAddr,
    pub(super) s3_port: u16,
    pub(super) faults: Option<Faults>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) in_memory: bool,
    pub(super) inherit_secrets: bool,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) settings: Settings,
    pub(super) retry_wait: Duration,
    pub(super) sink: Option<Box<dyn Write + Send>>,
    pub(super) colour: bool,
    pub(super) capture: bool,
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
            s3_port: 0,
            faults: None,
            data_dir: None,
            in_memory: false,
            inherit_secrets: false,
            environment: BTreeMap::new(),
            parameters: BTreeMap::new(),
            settings: Settings::default(),
            retry_wait: RETRY_WAIT,
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

    /// The port of S3, on loopback; any free one unless set.
    #[must_use]
    pub fn s3_port(mut self, port: u16) -> Self {
        self.s3_port = port;
        self
    }

    /// Lets functions' calls of `DynamoDB` and S3 fail, as long as `faults` has rules for them.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Where data and made-up secrets are kept; nowhere unless set.
    #[must_use]
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Forgets tables and buckets at the end, whether there is a data directory or not.
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

    /// How long an event that nobody waits for is put off when it has failed; twice that when it fails again.
    #[must_use]
    pub fn retry_wait(mut self, wait: Duration) -> Self {
        self.retry_wait = wait;
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
}
