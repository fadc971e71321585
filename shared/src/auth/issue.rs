use std::sync::Arc;

use super::{ACCESS_TOKEN_TTL, AccessTokens, Caller, RefreshTokens};
use crate::api::TokensBody;
use crate::domain::User;
use crate::http::{Error, Unauthorized};
use crate::store::Users;

/// What a user who has just signed in goes on with.
pub async fn issue(access: &AccessTokens, refresh: &RefreshTokens, user: User) -> Result<TokensBody, Error> {
    let refresh_token = refresh.begin(&user).await?;
    body(access, user, refresh_token)
}

/// What the bearer of a refresh token goes on with, if it is good and its user is there and of its epoch.
/// The role is the user's of this moment.
pub async fn reissue(
    access: &AccessTokens,
    refresh: &RefreshTokens,
    users: &Users,
    refresh_token: &str,
) -> Result<TokensBody, Error> {
    let invalid = || Error::Unauthorized(Unauthorized::Invalid);
    // Before the token is used up: what goes wrong here costs its bearer nothing, however late they try again.
    let user = users.get_latest(refresh.user(refresh_token).ok_or_else(invalid)?).await?;
    let (family, successor) = refresh.rotate(refresh_token).await?.ok_or_else(invalid)?;
    let Some(user) = user.filter(|user| user.auth_epoch == family.epoch) else {
        refresh.end(&successor).await?;
        return Err(invalid());
    };
    body(access, user, successor)
}

pub(super) fn body(access: &AccessTokens, user: User, refresh_token: String) -> Result<TokensBody, Error> {
    let caller = Caller { id: user.id, role: user.attributes.role };
    let access_token = access.sign(caller).map_err(|error| Error::Internal(Arc::new(error)))?;
    Ok(TokensBody::new(user, access_token, refresh_token, ACCESS_TOKEN_TTL))
}
