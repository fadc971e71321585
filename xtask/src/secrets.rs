//! The secrets of the API that `make run` serves.

use std::env;
use std::path::{Path, PathBuf};

use local::secrets::Secrets;
use shared::config::Secret;

use crate::Error;

/// The part of a command's help that names the variable.
pub(crate) const HELP: &str = "The secret is that of the API on this machine. If it keeps its data in another folder than .local, set DATA_DIR.";

/// Returns the secret in the variable `name`, or else the one that `make run` uses and stores in `DATA_DIR`; the first
/// of the two programs to need it generates it. If several are given, separated by commas, it is the first.
pub(crate) fn of_local_api(name: &'static str, root: &Path) -> Result<Secret, Error> {
    let data_dir = variable("DATA_DIR").map_or_else(|| root.join(".local"), PathBuf::from);
    let secrets = given_or_kept(name, variable(name), &data_dir)?;
    secrets.into_iter().next().ok_or_else(|| Error::Sign(format!("{name} is empty")))
}

/// Returns all secrets in the variable `name`, or else the one that `make run` keeps in `data_dir`.
pub(crate) fn given_or_kept(
    name: &'static str,
    given: Option<String>,
    data_dir: &Path,
) -> Result<Vec<Secret>, Error> {
    let sign_error = |error: &dyn std::fmt::Display| Error::Sign(error.to_string());
    let mut secrets = Secrets::open(Some(data_dir)).map_err(|error| sign_error(&error))?;
    let value = secrets.ensure(name, given).map_err(|error| sign_error(&error))?;
    Secret::several(name, value).map_err(|error| sign_error(&error))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "given given given given given given";
    const KEPT: &str = "kept kept kept kept kept kept kept";

    fn data_dir() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secrets.json"), format!(r#"{{"SECRET": "{KEPT}"}}"#)).unwrap();
        dir
    }

    fn secret(given: Option<&str>, data_dir: &Path) -> String {
        let secrets = given_or_kept("SECRET", given.map(str::to_owned), data_dir).unwrap();
        String::from_utf8(secrets[0].as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_secret_of_the_running_api_is_used() {
        assert_eq!(secret(None, data_dir().path()), KEPT);
    }

    #[test]
    fn a_secret_of_the_environment_comes_first_and_so_does_the_first_of_several() {
        assert_eq!(secret(Some(GIVEN), data_dir().path()), GIVEN);
        assert_eq!(secret(Some(&format!("{GIVEN}, {KEPT}")), data_dir().path()), GIVEN);
    }

    #[test]
    fn without_a_secret_one_is_made_up_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("not/yet/there");
        let made_up = secret(None, &data_dir);
        let kept = std::fs::read_to_string(data_dir.join("secrets.json")).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["SECRET"], made_up);
    }

    #[test]
    fn a_secret_that_is_too_short_is_refused_and_not_shown() {
        let error = given_or_kept("SECRET", Some("short".to_owned()), data_dir().path()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("32 bytes") && !error.contains("short"), "{error}");
    }
}
