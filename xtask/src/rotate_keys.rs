//! `cargo xtask rotate-keys`: replaces the key that signs access tokens.

use std::path::Path;

use shared::auth::AccessTokenIssuer;
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{KeySet, Rotation};
use shared::random::Random;
use shared::store::{Table, TokenKeys};

use crate::table::Place;
use crate::token::SECRET;
use crate::{Error, secrets};

/// Publish a new key of access tokens. It signs after ten minutes, when everybody who verifies tokens knows it; the others
/// verify for another half an hour, until their last tokens have expired. No token becomes invalid.
///
/// The key is derived from `ACCESS_TOKEN_SECRET` and a new salt. For a table on AWS the variable must be set; otherwise it is
/// the secret of the API on this machine.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub place: Place,
    /// The others end now, because one of them leaked: all their tokens become invalid. Functions that have just read the
    /// keys sign with the old one and refuse the new one for up to a minute, and accept the old one for up to five
    #[arg(long)]
    pub at_once: bool,
}

/// Replaces the key and returns what is published now.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let given = secrets::variable(SECRET);
    if args.place.is_on_aws() && given.is_none() {
        return Err(Error::NoTokenSecret);
    }
    let secrets = secrets::given_or_kept(SECRET, given, &args.place.data_dir(root))?;
    let rotation = if args.at_once { Rotation::AtOnce } else { Rotation::Gradual };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(async {
        let opened = args.place.open(root).await?;
        let rotated = rotate(secrets, opened.table.clone(), rotation, Clock::system()).await;
        opened.close().await;
        rotated
    })
}

async fn rotate(
    secrets: Vec<Secret>,
    table: Table,
    rotation: Rotation,
    clock: Clock,
) -> Result<String, Error> {
    let issuer = AccessTokenIssuer::new(secrets, TokenKeys::new(table), clock, Random::system());
    Ok(describe(&issuer.rotate(rotation).await?))
}

fn describe(keys: &KeySet) -> String {
    let line = |key: &shared::domain::TokenKey| {
        let end = key.verifies_until.map(|end| format!(", verifies until {end}")).unwrap_or_default();
        format!("{} signs from {}{end}", key.id(), key.signs_from)
    };
    keys.keys.iter().map(line).collect::<Vec<_>>().join("\n")
}
