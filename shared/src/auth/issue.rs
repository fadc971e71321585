use std::sync::Arc;

use super::{ACCESS_TOKEN_TTL, AccessTokens, RefreshTokens, Subject};
use crate::api::TokensBody;
use crate::domain::{User, UserAgent};
use crate::http::{Error, Unauthorized};
use crate::store::{RefreshFamily, Users};

/// Issues tokens for a user who has just signed in.
pub async fn issue(
    access: &AccessTokens,
    refresh: &RefreshTokens,
    user: User,
    user_agent: Option<UserAgent>,
) -> Result<TokensBody, Error> {
    let (family, refresh_token) = refresh.begin(&user, user_agent).await?;
    body(access, user, &family, refresh_token)
}

/// Issues new tokens for a refresh token, if it is valid and its user exists with the same epoch. The role is the
/// user's current one; the sign-in is still that of the family.
pub async fn reissue(
    access: &AccessTokens,
    refresh: &RefreshTokens,
    users: &Users,
    refresh_token: &str,
) -> Result<TokensBody, Error> {
    let invalid = || Error::Unauthorized(Unauthorized::Invalid);
    // The user is read before the token is used up, so that a failure here costs the client nothing, however late it
    // retries.
    let user = users.get_latest(refresh.user(refresh_token).ok_or_else(invalid)?).await?;
    let (family, successor) = refresh.rotate(refresh_token).await?.ok_or_else(invalid)?;
    let Some(user) = user.filter(|user| user.auth_epoch == family.epoch) else {
        refresh.end(&successor).await?;
        return Err(invalid());
    };
    body(access, user, &family, successor)
}

pub(super) fn body(
    access: &AccessTokens,
    user: User,
    family: &RefreshFamily,
    refresh_token: String,
) -> Result<TokensBody, Error> {
    let access_token = access
        .sign(Subject::of(&user, family.signed_in_at()))
        .map_err(|error| Error::Internal(Arc::new(error)))?;
    Ok(TokensBody::new(user, access_token, refresh_token, ACCESS_TOKEN_TTL))
}
