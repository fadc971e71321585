//! The options that all commands share.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use clap::Args;

use super::admin;
use crate::faults::{Faults, Rule};
use crate::{Builder, Stack};

#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
#[derive(Args, Debug)]
pub(super) struct Options {
    /// The template.
    #[arg(long, global = true, default_value = "template.yaml", value_name = "FILE")]
    pub(super) template: PathBuf,
    /// The folder of the functions' binaries [default: target/debug, or target/release with --release].
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) binaries: Option<PathBuf>,
    /// Use release binaries.
    #[arg(long, global = true)]
    pub(super) release: bool,
    /// Port of the API.
    #[arg(long, global = true, env = "PORT", default_value_t = 3000)]
    pub(super) port: u16,
    /// Address of the API; only this machine reaches the default.
    #[arg(long, global = true, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(super) host: IpAddr,
    /// Port of Lambda's Invoke API, on loopback; 0 turns it off [default: the API's port + 1].
    #[arg(long, global = true, env = "INVOKE_PORT")]
    pub(super) invoke_port: Option<u16>,
    /// Address of the database, S3, SQS and stubs; only this machine reaches the default, and no container on it.
    #[arg(long, global = true, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(super) services_host: IpAddr,
    /// Port of the database; 0 for any free one.
    #[arg(long, global = true, env = "DYNAMODB_PORT", default_value_t = 0)]
    pub(super) dynamodb_port: u16,
    /// Port of S3; 0 for any free one [default: 9000, or any free one when the API's port is 0].
    #[arg(long, global = true, env = "S3_PORT")]
    pub(super) s3_port: Option<u16>,
    /// Port of SQS; 0 for any free one.
    #[arg(long, global = true, env = "SQS_PORT", default_value_t = 0)]
    pub(super) sqs_port: u16,
    /// The folder of data and generated secrets [default: .local beside the template].
    #[arg(long, global = true, env = "DATA_DIR", value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Discard the data when the process ends.
    #[arg(long, global = true)]
    pub(super) in_memory: bool,
    /// Let functions' calls of the database and S3 through without their signatures and policies.
    #[arg(long, global = true)]
    pub(super) no_iam: bool,
    /// Do not start if the template has parts that are not emulated; without this, each is a warning.
    ///
    /// Parts that the template names in `Metadata.Local.NotEmulated` do not count.
    #[arg(long, global = true)]
    pub(super) strict: bool,
    /// Do not rebuild functions whose sources change, and do not take over a changed template.
    #[arg(long, global = true)]
    pub(super) no_watch: bool,
    /// Set a parameter of the template; may be repeated.
    #[arg(long = "parameter", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) parameters: Vec<(String, String)>,
    /// Factor of the functions' rate limits: the template's parameter `RateLimitScale`.
    #[arg(long, global = true, env = "RATE_LIMIT_SCALE", value_name = "NUMBER")]
    pub(super) rate_limit_scale: Option<String>,
    /// Set a variable of the functions that have it in the template; may be repeated.
    #[arg(long = "env", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) environment: Vec<(String, String)>,
    /// Maximum number of instances of one function at a time.
    #[arg(long, global = true, default_value_t = 10)]
    pub(super) max_instances: usize,
    /// Apply AWS's limits: throttle as the template says, and refuse events when all instances are busy.
    #[arg(long, global = true)]
    pub(super) throttle: bool,
    /// Make the functions' calls of the database, S3 or SES fail; may be repeated.
    ///
    /// SERVICE is dynamodb, s3 or ses. OPERATION is the name of an operation, or * for all; S3's may name a prefix of
    /// keys, as in `PutObject/incoming/`. FAULT is throttle, conflict (with a transaction), 500, slow=MILLISECONDS, cut (the
    /// connection, before the call is done) or lose-answer (after it is done). WHEN is nth=N (that call), from=N (that
    /// one and all that follow), every=N or share=N%; without it, all calls fail.
    #[arg(long = "fault", global = true, value_name = "SERVICE:OPERATION:FAULT[:WHEN]")]
    pub(super) faults: Vec<Rule>,
    /// E-mail address of the local administrator.
    #[arg(long, global = true, env = "LOCAL_ADMIN_EMAIL", default_value = admin::DEFAULT_EMAIL)]
    pub(super) admin_email: String,
    /// Password of the local administrator; generated and printed unless set.
    #[arg(long, global = true, env = "LOCAL_ADMIN_PASSWORD", hide_env_values = true)]
    pub(super) admin_password: Option<String>,
}

impl Options {
    pub(super) fn invoke_port(&self) -> Option<u16> {
        match (self.invoke_port, self.port) {
            (Some(0), _) | (None, 0) => None,
            (Some(port), _) => Some(port),
            (None, port) => port.checked_add(1),
        }
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| beside(&self.template).join(".local"))
    }

    /// Returns the values of the template's parameters.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let scale = self.rate_limit_scale.clone().filter(|scale| !scale.is_empty());
        let scale = scale.map(|scale| ("RateLimitScale".to_owned(), scale));
        scale.into_iter().chain(self.parameters.iter().cloned()).collect()
    }

    /// Builds the stack that the options describe, on a free port.
    pub(super) fn builder(&self) -> Builder {
        let profile = if self.release { "release" } else { "debug" };
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| beside(&self.template).join("target"), PathBuf::from);
        let mut builder = Stack::builder()
            .template(&self.template)
            .binaries(self.binaries.clone().unwrap_or_else(|| target.join(profile)))
            .services_host(self.services_host)
            .dynamodb_port(self.dynamodb_port)
            .s3_port(self.s3_port.unwrap_or(0))
            .sqs_port(self.sqs_port)
            .data_dir(self.data_dir())
            .max_instances(self.max_instances)
            .inherit_secrets()
            .log_to(std::io::stdout(), std::io::stdout().is_terminal())
            .without_capture();
        if self.in_memory {
            builder = builder.in_memory();
        }
        if self.no_iam {
            builder = builder.without_iam();
        }
        if self.strict {
            builder = builder.strict();
        }
        if self.throttle {
            builder = builder.throttle();
        }
        if !self.faults.is_empty() {
            let faults = Faults::default();
            self.faults.iter().cloned().for_each(|rule| faults.add(rule));
            builder = builder.faults(faults);
        }
        for (name, value) in self.parameters() {
            builder = builder.parameter(name, value);
        }
        for (name, value) in &self.environment {
            builder = builder.env(name, value);
        }
        builder
    }
}

/// Returns the directory of the template.
fn beside(template: &Path) -> &Path {
    template.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE"),
    }
}
