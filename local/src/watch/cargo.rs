//! One `cargo build`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::workspace::Workspace;
use crate::logs::Logs;

/// A `cargo build` that runs.
pub(super) struct Cargo {
    child: Child,
    messages: Lines<BufReader<ChildStdout>>,
    /// The text that cargo itself prints.
    printed: Option<JoinHandle<String>>,
    /// The errors of the compiler, by the folder of the package.
    errors: BTreeMap<PathBuf, String>,
}

/// A step of a build.
pub(super) enum Step {
    /// A binary is built.
    Built {
        name: String,
        /// True if it was built before.
        is_fresh: bool,
    },
    Ended(Outcome),
}

/// The end of a build.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The errors of the compiler, by the folder of the package.
    pub(super) errors: BTreeMap<PathBuf, String>,
    /// The error of cargo itself.
    pub(super) error: String,
    /// True if somebody killed cargo.
    pub(super) was_killed: bool,
    /// True if all binaries are built, those too that cargo did not mention.
    pub(super) is_success: bool,
}

impl Cargo {
    /// Builds these binaries, each as far as possible, into the workspace's folder, whatever cargo is configured to.
    ///
    /// The features of dependencies are those of the whole workspace, so that no dependency is compiled twice.
    pub(super) fn build<'b>(
        workspace: &Workspace,
        binaries: impl Iterator<Item = &'b String>,
        logs: &Logs,
    ) -> io::Result<Self> {
        let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--workspace", "--keep-going", "--message-format=json"])
            .arg("--target-dir")
            .arg(&workspace.target)
            .args(binaries.flat_map(|name| ["--bin", name.as_str()]))
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("CARGO_TERM_VERBOSE", "false")
            .current_dir(&workspace.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Cargo and its compilers are one group, so that they can be killed together.
            .process_group(0)
            .spawn()?;
        let output = |what| io::Error::other(format!("cargo has no {what}"));
        let messages = child.stdout.take().ok_or_else(|| output("output"))?;
        let errors = child.stderr.take().ok_or_else(|| output("error output"))?;
        Ok(Self {
            child,
            messages: BufReader::new(messages).lines(),
            printed: Some(tokio::spawn(read(errors, logs.clone()))),
            errors: BTreeMap::new(),
        })
    }

    /// Waits for the next step. No step is lost if the returned future is dropped.
    pub(super) async fn next(&mut self) -> Step {
        while let Ok(Some(line)) = self.messages.next_line().await {
            // Build scripts and macros may print other lines.
            match serde_json::from_str(&line) {
                Ok(Message::CompilerArtifact(artifact)) if artifact.executable.is_some() => {
                    return Step::Built { name: artifact.target.name, is_fresh: artifact.fresh };
                }
                Ok(Message::CompilerMessage(message)) => self.add(&message),
                _ => {}
            }
        }
        let status = self.child.wait().await;
        let printed = match &mut self.printed {
            Some(printed) => printed.await.unwrap_or_default(),
            None => String::new(),
        };
        self.printed = None;
        Step::Ended(Outcome {
            errors: std::mem::take(&mut self.errors),
            is_success: status.as_ref().is_ok_and(ExitStatus::success),
            was_killed: status.as_ref().is_ok_and(|status| status.code().is_none()),
            error: own_error(&printed, &status),
        })
    }

    fn add(&mut self, message: &cargo_metadata::CompilerMessage) {
        let is_error = matches!(message.message.level, DiagnosticLevel::Error | DiagnosticLevel::Ice)
            && !message.message.message.starts_with("aborting due to");
        // The folder is above the target's first file, as in `users/src/main.rs` or `users/build.rs`.
        let path = message.target.src_path.as_std_path();
        let folder = path.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
        if let (true, Some(folder), Some(text)) = (is_error, folder, &message.message.rendered) {
            let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
            let errors = self.errors.entry(folder).or_default();
            // A library and its tests can fail alike.
            if !errors.contains(text) {
                errors.push_str(text);
            }
        }
    }

    /// Kills cargo and its compilers, and waits for cargo's end, which frees the folder.
    pub(super) async fn kill(mut self) {
        if let Some(group) = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            // Killing fails only if the group has already ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait().await;
    }
}

/// Reads what cargo prints, and says in the log when cargo waits for another one.
async fn read(output: impl AsyncRead + Unpin, logs: Logs) -> String {
    let mut lines = BufReader::new(output).lines();
    let mut text = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim_start().starts_with("Blocking") {
            logs.note(format_args!("watch      cargo: {}", line.trim()));
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Returns the last error that cargo printed, such as that of a manifest or a build script.
fn own_error(printed: &str, status: &io::Result<ExitStatus>) -> String {
    match (printed.find("error"), status) {
        (Some(start), _) => printed[start..].trim_end().to_owned(),
        (None, Ok(status)) => format!("cargo ended without a result: {status}"),
        (None, Err(error)) => format!("cargo: {error}"),
    }
}
