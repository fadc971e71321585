//! A function's instances: processes that each handle one event at a time.
//!
//! As on Lambda, the most recently used idle instance gets the next event. If none is idle, another one starts, up to a
//! limit; further events wait. An instance that exceeds the timeout is killed, an instance that is idle for long is
//! stopped, and a crash fails the event that the instance had.

mod build;
mod invocation;
mod job;
mod output;
mod parts;
mod pool;
mod pools;
mod process;
mod report;
mod slot;
mod state;
mod streaming;

pub use invocation::{Invocation, InvokeError, MAX_PAYLOAD_BYTES, MAX_STREAM_BYTES};
pub use parts::Settings;

pub(crate) use build::Build;
pub(crate) use invocation::{Delivery, Event, Reply};
pub(crate) use parts::PoolParts;
pub(crate) use pool::Pool;
pub(crate) use pools::Pools;
pub(crate) use streaming::Streaming;
