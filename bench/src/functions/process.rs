//! A process of a function, and what the kernel counted of it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use super::Error;
use super::runtime_api::{Call, RuntimeApi};
use super::subject::Subject;

/// The longest wait for a call of the process, which valgrind slows down fifty times.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running process, which is killed when this is dropped.
pub(super) struct Process {
    name: String,
    api: RuntimeApi,
    child: Child,
    pub(super) pid: i32,
    pub(super) spawned: Instant,
}

/// The counts of a process that waits for something.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    /// The time on a processor, of all threads.
    pub(super) cpu: Duration,
    /// Pages that were mapped without reading from a disk.
    pub(super) minor_faults: u64,
}

impl Process {
    /// Starts the function, with `wrapper` in front of it.
    pub(super) async fn start(subject: &Subject, wrapper: &[String]) -> Result<Self, Error> {
        Self::spawn(subject, wrapper, || Ok(Stdio::null())).await
    }

    /// Starts the function, which writes its logs to `log`.
    pub(super) async fn logged(subject: &Subject, log: &File) -> Result<Self, Error> {
        Self::spawn(subject, &[], || log.try_clone().map(Stdio::from)).await
    }

    async fn spawn(
        subject: &Subject,
        wrapper: &[String],
        output: impl Fn() -> io::Result<Stdio>,
    ) -> Result<Self, Error> {
        let failed = |error| Error::Process(subject.name.clone(), error);
        let api = RuntimeApi::start().await.map_err(failed)?;
        let mut words = wrapper.iter().map(Into::into).chain(subject.command.clone());
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .current_dir(&subject.folder)
            .env_clear()
            .envs(&subject.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(output().map_err(failed)?)
            .stderr(output().map_err(failed)?)
            .kill_on_drop(true);
        let spawned = Instant::now();
        let child = command.spawn().map_err(failed)?;
        let pid = child.id().unwrap_or_default().cast_signed();
        Ok(Self { name: subject.name.clone(), api, child, pid, spawned })
    }

    /// Waits until the process asks for an event, and returns the time of that.
    pub(super) async fn polled(&mut self) -> Result<Instant, Error> {
        match self.call().await? {
            Call::Next(at) => Ok(at),
            Call::Answered(..) => Err(self.failed(b"it answered twice")),
            Call::Failed(error) => Err(self.failed(&error)),
        }
    }

    /// Gives the process an event, and waits for its answer and for its next poll. Returns the time from the event to
    /// the answer, and the answer.
    pub(super) async fn invoke(&mut self, event: &Bytes) -> Result<(Duration, Bytes), Error> {
        let sent = Instant::now();
        self.api.send(event);
        let (at, answer) = match self.call().await? {
            Call::Answered(at, answer) => (at, answer),
            Call::Next(_) => return Err(self.failed(b"it asked for another event")),
            Call::Failed(error) => return Err(self.failed(&error)),
        };
        self.polled().await?;
        Ok((at - sent, answer))
    }

    async fn call(&mut self) -> Result<Call, Error> {
        tokio::select! {
            call = self.api.call() => call,
            _ = self.child.wait() => None,
            () = tokio::time::sleep(PATIENCE) => None,
        }
        .ok_or_else(|| Error::Ended(self.name.clone()))
    }

    /// Returns the counts as soon as the process sleeps: the kernel counts the time of a running one only now and then.
    pub(super) fn counts(&self) -> Result<Counts, Error> {
        let minor_faults = loop {
            let stat = self.read("stat")?;
            // The name of the program, in parentheses, can contain anything.
            let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
            if fields.next() == Some("S") {
                break fields.nth(6).and_then(|faults| faults.parse().ok());
            }
            thread::sleep(Duration::from_micros(20));
        };
        let minor_faults = minor_faults.ok_or(Error::NoReading(self.path("stat"), "minor faults"))?;
        // The clock has the time of threads that have ended, too.
        let time = clock_getcpuclockid(Pid::from_raw(self.pid)).and_then(clock_gettime);
        let time = time.map_err(|error| Error::Process(self.name.clone(), error.into()))?;
        Ok(Counts { cpu: time.into(), minor_faults })
    }

    /// Returns the most memory that the process has had, in bytes.
    pub(super) fn peak_rss(&self) -> Result<u64, Error> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or(Error::NoReading(self.path("status"), "VmHWM"))
    }

    /// Ends the process with SIGTERM, which lets valgrind write what it counted.
    pub(super) async fn terminate(mut self) -> Result<(), Error> {
        if let Some(pid) = rustix::process::Pid::from_raw(self.pid) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        self.child.wait().await.map(drop).map_err(|error| Error::Process(self.name.clone(), error))
    }

    fn path(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.pid))
    }

    fn read(&self, file: &str) -> Result<String, Error> {
        let path = self.path(file);
        std::fs::read_to_string(&path).map_err(|error| Error::Io(path, error))
    }

    fn failed(&self, error: &[u8]) -> Error {
        Error::Failed(self.name.clone(), String::from_utf8_lossy(error).into_owned())
    }
}
