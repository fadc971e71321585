//! The start of a function, before its first event.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::task::{JoinHandle, yield_now};

use crate::config::FromEnv;
use crate::telemetry;

/// The work that the first event waits for.
static BEGUN: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Starts logging, creates the dependencies, and builds from them the server of events; `None` if a dependency cannot be
/// created, which is logged. What the dependencies have begun is done when this returns.
///
/// A start has two processors, a request a small part of one (AWS Lambda developer guide, "Configure Lambda function
/// memory"). So a connection is opened here, and not by the first request.
pub(crate) async fn start<D: FromEnv, S>(build: impl FnOnce(D) -> S) -> Option<S> {
    telemetry::init();
    let deps =
        D::from_env().inspect_err(|error| tracing::error!(%error, "the function cannot start")).ok()?;
    // The server's first packet may be there.
    yield_now().await;
    let server = build(deps);
    let begun = std::mem::take(&mut *BEGUN.lock().unwrap_or_else(PoisonError::into_inner));
    for work in begun {
        // Work that fails is done again by the first request that needs it.
        let _ = work.await;
    }
    Some(server)
}

/// Begins work that the first event will need. It has run until it first waits, as for a server, when this returns.
pub(crate) fn begin(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(work);
    if work.as_mut().now_or_never().is_none() {
        BEGUN.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(work));
    }
}
