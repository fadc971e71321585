//! The administrator that development starts with.

use shared::{
    auth::Passwords,
    clock::Clock,
    config::ConfigError,
    domain::{Email, Invalid, Password, PasswordHash, Role, User, UserDraft, UserId},
    http,
    random::Random,
    store::{self, Table, Users, retry_stale},
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
    Kept(#[from] std::io::Error),
    /// `--admin-password` can not be one.
    #[error("--admin-password {0}")]
    Password(Invalid),
    /// The password could not be hashed.
    #[error("hashing the admin's password: {0:?}")]
    Hash(http::Error),
    /// The table could not be reached.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The user could not be written.
    #[error("writing the admin: {0}")]
    Store(#[from] store::Error),
}

/// Makes sure that there is an administrator, says how to sign in as it, and returns its id.
pub async fn ensure(stack: &mut Stack, admin: Admin) -> Result<UserId, AdminError> {
    let email: Email = admin.email.parse().map_err(AdminError::Email)?;
    let is_given = admin.password.is_some();
    let password = stack.own_secret(PASSWORD, admin.password)?;
    let id = write(&table(stack)?, email, &password.parse().map_err(AdminError::Password)?).await?;
    let password = if is_given { String::new() } else { format!(", password {password} (made up)") };
    stack.note(format_args!("admin      {}{password}", admin.email));
    Ok(id)
}

/// The user with this address, who is an administrator and signs in with this password from now on.
pub async fn write(table: &Table, email: Email, password: &Password) -> Result<UserId, AdminError> {
    let users = Users::new(table.clone(), Clock::system(), Random::system());
    let passwords = Passwords::system();
    let Some(credential) = users.credential(&email).await? else {
        let draft = UserDraft { email, name: None, role: Role::Admin };
        let hash = passwords.hash(password).map_err(AdminError::Hash)?;
        return Ok(users.register(draft, hash).await?.id);
    };
    let is_theirs = match &credential.password_hash {
        Some(hash) => passwords.verify(password.as_attempt(), Some(hash)).map_err(AdminError::Hash)?,
        None => false,
    };
    let hash = if is_theirs { None } else { Some(passwords.hash(password).map_err(AdminError::Hash)?) };
    retry_stale(async || promote(&users, credential.user_id, hash.clone()).await).await?;
    Ok(credential.user_id)
}

/// Makes the user an administrator, with the password of this hash if there is one.
async fn promote(users: &Users, id: UserId, hash: Option<PasswordHash>) -> Result<User, store::Error> {
    // Gone since its address was found: as if it had changed.
    let user = users.get_latest(id).await?.ok_or(store::Error::Stale)?;
    let user = users.replace(&user, UserDraft { role: Role::Admin, ..user.draft.clone() }).await?;
    match hash {
        Some(hash) => users.change_password(&user, hash).await,
        None => Ok(user),
    }
}

fn table(stack: &Stack) -> Result<Table, ConfigError> {
    Table::embedded(stack.table_name(), &stack.dynamodb_url())
}
