//! The parts of this API that do not belong to the emulator: stubs of the services that its functions call, and the shape
//! of its errors.

pub(crate) mod too_large;

mod stub;
mod weather_stub;

pub use stub::Stub;

/// The stubs of services that need a key.
pub const STUBS: &[Stub] = &[weather_stub::STUB];
