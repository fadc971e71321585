//! The code that several functions share.
//!
//! Modules import in one direction only, each from those to its left: [`domain`] <- [`store`], `objects` <- `uploads`
//! <- [`http`] <- [`api`] <- [`auth`].

#![warn(missing_docs)]

#[cfg(feature = "store")]
pub mod aws;
pub mod clock;
pub mod config;
pub mod cost;
pub mod domain;
pub mod events;
pub mod random;
mod start;
pub mod telemetry;
pub mod timing;

#[cfg(feature = "store")]
pub mod store;

#[cfg(feature = "objects")]
pub mod objects;

#[cfg(feature = "objects")]
pub mod uploads;

pub mod http;

pub mod api;

#[cfg(feature = "auth")]
pub mod auth;
