//! The API in a real browser, from its own pages and from those of other origins.

mod account;
mod docs;
mod origins;
mod session;
mod strangers;
mod try_it_out;
mod upload;
