//! One process of a function, from start to end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::parts::PoolParts;

/// The longest line that is printed in one piece, in bytes.
const MAX_LINE_BYTES: u64 = 256 * 1024;

/// The wait for the last lines of a dead process, whose children may keep the pipes open.
const DRAIN_WAIT: Duration = Duration::from_millis(500);

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
    outputs: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the function's binary.
    pub(super) fn start(parts: &Arc<PoolParts>, instance: Uuid, runtime_api: SocketAddr) -> io::Result<Self> {
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
        let mut outputs = Vec::with_capacity(2);
        outputs.extend(child.stdout.take().map(|output| tokio::spawn(print(Arc::clone(parts), output))));
        outputs.extend(child.stderr.take().map(|output| tokio::spawn(print(Arc::clone(parts), output))));
        Ok(Self { child, outputs })
    }

    /// Waits until the process ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the process and waits for its end.
    pub(super) async fn kill(&mut self) -> io::Result<ExitStatus> {
        // Killing fails only if the process has already ended.
        let _ = self.child.start_kill();
        self.child.wait().await
    }

    /// Waits for the last lines of a process that has ended.
    pub(super) async fn drain(self) {
        for output in self.outputs {
            // Later lines are lost, because another process holds the pipe.
            let _ = tokio::time::timeout(DRAIN_WAIT, output).await;
        }
    }
}

/// Tells whether the binary is being replaced: `ETXTBSY`, `ENOEXEC` of a half-written file, or no file between the old
/// and the new one.
pub(super) fn is_being_written(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ExecutableFileBusy)
        || error.raw_os_error() == Some(8)
}

async fn print(parts: Arc<PoolParts>, output: impl AsyncRead + Unpin) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => parts.logs.function(&parts.function.name, &String::from_utf8_lossy(&line)),
        }
    }
}
