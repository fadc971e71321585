//! The settings of a stack.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::Faults;
use crate::lambda::instances::Settings;

/// The wait before an asynchronous event is retried. Lambda waits a minute.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// The settings of a stack; see [`Stack::builder`].
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Builder {
    pub(super) template: PathBuf,
    pub(super) binaries: PathBuf,
    pub(super) host: IpAddr,
    pub(super) port: u16,
    pub(super) invoke_port: Option<u16>,
    pub(super) api_url: Option<String>,
    pub(super) services_host: IpAddr,
    pub(super) dynamodb_port: u16,
    pub(super) s3_port: u16,
    pub(super) sqs_port: u16,
    pub(super) faults: Option<Faults>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) in_memory: bool,
    pub(super) iam: bool,
    pub(super) strict: bool,
    pub(super) watch: bool,
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
    /// Returns the settings for `template.yaml` and `target/debug` of the current directory, on a free port.
    fn default() -> Self {
        Self {
            template: PathBuf::from("template.yaml"),
            binaries: PathBuf::from("target/debug"),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            invoke_port: None,
            api_url: None,
            services_host: Ipv4Addr::LOCALHOST.into(),
            dynamodb_port: 0,
            s3_port: 0,
            sqs_port: 0,
            faults: None,
            data_dir: None,
            in_memory: false,
            iam: true,
            strict: false,
            watch: false,
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
    /// Sets the template; `template.yaml` by default.
    #[must_use]
    pub fn template(mut self, path: impl Into<PathBuf>) -> Self {
        self.template = path.into();
        self
    }

    /// Sets the folder of the functions' binaries; `target/debug` beside the template by default.
    #[must_use]
    pub fn binaries(mut self, path: impl Into<PathBuf>) -> Self {
        self.binaries = path.into();
        self
    }

    /// Sets the API's address; loopback by default.
    #[must_use]
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Sets the API's port; by default 0, which means a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the URL of the API that functions know, where another program serves it; this one's by default.
    #[must_use]
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = Some(url.into());
        self
    }

    /// Serves Lambda's Invoke API on this port of loopback.
    #[must_use]
    pub fn invoke_port(mut self, port: u16) -> Self {
        self.invoke_port = Some(port);
        self
    }

    /// Sets the address of the database, S3, SQS and stubs; loopback by default.
    #[must_use]
    pub fn services_host(mut self, host: IpAddr) -> Self {
        self.services_host = host;
        self
    }

    /// Sets the database's port; a free one by default.
    #[must_use]
    pub fn dynamodb_port(mut self, port: u16) -> Self {
        self.dynamodb_port = port;
        self
    }

    /// Sets the port of S3; a free one by default.
    #[must_use]
    pub fn s3_port(mut self, port: u16) -> Self {
        self.s3_port = port;
        self
    }

    /// Sets the port of SQS; a free one by default.
    #[must_use]
    pub fn sqs_port(mut self, port: u16) -> Self {
        self.sqs_port = port;
        self
    }

    /// Makes functions' calls of `DynamoDB`, S3 and SES fail while `faults` has rules for them.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Sets the folder of data and generated secrets. By default nothing is stored.
    #[must_use]
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Discards tables and buckets at the end, even with a data directory.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Lets every call of the database, S3 and SQS through, without signatures and policies.
    #[must_use]
    pub fn without_iam(mut self) -> Self {
        self.iam = false;
        self
    }

    /// Starts only if all of the template is emulated.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Rebuilds functions whose sources change, and takes over a changed template.
    #[must_use]
    pub fn watch(mut self) -> Self {
        self.watch = true;
        self
    }

    /// Sets a variable of every function that has it in the template.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Takes secrets from this process's environment if it has them.
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

    /// Sets the maximum number of instances of a function.
    #[must_use]
    pub fn max_instances(mut self, count: usize) -> Self {
        self.settings.max_instances = count;
        self
    }

    /// Sets the time that a request waits for an instance before it is answered with 503.
    #[must_use]
    pub fn queue_wait(mut self, wait: Duration) -> Self {
        self.settings.queue_wait = wait;
        self
    }

    /// Sets the time that an idle instance is kept.
    #[must_use]
    pub fn idle_after(mut self, after: Duration) -> Self {
        self.settings.idle_after = after;
        self
    }

    /// Sets the longest start of an instance.
    #[must_use]
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.settings.init_timeout = timeout;
        self
    }

    /// Sets the wait before the first retry of an asynchronous event; the second wait is twice as long.
    #[must_use]
    pub fn retry_wait(mut self, wait: Duration) -> Self {
        self.retry_wait = wait;
        self
    }

    /// Applies AWS's limits: the template's throttling, and no more events than instances.
    #[must_use]
    pub fn throttle(mut self) -> Self {
        self.settings.throttle = true;
        self
    }

    /// Prints nothing; the output is only in [`Stack::logs`].
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.sink = None;
        self
    }

    /// Prints to `sink`, in colours if `colour` is set.
    #[must_use]
    pub fn log_to(mut self, sink: impl Write + Send + 'static, colour: bool) -> Self {
        self.sink = Some(Box::new(sink));
        self.colour = colour;
        self
    }

    /// Keeps no copy of the output, so that memory does not grow for days.
    #[must_use]
    pub fn without_capture(mut self) -> Self {
        self.capture = false;
        self
    }
}
