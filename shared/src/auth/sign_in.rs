use super::Passwords;
use crate::domain::{Email, PasswordAttempt, User};
use crate::http::{Error, QuotaPolicy, RateLimits, SourceAddress, Unauthorized};
use crate::store::Users;

/// Verifies an e-mail address and a password, with rate limits by source address and by account.
///
/// The error does not tell what is wrong: an unknown address and a user without a password take as long as a wrong
/// password and end in the same [`Unauthorized::WrongCredentials`]. A hash with weak parameters is replaced.
pub async fn sign_in(
    users: &Users,
    passwords: &Passwords,
    limits: &RateLimits,
    address: SourceAddress,
    email: &Email,
    attempt: &PasswordAttempt,
) -> Result<User, Error> {
    // The address comes first, so that a denied address does not use up an account's quota.
    limits.take(QuotaPolicy::LOGIN_ADDRESS, address).await?;
    limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;
    let credential = users.credential(email).await?;
    let hash = credential.as_ref().and_then(|credential| credential.password_hash.as_ref());
    let is_right = passwords.verify(attempt, hash)?;
    let (Some(credential), Some(hash), true) = (&credential, hash, is_right) else { return Err(WRONG) };
    // The user is missing if it was just removed, and has another epoch if its password was just changed.
    let user = users.get_latest(credential.user_id).await?;
    let user = user.filter(|user| user.auth_epoch == credential.auth_epoch).ok_or(WRONG)?;
    if let Some(anew) = passwords.rehash(attempt, hash)? {
        users.rehash(email, hash, &anew).await?;
    }
    Ok(user)
}

const WRONG: Error = Error::Unauthorized(Unauthorized::WrongCredentials);
