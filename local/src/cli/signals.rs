//! The signals that end `local`.

use super::error::Error;

/// Ctrl-C, and the other signals that ask a process to end.
pub(super) struct Signals {
    #[cfg(unix)]
    asked: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    pub(super) fn new() -> Result<Self, Error> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| {
                signal(kind).map_err(|source| Error::Io { what: "listening for signals".to_owned(), source })
            };
            Ok(Self {
                asked: [
                    listen(SignalKind::interrupt())?,
                    listen(SignalKind::terminate())?,
                    listen(SignalKind::hangup())?,
                ],
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    pub(super) async fn wait(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.asked;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
