//! The lines that one process writes, and the memory that it uses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::{mpsc, oneshot};

use crate::logs::Logs;

/// The longest line that is printed in one piece, in bytes.
const MAX_LINE_BYTES: u64 = 256 * 1024;

/// The length of the tail of the log that the Invoke API returns, in bytes.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#lambda-Invoke-request-LogType>
const TAIL_BYTES: usize = 4 * 1024;

/// The longest wait for the lines of an event.
const FLUSH_WAIT: Duration = Duration::from_millis(500);

/// A request for all lines that were written before it. It is answered when they are printed.
type Flush = oneshot::Sender<()>;

/// The lines and the memory of one process.
#[derive(Debug, Default)]
pub(super) struct Output {
    process_id: OnceLock<u32>,
    /// The lines since the last event, at least the last [`TAIL_BYTES`].
    tail: Mutex<Vec<u8>>,
    /// The tasks that print standard output and standard error.
    printers: Mutex<Vec<mpsc::UnboundedSender<Flush>>>,
    /// The greatest use of memory that was reported, in MB.
    reported: AtomicU64,
}

impl Output {
    pub(super) fn set_process_id(&self, process_id: u32) {
        // A process is started once.
        let _ = self.process_id.set(process_id);
    }

    /// Prints the lines of `stream` until it ends.
    pub(super) async fn print(&self, stream: impl AsyncRead + Unpin, function: &str, logs: &Logs) {
        let (printer, mut flushes) = mpsc::unbounded_channel();
        lock(&self.printers).push(printer);
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            let mut part = (&mut stream).take(MAX_LINE_BYTES.saturating_sub(line.len() as u64));
            tokio::select! {
                biased;
                // A read that is interrupted leaves what it has read in `line`.
                read = part.read_until(b'\n', &mut line) => match read {
                    Ok(_) if line.is_empty() => return,
                    Ok(_) => {
                        logs.function(function, &String::from_utf8_lossy(&line));
                        self.keep(&line);
                        line.clear();
                    }
                    Err(_) => return,
                },
                Some(flush) = flushes.recv() => drop(flush.send(())),
            }
        }
    }

    /// Forgets the lines of the last event.
    pub(super) fn begin(&self) {
        lock(&self.tail).clear();
    }

    /// Returns the last lines that the process wrote for its event.
    pub(super) async fn tail(&self) -> Vec<u8> {
        let printers = lock(&self.printers).clone();
        for printer in printers {
            let (flush, flushed) = oneshot::channel();
            // A printer that has ended has printed everything. One whose process prints without end is not waited for.
            if printer.send(flush).is_ok() {
                let _ = tokio::time::timeout(FLUSH_WAIT, flushed).await;
            }
        }
        last(&lock(&self.tail)).to_vec()
    }

    fn keep(&self, line: &[u8]) {
        let mut tail = lock(&self.tail);
        tail.extend_from_slice(line);
        if tail.len() > 2 * TAIL_BYTES {
            *tail = last(&tail).to_vec();
        }
    }

    /// Returns the most memory that the process has used so far, in MB. Only Linux tells it.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id.get()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kilobytes.div_ceil(1024))
    }

    /// Returns the peak if it exceeds `limit` and all peaks that were reported.
    pub(super) fn new_excess(&self, limit: u64) -> Option<u64> {
        let peak = self.peak_memory()?;
        (peak > self.reported.fetch_max(peak, Ordering::Relaxed).max(limit)).then_some(peak)
    }
}

fn last(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len().saturating_sub(TAIL_BYTES)..]
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn the_tail_has_all_lines_that_were_written_before() {
        let (mut function, stream) = tokio::io::duplex(64);
        let output = Arc::new(Output::default());
        let printing = Arc::clone(&output);
        tokio::spawn(async move { printing.print(stream, "echo", &Logs::new(None, false, false)).await });
        tokio::task::yield_now().await;
        function.write_all(b"a\n").await.unwrap();
        assert_eq!(output.tail().await, b"a\n");
        function.write_all(b"half a line, ").await.unwrap();
        assert_eq!(output.tail().await, b"a\n");
        output.begin();
        function.write_all(b"and its end\n").await.unwrap();
        assert_eq!(output.tail().await, b"half a line, and its end\n");
    }

    #[test]
    fn the_tail_is_the_end_of_a_long_log() {
        let output = Output::default();
        for number in 0..3 {
            output.keep(&[vec![b'x'; 2 * TAIL_BYTES], format!("{number}\n").into_bytes()].concat());
        }
        let kept = lock(&output.tail);
        assert!(kept.len() <= 2 * TAIL_BYTES && kept.ends_with(b"x2\n"), "{}", kept.len());
    }
}
