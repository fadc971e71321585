//! The checkout that a command works in.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Finds the workspace around `here`: the commands change the checkout in which they are called.
pub fn find(here: &Path) -> Result<PathBuf, Error> {
    let is_checkout = |folder: &&Path| {
        ["template.yaml", "functions", "xtask/Cargo.toml"].iter().all(|name| folder.join(name).exists())
    };
    let found = here.ancestors().find(is_checkout).map(Path::to_owned);
    found.ok_or_else(|| Error::NoCheckout(here.to_owned()))
}

/// Returns the cargo that runs this program, without the variables in which it described the program's package.
///
/// The build script of ring reads them. It would run again, and everything above it would be compiled again.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_starts_as_from_a_shell() {
        let cargo = cargo();
        let removed: Vec<_> =
            cargo.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION_MAJOR"] {
            assert!(
                std::env::var_os(name).is_some() && removed.iter().any(|removed| *removed == name),
                "{name}"
            );
        }
    }

    #[test]
    fn a_checkout_is_found_from_any_folder_in_it() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().unwrap();
        assert_eq!(find(root).unwrap(), root);
        assert_eq!(find(&here.join("src")).unwrap(), root);
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(matches!(find(elsewhere.path()), Err(Error::NoCheckout(_))));
    }
}
