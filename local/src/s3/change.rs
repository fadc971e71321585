//! Changes of objects, which functions are told of.

use std::net::IpAddr;

use tokio::sync::mpsc;

/// Tells changes to the triggers; unbounded, because a writer must not wait for functions.
pub(crate) type Notify = mpsc::UnboundedSender<Change>;

/// An object that was written or removed.
#[derive(Debug)]
pub(crate) struct Change {
    /// `ObjectCreated:Put`.
    pub(crate) event: &'static str,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// Bytes and `ETag`; nothing of an object that is gone.
    pub(crate) stored: Option<(u64, String)>,
    pub(crate) requester: Requester,
}

/// The caller who sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) address: IpAddr,
    pub(crate) request_id: String,
}
