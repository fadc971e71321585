//! `cargo xtask event`: prints a recorded event, ready to be sent to its function.

use std::path::Path;

use crate::error::read;
use crate::{Error, stripe_sign, token};

/// The arguments of `event`.
#[derive(clap::Args)]
#[command(after_help = crate::secrets::HELP)]
pub struct Args {
    /// The function
    pub function: String,
    /// The file in `events/<function>/`, without its extension
    pub case: String,
    /// The id of the user to whom the event's tokens belong
    #[arg(long, value_name = "ID", default_value = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f")]
    pub user: shared::domain::UserId,
    /// The account's authEpoch, if its password was changed or its user signed out everywhere
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub epoch: u64,
}

/// Replaces one kind of placeholders in an event.
type Fill = fn(String, &Args, &Path) -> Result<String, Error>;

/// The placeholders: tokens for `{{CALLER_TOKEN}}` and `{{ADMIN_TOKEN}}`, and a signature for `{{STRIPE_SIGNATURE}}`.
const FILLS: &[Fill] = &[
    fill_tokens,
    // The signature is of the body, so it comes last.
    |event, _, root| stripe_sign::fill(event, root),
];

/// Returns the event with valid tokens and signatures in the place of its placeholders.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let event = read(&root.join("events").join(&args.function).join(format!("{}.json", args.case)))?;
    FILLS.iter().try_fold(event, |event, fill| fill(event, args, root))
}

fn fill_tokens(mut event: String, args: &Args, root: &Path) -> Result<String, Error> {
    for (placeholder, admin) in [("{{CALLER_TOKEN}}", false), ("{{ADMIN_TOKEN}}", true)] {
        if event.contains(placeholder) {
            let token = token::run(&token::Args { user: args.user, admin, epoch: args.epoch }, root)?;
            event = event.replace(placeholder, &token);
        }
    }
    Ok(event)
}
