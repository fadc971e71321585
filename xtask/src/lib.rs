//! The project's chores, one module each, and the checks that code, template.yaml and openapi.json agree.

use std::path::PathBuf;

pub mod admin;
pub mod contract;
pub mod event;
pub mod fsck;
pub mod functions;
pub mod new;
pub mod openapi;
pub mod stripe_sign;
pub mod token;

mod diff;
mod error;
mod route_table;
mod secrets;
mod template;

pub use error::Error;

/// Returns the workspace's folder: the one in which cargo runs this program, else the one in which it was compiled.
#[must_use]
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().unwrap_or(&here).to_owned()
}
