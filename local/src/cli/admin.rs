//! The administrator of a local stack.

use shared::auth::{AdminError, write_admin};
use shared::config::ConfigError;
use shared::domain::{Email, Invalid, User};
use shared::store::Table;

use crate::Stack;

/// The address of the local administrator, unless an option sets another.
pub const DEFAULT_EMAIL: &str = "admin@example.com";

/// The name under which a generated password is stored.
const PASSWORD: &str = "LOCAL_ADMIN_PASSWORD";

/// The account of the administrator.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Its address.
    pub email: String,
    /// Its password, either given or generated.
    pub password: Option<String>,
}

/// The reason why the administrator could not be created.
#[derive(Debug, thiserror::Error)]
pub enum EnsureError {
    /// `--admin-email` is invalid.
    #[error("--admin-email {0}")]
    Email(Invalid),
    /// The generated password could not be stored.
    #[error("keeping the admin's password: {0}")]
    Kept(#[from] std::io::Error),
    /// `--admin-password` is invalid.
    #[error("--admin-password {0}")]
    Password(Invalid),
    /// The table could not be reached.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The user could not be made an administrator.
    #[error(transparent)]
    Write(#[from] AdminError),
}

/// Makes sure that an administrator exists, prints how to sign in as it, and returns its account.
pub async fn ensure(stack: &mut Stack, admin: Admin) -> Result<User, EnsureError> {
    let email: Email = admin.email.parse().map_err(EnsureError::Email)?;
    let is_given = admin.password.is_some();
    let password = stack.own_secret(PASSWORD, admin.password)?;
    let user = write_admin(&table(stack)?, email, &password.parse().map_err(EnsureError::Password)?).await?;
    let password = if is_given { String::new() } else { format!(", password {password} (generated)") };
    stack.note(format_args!("admin      {}{password}", admin.email));
    Ok(user)
}

fn table(stack: &Stack) -> Result<Table, ConfigError> {
    Table::embedded(stack.table_name(), &stack.dynamodb_url())
}
