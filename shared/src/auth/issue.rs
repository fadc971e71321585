use super::{ACCESS_TOKEN_TTL, AccessTokenIssuer, RefreshTokens, Subject, TokenSigner};
use crate::api::TokensBody;
use crate::domain::{User, UserAgent};
use crate::http::{Error, Unauthorized};
use crate::store::{RefreshFamily, Users};

/// Issues tokens for a user who has just signed in.
pub async fn issue(
    access: &AccessTokenIssuer,
    refresh: &RefreshTokens,
    user: User,
    user_agent: Option<UserAgent>,
) -> Result<TokensBody, Error> {
    let signer = access.signer().await?;
    let (family, refresh_token) = refresh.begin(&user, user_agent).await?;
    body(&signer, user, &family, refresh_token)
}

/// Issues new tokens for a refresh token, if it is valid and its user exists with the same epoch. The role is the
/// user's current one; the sign-in is still that of the family.
pub async fn reissue(
    access: &AccessTokenIssuer,
    refresh: &RefreshTokens,
    users: &Users,
    refresh_token: &str,
) -> Result<TokensBody, Error> {
    let invalid = || Error::Unauthorized(Unauthorized::Invalid);
    let user_id = refresh.user(refresh_token).ok_or_else(invalid)?;
    // Everything is read before the token is used up, so that a failure here costs the client nothing, however late it
    // retries.
    let signer = access.signer().await?;
    let user = users.get_latest(user_id).await?;
    let (family, successor) = refresh.rotate(refresh_token).await?.ok_or_else(invalid)?;
    let Some(user) = user.filter(|user| user.auth_epoch == family.epoch) else {
        refresh.end(&successor).await?;
        return Err(invalid());
    };
    body(&signer, user, &family, successor)
}

pub(super) fn body(
    signer: &TokenSigner,
    user: User,
    family: &RefreshFamily,
    refresh_token: String,
) -> Result<TokensBody, Error> {
    let access_token = signer.sign(Subject::of(&user, family.signed_in_at()))?;
    Ok(TokensBody::new(user, access_token, refresh_token, ACCESS_TOKEN_TTL))
}
