//! HTTP servers, of which every service has one: serving, switching off and on, and stopping.

pub(crate) mod serve;
pub(crate) mod stop;
pub(crate) mod switch;
