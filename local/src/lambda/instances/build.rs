//! The build of a function's binary, for which events wait.

use std::sync::Arc;

use tokio::sync::watch;

use super::invocation::InvokeError;

/// A function's binary, compared with its sources. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Build(watch::Sender<State>);

#[derive(Clone, Debug)]
enum State {
    /// The binary is that of the sources, as far as `local` knows.
    Current,
    /// The sources changed, and the binary is not rebuilt yet.
    Stale,
    /// The sources do not compile, and the compiler says why.
    Failed(Arc<str>),
}

impl Build {
    /// Returns the build of a binary that nothing rebuilds.
    pub(crate) fn current() -> Self {
        Self(watch::Sender::new(State::Current))
    }

    /// Makes all further events wait.
    pub(crate) fn set_stale(&self) {
        self.0.send_replace(State::Stale);
    }

    pub(crate) fn set_current(&self) {
        self.0.send_replace(State::Current);
    }

    /// Fails all events with the compiler's text, until the next build.
    pub(crate) fn set_failed(&self, text: &str) {
        self.0.send_replace(State::Failed(text.into()));
    }

    /// Returns true if nothing has to be built, as far as `local` knows.
    pub(crate) fn is_current(&self) -> bool {
        matches!(*self.0.borrow(), State::Current)
    }

    /// Returns true if an event waits for the build.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Waits for the end of the build, and returns the compiler's text if it failed.
    pub(crate) async fn finished(&self) -> Result<(), InvokeError> {
        let mut state = self.0.subscribe();
        match state.wait_for(|state| !matches!(state, State::Stale)).await.as_deref() {
            Ok(State::Failed(text)) => Err(InvokeError::Build(Arc::clone(text))),
            // The sender cannot be dropped, because `self` holds it.
            _ => Ok(()),
        }
    }

    /// Waits until a build succeeds.
    pub(crate) async fn succeeded(&self) {
        drop(self.0.subscribe().wait_for(|state| matches!(state, State::Current)).await);
    }
}
