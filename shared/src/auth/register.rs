use super::issue::body;
use super::{AccessTokens, Passwords, RefreshTokens, issue};
use crate::api::{RegistrationInput, TokensBody};
use crate::http::{Error, RequestKey};
use crate::store::Users;

/// Adds a user, issues tokens, and tells whether an earlier request with the same `key` added the user. Both happen or
/// neither, so that a client without an answer can register again.
///
/// A repetition gets other tokens than the first request, because those are not stored, if the password is the same.
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
    // The stored fingerprint of the request leaves out the password, because a plain hash of it would help to guess it.
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
    // A repetition with another password, or with one that has changed since, is a different request.
    Ok((issue(access, refresh, user.ok_or(Error::KeyReused)?).await?, true))
}
