//! The project's chores, one module each, and the checks that code, template.yaml and openapi.json agree.

use std::env::{current_dir, var_os};
use std::path::{Path, PathBuf};

use scaffold::checkout;

pub mod admin;
pub mod contract;
pub mod event;
pub mod fsck;
pub mod functions;
pub mod iam;
pub mod openapi;
pub mod rotate_keys;
pub mod stripe_sign;
pub mod table;
pub mod token;

mod diff;
mod error;
mod route_table;
mod secrets;
mod template;

pub use error::Error;

/// Returns the folder of the workspace: the one in which cargo runs this, else the checkout around the current folder,
/// else the one that this was compiled from.
#[must_use]
pub fn root() -> PathBuf {
    root_from_cargo()
        .or_else(|| checkout::find(&current_dir().ok()?).ok())
        .unwrap_or_else(|| workspace_of(Path::new(env!("CARGO_MANIFEST_DIR"))))
}

/// Returns [`root`] if this was compiled from it, as a document of other code would be wrong there.
pub fn root_of_this_code() -> Result<PathBuf, Error> {
    let (root, compiled) = (root(), workspace_of(Path::new(env!("CARGO_MANIFEST_DIR"))));
    if root_from_cargo().is_some() || root.canonicalize().ok() == compiled.canonicalize().ok() {
        Ok(root)
    } else {
        Err(Error::OtherCheckout { root, compiled })
    }
}

fn root_from_cargo() -> Option<PathBuf> {
    var_os("CARGO_MANIFEST_DIR").map(|package| workspace_of(Path::new(&package)))
}

fn workspace_of(package: &Path) -> PathBuf {
    package.parent().unwrap_or(package).to_owned()
}
