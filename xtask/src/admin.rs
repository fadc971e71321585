//! `cargo xtask admin`: creates an administrator of a deployment.

use std::env;

use shared::auth::write_admin;
use shared::domain::{Email, Password};
use shared::store::Table;

use crate::Error;

/// The arguments of `admin`. The region and the credentials are in the environment, as for a function: `AWS_REGION`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for temporary ones, `AWS_SESSION_TOKEN`.
#[derive(clap::Args)]
pub struct Args {
    /// The e-mail address to sign in with; an existing account becomes an admin and gets the new password
    #[arg(long)]
    pub email: Email,
    /// The deployment's table: its output `TableName`
    #[arg(long, env = "TABLE_NAME")]
    pub table: String,
}

/// Creates the admin. The password is in `ADMIN_PASSWORD` or is asked for, because arguments appear in the shell's
/// history and in the list of processes.
pub fn run(args: Args) -> Result<String, Error> {
    let password: Password = given_password()?.parse().map_err(Error::Password)?;
    let table = Table::named_from_env(args.table)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let admin = runtime.block_on(write_admin(&table, args.email, &password))?;
    Ok(format!("the user {} is now an admin and signs in with this password", admin.id))
}

fn given_password() -> Result<String, Error> {
    if let Some(password) = env::var("ADMIN_PASSWORD").ok().filter(|password| !password.is_empty()) {
        return Ok(password);
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(Error::Prompt);
    let password = ask("Password: ")?;
    if ask("The same again: ")? == password { Ok(password) } else { Err(Error::Mistyped) }
}
