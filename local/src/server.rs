//! HTTP servers, of which every service here has one: how they are served, switched off and on, and stopped.

pub(crate) mod serve;
pub(crate) mod stop;
pub(crate) mod switch;
