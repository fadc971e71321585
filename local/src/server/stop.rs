//! How a stack tells its tasks to end.

use tokio::sync::watch;

/// Waits until `stop` is set, or whoever could set it is gone.
pub(crate) async fn requested(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stopping| *stopping).await);
}
