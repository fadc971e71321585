//! `cargo xtask token`: prints an access token for the API that `make run` serves.

use std::path::Path;

use shared::auth::{AccessTokens, Subject};
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
    /// Make it an admin's token; the account must be an admin's, too
    #[arg(long)]
    pub admin: bool,
    /// The account's authEpoch, if its password was changed or its user signed out everywhere
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub epoch: u64,
}

/// Returns a token that is valid for the next 15 minutes. It does not check that the user exists, and says that the user
/// has just signed in.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    sign_with(args, secrets::of_local_api("JWT_SECRET", root)?)
}

fn sign_with(args: &Args, secret: Secret) -> Result<String, Error> {
    let clock = Clock::system();
    let role = if args.admin { Role::Admin } else { Role::User };
    let subject = Subject { id: args.user, role, auth_epoch: args.epoch, signed_in_at: clock.now() };
    AccessTokens::new(&[secret], clock, Random::system())
        .sign(subject)
        .map_err(|error| Error::Sign(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_for_whom_it_is_signed() {
        let secret = Secret::new("JWT_SECRET", "a secret of at least thirty-two bytes".to_owned()).unwrap();
        let tokens = AccessTokens::new(std::slice::from_ref(&secret), Clock::system(), Random::system());
        for admin in [false, true] {
            let user: UserId = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap();
            let token = sign_with(&Args { user, admin, epoch: 0 }, secret.clone()).unwrap();
            assert_eq!(tokens.verify(&token).unwrap().id, user);
        }
    }
}
