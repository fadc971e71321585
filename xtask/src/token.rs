//! `cargo xtask token`: prints an access token for the API that `make run` serves.

use std::path::Path;

use shared::auth::{AccessTokenIssuer, Subject};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::http;
use shared::random::Random;
use shared::store::{Table, TokenKeys};

use crate::table::Place;
use crate::{Error, secrets};

/// The name of the variable with the secrets from which the keys of access tokens are derived.
pub(crate) const SECRET: &str = "ACCESS_TOKEN_SECRET";

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
    let place = Place { data_dir: secrets::variable("DATA_DIR").map(Into::into), ..Place::default() };
    let secrets = secrets::given_or_kept(SECRET, secrets::variable(SECRET), &place.data_dir(root))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(async {
        let opened = place.open(root).await?;
        let token = sign(args, secrets, opened.table.clone()).await;
        opened.close().await;
        token
    })
}

async fn sign(args: &Args, secrets: Vec<Secret>, table: Table) -> Result<String, Error> {
    let clock = Clock::system();
    let role = if args.admin { Role::Admin } else { Role::User };
    let subject = Subject { id: args.user, role, auth_epoch: args.epoch, signed_in_at: clock.now() };
    let issuer = AccessTokenIssuer::new(secrets, TokenKeys::new(table), clock, Random::system());
    let token = async { issuer.signer().await?.sign(subject) }.await;
    token.map_err(|error: http::Error| Error::Sign(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use shared::auth::AccessTokens;
    use tempfile::TempDir;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_is_valid_for_whom_it_is_signed() {
        let data = TempDir::new().unwrap();
        let place = Place { data_dir: Some(data.path().to_owned()), ..Place::default() };
        let opened = place.open(&crate::root()).await.unwrap();
        let secret = Secret::new(SECRET, "a secret of at least thirty-two bytes".to_owned()).unwrap();
        let tokens = AccessTokens::new(TokenKeys::new(opened.table.clone()), Clock::system());
        for admin in [false, true] {
            let user: UserId = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap();
            let args = Args { user, admin, epoch: 0 };
            let token = sign(&args, vec![secret.clone()], opened.table.clone()).await.unwrap();
            assert_eq!(tokens.verify(&token).await.unwrap().id, user);
        }
        opened.close().await;
    }
}
