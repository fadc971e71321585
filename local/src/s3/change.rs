//! Changes of objects, for the triggers.

use std::net::IpAddr;

use tokio::sync::mpsc;

/// The channel to the triggers. It is unbounded, because writers must not wait for functions.
pub(crate) type Notify = mpsc::UnboundedSender<Change>;

/// An object that was written or removed.
#[derive(Debug)]
pub(crate) struct Change {
    /// `ObjectCreated:Put`.
    pub(crate) event: &'static str,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The size in bytes and the `ETag`; `None` for a removed object.
    pub(crate) stored: Option<(u64, String)>,
    pub(crate) requester: Requester,
}

/// The sender of a request.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) address: IpAddr,
    pub(crate) request_id: String,
}
