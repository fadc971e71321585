//! One process of a function, from start to end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::output::Output;
use super::parts::PoolParts;

/// The wait for the last lines of a dead process, whose children may keep the pipes open.
const DRAIN_WAIT: Duration = Duration::from_millis(500);

/// The number of files that a process can have open.
#[cfg(target_os = "linux")]
const MAX_FILES: u64 = 1024;

/// The identity of the binary that a process runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(binary: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(binary).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { modified: metadata.modified().ok(), length: metadata.len(), inode })
    }
}

/// A process of a function, and the tasks that print its output.
pub(super) struct Process {
    child: Child,
    /// The group of the process and of all processes that it starts.
    group: Option<Pid>,
    outputs: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the function's binary.
    pub(super) fn start(
        parts: &Arc<PoolParts>,
        instance: Uuid,
        runtime_api: SocketAddr,
        output: &Arc<Output>,
    ) -> io::Result<Self> {
        let mut child = Command::new(&parts.binary)
            .env_clear()
            .envs(parts.environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{}", instance.simple()))
            .current_dir(&parts.task_root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()?;
        if let Some(id) = child.id() {
            output.set_process_id(id);
        }
        let mut outputs = Vec::with_capacity(2);
        outputs.extend(child.stdout.take().map(|stream| print(parts, output, stream)));
        outputs.extend(child.stderr.take().map(|stream| print(parts, output, stream)));
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(process) = group {
            limit_files(process);
        }
        Ok(Self { child, group, outputs })
    }

    /// Waits until the process ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the process and waits for its end.
    pub(super) async fn kill(&mut self) -> io::Result<ExitStatus> {
        self.kill_group();
        self.child.wait().await
    }

    /// Kills all processes of the group; there is none if all have ended.
    fn kill_group(&self) {
        let _ = self.group.map(|group| kill_process_group(group, Signal::KILL));
    }

    /// Kills what a process that has ended leaves behind, and waits for its last lines.
    pub(super) async fn drain(self) {
        self.kill_group();
        for output in self.outputs {
            // Later lines are lost, because another process holds the pipe.
            let _ = tokio::time::timeout(DRAIN_WAIT, output).await;
        }
    }
}

/// Returns Lambda's words for the end of a process: `LocalStack`'s snapshots of `test_lambda_errors`.
pub(super) fn ending(status: io::Result<ExitStatus>) -> String {
    let status = match status {
        Ok(status) => status,
        Err(error) => return format!("Runtime exited with error: {error}"),
    };
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None::<i32>;
    match (status.code(), signal) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(9)) => "Runtime exited with error: signal: killed".to_owned(),
        (None, signal) => format!("Runtime exited with error: signal: {}", signal.unwrap_or_default()),
    }
}

/// Limits a process to as many open files as it has on AWS: `LocalStack`'s `test_runtime_ulimits`. Only Linux can limit
/// another process.
fn limit_files(process: Pid) {
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::Rlimit { current: Some(MAX_FILES), maximum: Some(MAX_FILES) };
        // The limit of the host remains if it is lower.
        let _ = rustix::process::prlimit(Some(process), rustix::process::Resource::Nofile, limit);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}

/// Tells whether the binary is being replaced: `ETXTBSY`, `ENOEXEC` of a half-written file, or no file between the old
/// and the new one.
pub(super) fn is_being_written(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ExecutableFileBusy)
        || error.raw_os_error() == Some(8)
}

fn print(
    parts: &Arc<PoolParts>,
    output: &Arc<Output>,
    stream: impl AsyncRead + Unpin + Send + 'static,
) -> JoinHandle<()> {
    let (parts, output) = (Arc::clone(parts), Arc::clone(output));
    tokio::spawn(async move { output.print(stream, &parts.function.name, &parts.logs).await })
}
