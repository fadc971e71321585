use super::issue::body;
use super::{AccessTokens, Passwords, RefreshTokens, issue};
use crate::api::{RegistrationInput, TokensBody};
use crate::http::{Error, RequestKey};
use crate::store::Users;

/// Adds a user and says what the user goes on with, and whether the user was added before, by a request with the same
/// `key`. All of it or nothing, so that who got no answer can register again.
///
/// A repetition is not shown the first tokens, which nobody kept, but others, for the same password.
pub async fn register(
    access: &AccessTokens,
    refresh: &RefreshTokens,
    users: &Users,
    passwords: &Passwords,
    input: &RegistrationInput,
    key: Option<RequestKey>,
) -> Result<(TokensBody, bool), Error> {
    let attributes = input.attributes();
    let email = attributes.email.clone();
    // Nothing of the password is in what is kept of the request: a plain hash would help to guess it.
    let name = attributes.name.as_ref().map_or("", |name| name.as_str());
    let record = key.map(|key| {
        key.saying(&format!("{}\n{name}", email.as_str())).record("auth-register", email.normalised())
    });
    let hash = passwords.hash(&input.password)?;
    let (user, token) = refresh.register(users, attributes, hash, record.as_ref()).await?;
    if let Some(token) = token {
        return Ok((body(access, user, token)?, false));
    }
    let credential = users.credential(&email).await?.filter(|credential| credential.user_id == user.id);
    let hash = credential.as_ref().and_then(|credential| credential.password_hash.as_ref());
    let is_right = passwords.verify(input.password.as_attempt(), hash)?;
    let user = match credential {
        Some(credential) if is_right => users
            .get_latest(credential.user_id)
            .await?
            .filter(|user| user.auth_epoch == credential.auth_epoch),
        _ => None,
    };
    // Another password than the first time, or than by now, is another request.
    Ok((issue(access, refresh, user.ok_or(Error::KeyReused)?).await?, true))
}
