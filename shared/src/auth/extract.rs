//! The caller as an argument of a handler.

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::{AccessTokens, Admin, Caller};
use crate::http::{Error, Unauthorized};

impl<S> FromRequestParts<S> for Caller
where
    S: Sync,
    AccessTokens: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let token = bearer(&parts.headers)?.ok_or(Error::Unauthorized(Unauthorized::Missing))?;
        AccessTokens::from_ref(state).verify(token).ok_or(Error::Unauthorized(Unauthorized::Invalid))
    }
}

impl<S> OptionalFromRequestParts<S> for Caller
where
    S: Sync,
    AccessTokens: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Error> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(caller) => Ok(Some(caller)),
            Err(Error::Unauthorized(Unauthorized::Missing)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Sync,
    AccessTokens: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if caller.is_admin() { Ok(Self(caller)) } else { Err(Error::Forbidden("Only an admin may do this")) }
    }
}

/// The token of the one `Authorization: Bearer` header (RFC 6750, section 2.1).
///
/// Another scheme is no token. Two headers, which a gateway may have joined with a comma, are a wrong one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let invalid = Error::Unauthorized(Unauthorized::Invalid);
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let (Ok(value), None) = (value.to_str(), values.next()) else { return Err(invalid) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = token.trim();
    if token.is_empty() { Err(invalid) } else { Ok(Some(token)) }
}
