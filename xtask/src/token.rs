//! `cargo xtask token`: an access token for the API that `make run` serves.

use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use shared::auth::{AccessTokens, Caller};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::random::Random;

use crate::Error;

/// What `token` is told.
#[derive(clap::Args)]
pub struct Args {
    /// The user's id
    #[arg(long, value_name = "ID")]
    pub user: UserId,
    /// Whether the token is an admin's
    #[arg(long)]
    pub admin: bool,
}

/// A token that is valid from now on for 15 minutes.
///
/// It is signed with `JWT_SECRET` from the environment, or else with the one that `make run` made up and keeps
/// in `DATA_DIR`. Whether the user exists is not asked.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let data_dir = variable("DATA_DIR").map_or_else(|| root.join(".local"), PathBuf::from);
    sign(args, variable("JWT_SECRET"), &data_dir)
}

fn sign(args: &Args, given: Option<String>, data_dir: &Path) -> Result<String, Error> {
    let secret = match given {
        Some(secret) => secret,
        None => kept(data_dir)?,
    };
    let secret = Secret::new("JWT_SECRET", secret).map_err(|error| Error::Token(error.to_string()))?;
    let role = if args.admin { Role::Admin } else { Role::User };
    AccessTokens::new(&[secret], Clock::system(), Random::system())
        .sign(Caller { id: args.user, role })
        .map_err(|error| Error::Token(format!("can not sign: {error}")))
}

/// The secret that `local` made up.
fn kept(data_dir: &Path) -> Result<String, Error> {
    let path = data_dir.join("secrets.json");
    let secrets = std::fs::read(&path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => no_secret(&path),
        _ => Error::Read { path: path.clone(), source },
    })?;
    let secrets: serde_json::Value = serde_json::from_slice(&secrets)
        .map_err(|error| Error::Token(format!("{}: {error}", path.display())))?;
    secrets["JWT_SECRET"].as_str().map(str::to_owned).ok_or_else(|| no_secret(&path))
}

fn no_secret(path: &Path) -> Error {
    Error::Token(format!(
        "there is no secret to sign with in {}; start `make run` first, which makes one up, \
         or set JWT_SECRET to the one that the API has",
        path.display()
    ))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "given given given given given given";
    const KEPT: &str = "kept kept kept kept kept kept kept";

    fn args(admin: bool) -> Args {
        Args { user: "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap(), admin }
    }

    fn verify(secret: &str, token: &str) -> Option<Caller> {
        let secret = Secret::new("JWT_SECRET", secret.to_owned()).unwrap();
        AccessTokens::new(&[secret], Clock::system(), Random::system()).verify(token)
    }

    fn data_dir(secrets: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secrets.json"), secrets).unwrap();
        dir
    }

    #[test]
    fn the_secret_of_the_running_api_signs() {
        let dir = data_dir(&format!(r#"{{"JWT_SECRET": "{KEPT}"}}"#));
        for (admin, role) in [(false, Role::User), (true, Role::Admin)] {
            let token = sign(&args(admin), None, dir.path()).unwrap();
            assert_eq!(verify(KEPT, &token), Some(Caller { id: args(admin).user, role }));
        }
    }

    #[test]
    fn a_secret_of_the_environment_comes_first() {
        let dir = data_dir(&format!(r#"{{"JWT_SECRET": "{KEPT}"}}"#));
        let token = sign(&args(false), Some(GIVEN.to_owned()), dir.path()).unwrap();
        assert!(verify(GIVEN, &token).is_some());
        assert!(verify(KEPT, &token).is_none());
    }

    #[test]
    fn without_a_secret_the_error_says_what_to_start() {
        let empty = tempfile::tempdir().unwrap();
        for dir in [empty.path(), data_dir("{}").path()] {
            let error = sign(&args(false), None, dir).unwrap_err().to_string();
            assert!(error.contains("make run") && error.contains("secrets.json"), "{error}");
        }
    }

    #[test]
    fn a_secret_that_is_too_short_is_refused_and_not_shown() {
        let error = sign(&args(false), Some("short".to_owned()), Path::new("")).unwrap_err().to_string();
        assert!(error.contains("32 bytes") && !error.contains("short"), "{error}");
    }
}
