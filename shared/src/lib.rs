//! What two functions of the bundle share.
//!
//! Modules import in one direction only, each those to its left:
//! [`domain`] <- [`store`] <- [`http`] <- [`api`] <- [`auth`].

#![warn(missing_docs)]

pub mod clock;
pub mod config;
pub mod cost;
pub mod domain;
pub mod random;
pub mod telemetry;

#[cfg(feature = "store")]
pub mod store;

pub mod http;

pub mod api;

#[cfg(feature = "auth")]
pub mod auth;
