//! Lambda: functions run as processes, and each process handles one event at a time.
//!
//! A request becomes an event ([`request_payload`]), an instance of the function takes it over the Runtime API
//! ([`runtime_api`], [`instances`]), and its answer ([`response_payload`]) becomes a [`response`]. A Function URL
//! ([`function_url`]) and the Invoke API ([`invoke_api`]) reach a function without API Gateway. Asynchronous events are
//! kept in [`async_queue`] and retried; [`destinations`] get a record of their end.

pub mod function_url;
pub mod instances;
pub(crate) mod invoke_api;
pub mod request_payload;
pub(crate) mod runtime_api;

pub(crate) mod async_queue;
pub(crate) mod destinations;
mod extensions_api;
pub mod redrive;
pub(crate) mod response;
pub(crate) mod response_payload;
pub(crate) mod trace;
