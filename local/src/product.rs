//! What belongs to this API and not to the emulator: the services of others that its functions call.

pub(crate) mod weather_stub;
