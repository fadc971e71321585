use super::issue::body;
use super::{AccessTokenIssuer, PasswordCheck, RefreshTokens, issue};
use crate::api::{RegistrationInput, TokensBody};
use crate::domain::UserAgent;
use crate::http::{Error, RequestKey};
use crate::store::Outbox;

/// Adds a user, issues tokens, and tells whether an earlier request with the same `key` added the user. Both happen or
/// neither, so that a client without an answer can register again.
///
/// A repetition gets other tokens than the first request, because those are not stored, if the password is the same. It
/// counts as a sign-in, because it is one.
pub async fn register(
    access: &AccessTokenIssuer,
    refresh: &RefreshTokens,
    check: &PasswordCheck,
    input: &RegistrationInput,
    user_agent: Option<UserAgent>,
    outbox: Outbox,
    key: Option<RequestKey>,
) -> Result<(TokensBody, bool), Error> {
    let attributes = input.attributes();
    let email = attributes.email.clone();
    // The stored fingerprint of the request leaves out the password, because a plain hash of it would help to guess it.
    let name = attributes.name.as_ref().map_or("", |name| name.as_str());
    let record = key.map(|key| {
        key.saying(&format!("{}\n{name}", email.as_str())).record("auth-register", email.normalised())
    });
    let signer = access.signer().await?;
    let hash = check.hash(&input.password)?;
    let (made, begun) =
        refresh.register(&check.users, attributes, hash, user_agent.clone(), outbox, record.as_ref()).await?;
    if let Some((family, token)) = begun {
        return Ok((body(&signer, made, &family, token)?, false));
    }
    let found = check.user(&email, input.password.as_attempt()).await?;
    // A repetition with another password, or with one that has changed since, is a different request.
    let (user, _) = found.filter(|(user, _)| user.id == made.id).ok_or(Error::KeyReused)?;
    Ok((issue(access, refresh, user, user_agent).await?, true))
}
