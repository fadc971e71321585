//! `cargo xtask token`: prints an access token for the API that `make run` serves.

use std::path::Path;

use shared::auth::{AccessTokens, Caller};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::random::Random;

use crate::{Error, secrets};

/// The arguments of `token`.
#[derive(clap::Args)]
#[command(after_help = crate::secrets::HELP)]
pub struct Args {
    /// The user's id
    #[arg(long, value_name = "ID")]
    pub user: UserId,
    /// Make it an admin's token
    #[arg(long)]
    pub admin: bool,
}

/// Returns a token that is valid for the next 15 minutes. It does not check that the user exists.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let role = if args.admin { Role::Admin } else { Role::User };
    sign(Caller { id: args.user, role }, root)
}

/// Signs a token for `caller` with the local API's `JWT_SECRET`.
pub(crate) fn sign(caller: Caller, root: &Path) -> Result<String, Error> {
    sign_with(caller, secrets::of_local_api("JWT_SECRET", root)?)
}

fn sign_with(caller: Caller, secret: Secret) -> Result<String, Error> {
    AccessTokens::new(&[secret], Clock::system(), Random::system())
        .sign(caller)
        .map_err(|error| Error::Sign(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_for_whom_it_is_signed() {
        let secret = Secret::new("JWT_SECRET", "a secret of at least thirty-two bytes".to_owned()).unwrap();
        let tokens = AccessTokens::new(std::slice::from_ref(&secret), Clock::system(), Random::system());
        for role in [Role::User, Role::Admin] {
            let caller = Caller { id: "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap(), role };
            assert_eq!(tokens.verify(&sign_with(caller, secret.clone()).unwrap()), Ok(caller));
        }
    }
}
