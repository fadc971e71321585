//! One process of a function, from start to end.

use std::{
    io,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    sync::{mpsc, oneshot},
    time::Instant,
};
use uuid::Uuid;

use super::Pool;
use crate::server::stop;

/// A binary that is missing or busy is one that a linker is writing, for so long.
const BINARY_WAIT: Duration = Duration::from_secs(1);

/// Longest line that is printed in one piece, in bytes.
const MAX_LINE_BYTES: u64 = 256 * 1024;

/// How long a dead process's last lines are waited for: its children may hold the pipes.
const DRAIN_WAIT: Duration = Duration::from_millis(500);

/// Which binary a process was made of.
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

/// Starts the process and stays with it to its end; `alive` is held until then.
pub(super) async fn run(
    pool: Arc<Pool>,
    instance: Uuid,
    killed: oneshot::Receiver<()>,
    alive: mpsc::Sender<()>,
) {
    let mut child = match start(&pool, instance).await {
        Ok(child) => child,
        Err(error) => {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => format!("{} is missing: build it first", pool.binary.display()),
                _ => format!("{}: {error}", pool.binary.display()),
            };
            pool.lock().not_started(instance, reason, &pool);
            return;
        }
    };
    let name = &pool.function.name;
    let outputs = [
        child.stdout.take().map(|output| tokio::spawn(print(Arc::clone(&pool), output))),
        child.stderr.take().map(|output| tokio::spawn(print(Arc::clone(&pool), output))),
    ];
    let mut stop = pool.stop.clone();
    let status = tokio::select! {
        status = child.wait() => status,
        // Sent never, dropped to kill: by the pool that forgets the instance.
        _ = killed => kill(&mut child).await,
        () = stop::requested(&mut stop) => kill(&mut child).await,
        () = too_slow(&pool, instance) => {
            pool.lock().init_failed(instance, format!("no event asked for within {:?}", pool.settings.init_timeout));
            kill(&mut child).await
        }
    };
    let status = match status {
        Ok(status) => status.to_string(),
        Err(error) => format!("{name}: {error}"),
    };
    pool.lock().exited(instance, &status, &pool);
    for output in outputs.into_iter().flatten() {
        // Lines that come later than that are lost with the pipe's other owner.
        let _ = tokio::time::timeout(DRAIN_WAIT, output).await;
    }
    drop(alive);
}

async fn start(pool: &Arc<Pool>, instance: Uuid) -> io::Result<Child> {
    let started = Instant::now();
    loop {
        pool.lock().set_stamp(instance, Stamp::of(&pool.binary));
        let spawned = Command::new(&pool.binary)
            .env_clear()
            .envs(pool.environment.iter().map(|(name, value)| (name, value)))
            // With its scheme: without one, the Rust runtime takes no base path.
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/{instance}", pool.runtime_api))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{}", instance.simple()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0)
            .spawn();
        match spawned {
            Err(error) if is_being_written(&error) && started.elapsed() < BINARY_WAIT => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other,
        }
    }
}

/// `ETXTBSY`, `ENOEXEC` of a half-written file, or no file between the old and the new one.
fn is_being_written(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ExecutableFileBusy)
        || error.raw_os_error() == Some(8)
}

/// Ends when the instance has had its time to start and has not asked for an event.
async fn too_slow(pool: &Arc<Pool>, instance: Uuid) {
    tokio::time::sleep(pool.settings.init_timeout).await;
    if !pool.lock().is_starting(instance) {
        std::future::pending::<()>().await;
    }
}

async fn kill(child: &mut Child) -> io::Result<std::process::ExitStatus> {
    // A process that has ended cannot be killed, and need not be.
    let _ = child.start_kill();
    child.wait().await
}

async fn print(pool: Arc<Pool>, output: impl AsyncRead + Unpin) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => pool.logs.function(&pool.function.name, &String::from_utf8_lossy(&line)),
        }
    }
}
