//! HTTP servers, of which every service has one: serving, guarding, switching off and on, and stopping.

pub(crate) mod guard;
pub(crate) mod serve;
pub(crate) mod stop;
pub(crate) mod switch;
pub(crate) mod upstream;
