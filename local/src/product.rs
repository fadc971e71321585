//! The parts that belong to this API and not to the emulator: stubs of other services that its functions call, and the
//! shape of its errors.

pub(crate) mod too_large;
pub(crate) mod weather_stub;
