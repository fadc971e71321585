use super::Passwords;
use crate::domain::{Email, PasswordAttempt, User};
use crate::http::{Error, QuotaPolicy, RateLimits, SourceAddress, Unauthorized};
use crate::store::Users;

/// Who signs in with this address and password, limited by both whence and as whom they try.
///
/// What is wrong stays untold: an unknown address and a user without a password take as long as a wrong password,
/// and end in the same [`Unauthorized::WrongCredentials`]. A hash that costs less than those of today is made anew.
pub async fn sign_in(
    users: &Users,
    passwords: &Passwords,
    limits: &RateLimits,
    address: SourceAddress,
    email: &Email,
    attempt: &PasswordAttempt,
) -> Result<User, Error> {
    // An address that is denied uses up no account.
    limits.take(QuotaPolicy::LOGIN_ADDRESS, address).await?;
    limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;
    let credential = users.credential(email).await?;
    let hash = credential.as_ref().and_then(|credential| credential.password_hash.as_ref());
    let is_right = passwords.verify(attempt, hash)?;
    let (Some(credential), Some(hash), true) = (&credential, hash, is_right) else { return Err(WRONG) };
    // Not there where the user has just been removed, and of another epoch where the password has just been changed.
    let user = users.get_latest(credential.user_id).await?;
    let user = user.filter(|user| user.auth_epoch == credential.auth_epoch).ok_or(WRONG)?;
    if let Some(anew) = passwords.rehash(attempt, hash)? {
        users.rehash(email, hash, &anew).await?;
    }
    Ok(user)
}

const WRONG: Error = Error::Unauthorized(Unauthorized::WrongCredentials);
