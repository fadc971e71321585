//! The caller as an argument of a handler.

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::{AccessTokens, Caller, SESSION_COOKIE};
use crate::http::{Error, OWS, Unauthorized, cookies, field_value};

impl<S> FromRequestParts<S> for Caller
where
    S: Sync,
    AccessTokens: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let token = bearer(&parts.headers).map_err(Error::Unauthorized)?;
        AccessTokens::from_ref(state).verify(&token).await
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
            Err(Error::Unauthorized(what)) if what.is_anonymous() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns the token of the only `Authorization: Bearer` header (RFC 6750, section 2.1). Two headers, which a gateway
/// may have joined with a comma, are refused.
fn bearer(headers: &HeaderMap) -> Result<String, Unauthorized> {
    let value = field_value(headers, &AUTHORIZATION).unwrap_or_default();
    let value = value.trim_matches(OWS);
    let (scheme, token) = value.split_once(OWS).unwrap_or((value, ""));
    let token = token.trim_matches(OWS);
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(match (scheme, token) {
            ("", _) if cookies(headers).any(|(name, _)| name == SESSION_COOKIE.as_bytes()) => {
                Unauthorized::CookieWithoutToken
            }
            ("", _) => Unauthorized::Missing,
            (_, "") => Unauthorized::NoScheme,
            _ => Unauthorized::OtherScheme,
        });
    }
    // RFC 9110, section 11.2: `token68`.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    match token {
        "" => Err(Unauthorized::NoToken),
        token if token.bytes().all(is_token) => Ok(token.to_owned()),
        _ => Err(Unauthorized::NotOneToken),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn of(headers: &[(HeaderName, &str)]) -> Result<String, Unauthorized> {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        bearer(&headers.collect())
    }

    #[test]
    fn a_token_is_read_however_its_scheme_is_spelled() {
        for value in ["Bearer a.b-c_", "bearer a.b-c_", "BEARER  a.b-c_ ", "Bearer\ta.b-c_"] {
            assert_eq!(of(&[(AUTHORIZATION, value)]).as_deref(), Ok("a.b-c_"), "{value}");
        }
    }

    #[test]
    fn what_is_no_token_is_told_by_its_mistake() {
        use Unauthorized::{Missing, NoScheme, NoToken, NotOneToken, OtherScheme};
        for (value, mistake) in [
            ("", Missing),
            ("a.b.c", NoScheme),
            ("Bearer:a.b.c", NoScheme),
            ("Bearer=a.b.c", NoScheme),
            ("Basic YTpi", OtherScheme),
            ("Token a.b.c", OtherScheme),
            ("JWT a.b.c", OtherScheme),
            ("\"Bearer a.b.c\"", OtherScheme),
            ("Basic YTpi,Bearer a.b.c", OtherScheme),
            ("Bearer", NoToken),
            ("Bearer  ", NoToken),
            ("Bearer \"a.b.c\"", NotOneToken),
            ("Bearer a.b.c, Bearer a.b.c", NotOneToken),
            ("Bearer a.b.c,Bearer a.b.c", NotOneToken),
            ("Bearer Bearer a.b.c", NotOneToken),
            ("Bearer <a.b.c>", NotOneToken),
            ("Bearer a.b.ç", NotOneToken),
        ] {
            assert_eq!(of(&[(AUTHORIZATION, value)]), Err(mistake), "{value}");
        }
        assert_eq!(of(&[]), Err(Missing));
        assert_eq!(of(&[(AUTHORIZATION, "Bearer a"), (AUTHORIZATION, "Bearer a")]), Err(NotOneToken));
    }

    #[test]
    fn a_session_does_not_stand_for_a_token() {
        let cookie = (COOKIE, "a=b; __Host-sessionId=c");
        assert_eq!(of(std::slice::from_ref(&cookie)), Err(Unauthorized::CookieWithoutToken));
        assert_eq!(of(&[cookie.clone(), (AUTHORIZATION, "Bearer a")]).as_deref(), Ok("a"));
        assert_eq!(of(&[cookie, (AUTHORIZATION, "Basic a")]), Err(Unauthorized::OtherScheme));
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "(Bearer )?[ -~\\t\\u{80}-\\u{ff}]*") {
            let _ = of(&[(AUTHORIZATION, &value)]);
        }
    }
}
