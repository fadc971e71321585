//! Parts of this API and not of the emulator: the services of others that its functions call, and the shape of its
//! errors.

pub(crate) mod too_large;
pub(crate) mod weather_stub;
