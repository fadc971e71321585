//! The administrator that development starts with.

use std::io;

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

/// Makes sure that there is an administrator, and says how to sign in when its password was made up.
///
/// There are no accounts yet: the credentials are settled and kept, and nothing can be signed in to.
pub fn ensure(stack: &mut Stack, admin: Admin) -> io::Result<()> {
    let is_given = admin.password.is_some();
    let password = stack.own_secret(PASSWORD, admin.password)?;
    if is_given {
        stack.note(format_args!("admin      {}", admin.email));
    } else {
        stack.note(format_args!("admin      {} (made up: {password})", admin.email));
    }
    Ok(())
}
