//! API Gateway: an HTTP API whose routes, CORS and throttling `template.yaml` declares.
//!
//! [`handle`] answers every request: it finds the route ([`routes`]), invokes the function behind it, and answers
//! preflights ([`cors`]) and requests beyond the rate ([`throttle`]) itself.

pub mod cors;
pub mod handle;
pub mod routes;

pub(crate) mod throttle;
