//! `cargo xtask token`: an access token for the API that `make run` serves.

use std::env;
use std::path::{Path, PathBuf};

use local::secrets::Secrets;
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

/// A token that is valid from now on for 15 minutes. Whether the user exists is not asked.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let role = if args.admin { Role::Admin } else { Role::User };
    sign(Caller { id: args.user, role }, root)
}

/// A token for `caller`, signed with `JWT_SECRET` from the environment, or else with the secret that `make run`
/// uses and keeps in `DATA_DIR`: whichever of the two comes first makes it up.
pub(crate) fn sign(caller: Caller, root: &Path) -> Result<String, Error> {
    let data_dir = variable("DATA_DIR").map_or_else(|| root.join(".local"), PathBuf::from);
    sign_with(caller, variable("JWT_SECRET"), &data_dir)
}

fn sign_with(caller: Caller, given: Option<String>, data_dir: &Path) -> Result<String, Error> {
    let token_error = |error: &dyn std::fmt::Display| Error::Token(format!("can not sign a token: {error}"));
    let mut secrets = Secrets::open(Some(data_dir)).map_err(|error| token_error(&error))?;
    let secret = secrets.ensure("JWT_SECRET", given).map_err(|error| token_error(&error))?;
    let secret = Secret::new("JWT_SECRET", secret.to_owned()).map_err(|error| token_error(&error))?;
    AccessTokens::new(&[secret], Clock::system(), Random::system())
        .sign(caller)
        .map_err(|error| token_error(&error))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "given given given given given given";
    const KEPT: &str = "kept kept kept kept kept kept kept";

    fn caller(role: Role) -> Caller {
        Caller { id: "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap(), role }
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
        for role in [Role::User, Role::Admin] {
            let token = sign_with(caller(role), None, dir.path()).unwrap();
            assert_eq!(verify(KEPT, &token), Some(caller(role)));
        }
    }

    #[test]
    fn a_secret_of_the_environment_comes_first() {
        let dir = data_dir(&format!(r#"{{"JWT_SECRET": "{KEPT}"}}"#));
        let token = sign_with(caller(Role::User), Some(GIVEN.to_owned()), dir.path()).unwrap();
        assert!(verify(GIVEN, &token).is_some());
        assert!(verify(KEPT, &token).is_none());
    }

    #[test]
    fn without_a_secret_one_is_made_up_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("not/yet/there");
        let token = sign_with(caller(Role::User), None, &data_dir).unwrap();
        let kept = std::fs::read_to_string(data_dir.join("secrets.json")).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert!(verify(kept["JWT_SECRET"].as_str().unwrap(), &token).is_some());
    }

    #[test]
    fn a_secret_that_is_too_short_is_refused_and_not_shown() {
        let error =
            sign_with(caller(Role::User), Some("short".to_owned()), Path::new("")).unwrap_err().to_string();
        assert!(error.contains("32 bytes") && !error.contains("short"), "{error}");
    }
}
