//! The administrator that development starts with.

use shared::auth::{AdminError, write_admin};
use shared::config::ConfigError;
use shared::domain::{Email, Invalid, UserId};
use shared::store::Table;

use crate::Stack;

/// The address of the local administrator, unless another one is given.
pub const DEFAULT_EMAIL: &str = "admin@example.com";

/// The name under which a made-up password is kept.
const PASSWORD: &str = "LOCAL_ADMIN_PASSWORD";

/// The account of the administrator.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Its address.
    pub email: String,
    /// Its password, which was given or made up.
    pub password: Option<String>,
}

/// Why there is no administrator.
#[derive(Debug, thiserror::Error)]
pub enum EnsureError {
    /// `--admin-email` is none.
    #[error("--admin-email {0}")]
    Email(Invalid),
    /// The made-up password could not be kept.
    #[error("keeping the admin's password: {0}")]
    Kept(#[from] std::io::Error),
    /// `--admin-password` can not be one.
    #[error("--admin-password {0}")]
    Password(Invalid),
    /// The table could not be reached.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The user could not be made an administrator.
    #[error(transparent)]
    Write(#[from] AdminError),
}

/// Makes sure that there is an administrator, says how to sign in as it, and returns its id.
pub async fn ensure(stack: &mut Stack, admin: Admin) -> Result<UserId, EnsureError> {
    let email: Email = admin.email.parse().map_err(EnsureError::Email)?;
    let is_given = admin.password.is_some();
    let password = stack.own_secret(PASSWORD, admin.password)?;
    let id = write_admin(&table(stack)?, email, &password.parse().map_err(EnsureError::Password)?).await?;
    let password = if is_given { String::new() } else { format!(", password {password} (made up)") };
    stack.note(format_args!("admin      {}{password}", admin.email));
    Ok(id)
}

fn table(stack: &Stack) -> Result<Table, ConfigError> {
    Table::embedded(stack.table_name(), &stack.dynamodb_url())
}
