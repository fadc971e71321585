//! The administrator that development starts with.

use shared::{
    clock::Clock,
    config::ConfigError,
    domain::{Email, Invalid, Role, UserDraft, UserId},
    random::Random,
    store::{self, Table, Users},
};

use crate::Stack;

/// The address of the local administrator, unless another one is given.
pub const DEFAULT_EMAIL: &str = "admin@example.com";

/// The name under which a made-up password is kept.
const PASSWORD: &str = "LOCAL_ADMIN_PASSWORD";

/// Who may sign in as administrator.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Its address.
    pub email: String,
    /// Its password, which was given or made up.
    pub password: Option<String>,
}

/// Why there is no administrator.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// `--admin-email` is none.
    #[error("--admin-email {0}")]
    Email(Invalid),
    /// The made-up password could not be kept.
    #[error("keeping the admin's password: {0}")]
    Password(#[from] std::io::Error),
    /// The table could not be reached.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The user could not be written.
    #[error("writing the admin: {0}")]
    Store(#[from] store::Error),
}

/// Makes sure that there is an administrator, and says who it is and how to act as it.
///
/// There is no sign-in yet: the password is settled and kept for then.
pub async fn ensure(stack: &mut Stack, admin: Admin) -> Result<(), AdminError> {
    let email: Email = admin.email.parse().map_err(AdminError::Email)?;
    let is_given = admin.password.is_some();
    let password = stack.own_secret(PASSWORD, admin.password)?;
    let id = admin_id(stack, email).await?;
    let password = if is_given { String::new() } else { format!(", password {password} (made up)") };
    stack.note(format_args!("admin      {}{password}", admin.email));
    stack.note(format_args!("           TOKEN=$(cargo xtask token --user {id} --admin)"));
    Ok(())
}

/// The user with this address, who is an administrator from now on.
async fn admin_id(stack: &Stack, email: Email) -> Result<UserId, AdminError> {
    let table = Table::embedded(stack.table_name(), &stack.dynamodb_url())?;
    let users = Users::new(table, Clock::system(), Random::system());
    let known = match users.find(&email).await? {
        Some(id) => users.get_latest(id).await?,
        None => None,
    };
    Ok(match known {
        Some(user) => users.replace(&user, UserDraft { role: Role::Admin, ..user.draft.clone() }).await?.id,
        None => users.create(UserDraft { email, name: None, role: Role::Admin }).await?.id,
    })
}
