//! The checkout that a command works in.

use std::path::{Path, PathBuf};

use crate::Error;

/// Finds the workspace around `here`: the commands change the checkout in which they are called.
pub fn find(here: &Path) -> Result<PathBuf, Error> {
    let is_checkout = |folder: &&Path| {
        ["template.yaml", "functions", "xtask/Cargo.toml"].iter().all(|name| folder.join(name).exists())
    };
    let found = here.ancestors().find(is_checkout).map(Path::to_owned);
    found.ok_or_else(|| Error::NoCheckout(here.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
