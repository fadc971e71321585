//! A function's instances: processes that each take one event at a time.
//!
//! As on Lambda: the most recently used idle instance gets the next event; where none is idle another
//! one is started, up to a limit, beyond which events wait; an instance that runs into the timeout is
//! killed, one that has not been used for long is stopped, and one that crashes fails the event it had.

mod invocation;
mod job;
mod parts;
mod pool;
mod pools;
mod process;
mod slot;
mod state;
mod streaming;

pub use invocation::{Invocation, InvokeError, MAX_PAYLOAD_BYTES, MAX_STREAM_BYTES};
pub use parts::Settings;

pub(crate) use invocation::{Reply, reason};
pub(crate) use parts::PoolParts;
pub(crate) use pool::Pool;
pub(crate) use pools::Pools;
pub(crate) use streaming::Streaming;
