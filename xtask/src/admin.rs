//! `cargo xtask admin`: an administrator of a deployment.

use std::env;

use shared::auth::write_admin;
use shared::domain::{Email, Password};
use shared::store::Table;

use crate::Error;

/// What `admin` is told. Region and credentials are in the environment, as for a function: `AWS_REGION`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and maybe `AWS_SESSION_TOKEN`.
#[derive(clap::Args)]
pub struct Args {
    /// The address to sign in with; who has an account with it becomes an admin, with another password
    #[arg(long)]
    pub email: Email,
    /// The deployment's table: its output `TableName`
    #[arg(long, env = "TABLE_NAME")]
    pub table: String,
}

/// Makes the admin, whose password is in `ADMIN_PASSWORD` or else asked for: an argument would be in the shell's history
/// and in the list of processes.
pub fn run(args: Args) -> Result<String, Error> {
    let password: Password = given_password()?.parse().map_err(Error::Password)?;
    let table = Table::named_from_env(args.table)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let id = runtime.block_on(write_admin(&table, args.email, &password))?;
    Ok(format!("the user {id} is an admin from now on, and signs in with this password"))
}

fn given_password() -> Result<String, Error> {
    if let Some(password) = env::var("ADMIN_PASSWORD").ok().filter(|password| !password.is_empty()) {
        return Ok(password);
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(Error::Prompt);
    let password = ask("Password: ")?;
    if ask("The same again: ")? == password { Ok(password) } else { Err(Error::Mistyped) }
}
