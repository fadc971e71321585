//! The signal by which a stack stops its tasks.

use tokio::sync::watch;

/// Waits until `stop` is set or its sender is dropped.
pub(crate) async fn requested(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stopping| *stopping).await);
}
