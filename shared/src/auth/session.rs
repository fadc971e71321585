//! The user who is signed in with a cookie.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{AUTHORIZATION, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponseParts, Response, ResponseParts};
use cookie::{Cookie, SameSite};

use super::AllowedOrigins;
use super::session_cookie::SESSION_COOKIE;
use super::step_up::is_recent;
use crate::domain::User;
use crate::http::{Error, Unauthorized, cookies};
use crate::store::{SESSION_LIFETIME, Session, SessionToken, Sessions, Users};

/// The user who is signed in with a session's cookie. A request that changes something must come from the API's own
/// pages or from an allowed origin. All other requests are refused.
#[derive(Clone, Debug)]
pub struct SessionUser {
    /// The user, read consistently.
    pub user: User,
    /// The session.
    pub session: Session,
    /// True if the user signed in within the [step-up window](super::STEP_UP_WINDOW).
    pub(super) has_just_signed_in: bool,
}

/// The session in a request's cookies. A request with the cookie that changes something must come from the API's own
/// pages or from an allowed origin; otherwise it ends in 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// There is no cookie.
    Missing,
    /// There are two cookies, or the value is not a token.
    Malformed,
    /// There is one token. The session need not exist.
    Token(SessionToken),
}

/// Makes the browser store the session's cookie.
#[derive(Clone, Copy, Debug)]
pub struct SetSession(pub SessionToken);

/// Makes the browser delete the session's cookie and no others. `Clear-Site-Data: "cookies"` would delete the cookies
/// of every host of the registrable domain.
#[derive(Clone, Copy, Debug)]
pub struct ClearSession;

impl SessionUser {
    /// Reads session and user again, for the next change.
    pub async fn latest(&self, sessions: &Sessions, users: &Users) -> Result<Self, Error> {
        let latest = SessionCookie::Token(self.session.token).user(sessions, users).await?;
        latest.ok_or(Error::Unauthorized(Unauthorized::NotSignedIn))
    }

    /// Ends in 403 unless the user has just signed in.
    pub fn require_recent_sign_in(&self) -> Result<(), Error> {
        if self.has_just_signed_in { Ok(()) } else { Err(Error::RecentSignInRequired) }
    }
}

impl SessionCookie {
    /// Returns the signed-in user if session and user exist and have the same epoch. Records that the session was used.
    pub async fn user(self, sessions: &Sessions, users: &Users) -> Result<Option<SessionUser>, Error> {
        let Self::Token(token) = self else { return Ok(None) };
        let Some(session) = sessions.find(token).await? else { return Ok(None) };
        // The read is consistent, so a removed user or a changed password ends the session at once.
        let user = users.get_latest(session.user()).await?.filter(|user| user.auth_epoch == session.epoch);
        let Some(user) = user else { return Ok(None) };
        let has_just_signed_in = is_recent(session.created_at(), sessions.now());
        Ok(sessions.touch(&session).await?.then_some(SessionUser { user, session, has_just_signed_in }))
    }

    fn of(headers: &HeaderMap) -> Self {
        let mut found = Self::Missing;
        for (_, value) in cookies(headers).filter(|(name, _)| *name == SESSION_COOKIE.as_bytes()) {
            let token = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            found = match (found, token) {
                (Self::Missing, Some(token)) => Self::Token(token),
                _ => Self::Malformed,
            };
        }
        found
    }
}

impl<S> FromRequestParts<S> for SessionCookie
where
    S: Sync,
    AllowedOrigins: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let cookie = Self::of(&parts.headers);
        if cookie != Self::Missing {
            AllowedOrigins::from_ref(state).check(parts)?;
        }
        Ok(cookie)
    }
}

impl<S> FromRequestParts<S> for SessionUser
where
    S: Sync,
    AllowedOrigins: FromRef<S>,
    Sessions: FromRef<S>,
    Users: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let cookie = SessionCookie::from_request_parts(parts, state).await?;
        let user = cookie.user(&Sessions::from_ref(state), &Users::from_ref(state)).await?;
        user.ok_or_else(|| {
            Error::Unauthorized(match cookie {
                SessionCookie::Missing if parts.headers.contains_key(AUTHORIZATION) => {
                    Unauthorized::TokenWithoutSignIn
                }
                _ => Unauthorized::NotSignedIn,
            })
        })
    }
}

impl IntoResponseParts for SetSession {
    type Error = Error;

    fn into_response_parts(self, response: ResponseParts) -> Result<ResponseParts, Error> {
        set_cookie(response, self.0.reveal(), SESSION_LIFETIME)
    }
}

impl IntoResponseParts for ClearSession {
    type Error = Error;

    fn into_response_parts(self, response: ResponseParts) -> Result<ResponseParts, Error> {
        set_cookie(response, String::new(), Duration::ZERO)
    }
}

/// Adds `Vary: Cookie` to a response, for the routes of a function that reads the cookie.
pub async fn vary_by_cookie(mut response: Response) -> Response {
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Cookie"));
    response
}

/// Sets the cookie without `Domain`, as the prefix of its name requires. `Max-Age` is the longest life of a session;
/// only the table knows whether it has been idle for too long.
fn set_cookie(mut response: ResponseParts, value: String, max_age: Duration) -> Result<ResponseParts, Error> {
    let cookie = Cookie::build((SESSION_COOKIE, value))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(time::Duration::seconds(i64::try_from(max_age.as_secs()).unwrap_or(0)));
    let header = HeaderValue::try_from(cookie.build().to_string())
        .map_err(|error| Error::Internal(std::sync::Arc::new(error)))?;
    response.headers_mut().append(SET_COOKIE, header);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;
    use axum::response::IntoResponse;
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str =
        concat!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

    fn read(cookies: &[&str]) -> SessionCookie {
        let cookies = cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap()));
        SessionCookie::of(&cookies.collect())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let token = SessionCookie::Token(TOKEN.parse().unwrap());
        for cookies in [
            format!("__Host-sessionId={TOKEN}"),
            format!("a=b; __Host-sessionId={TOKEN}; c"),
            format!("a=b;__Host-sessionId={TOKEN}"),
            format!("naïve=ünïcode; __Host-sessionId={TOKEN}"),
            format!("; ;=; a==;{};__Host-sessionId={TOKEN}", "x=y; ".repeat(1000)),
        ] {
            assert_eq!(read(&[&cookies]), token, "{cookies}");
        }
        assert_eq!(read(&["a=b", &format!("__Host-sessionId={TOKEN}")]), token);
        // A sibling host could set these cookies, because their names do not have the prefix for browsers.
        for name in ["\u{a0}__Host-sessionId", "__Host-sessionId\u{2003}", "__host-sessionid"] {
            assert_eq!(read(&[&format!("{name}=x; __Host-sessionId={TOKEN}")]), token, "{name}");
        }
    }

    #[test]
    fn cookies_of_other_names_are_none() {
        let other = [
            format!("sessionId={TOKEN}"),
            format!("__host-sessionid={TOKEN}"),
            "__Host-sessionId".to_owned(),
        ];
        assert_eq!(read(&[]), SessionCookie::Missing);
        for cookies in other.iter().map(String::as_str).chain(["", "a=b", ";;;", "="]) {
            assert_eq!(read(&[cookies]), SessionCookie::Missing, "{cookies}");
        }
    }

    #[test]
    fn two_cookies_or_one_that_is_no_token_are_malformed() {
        let cookie = format!("__Host-sessionId={TOKEN}");
        assert_eq!(read(&[&format!("{cookie}; {cookie}")]), SessionCookie::Malformed);
        assert_eq!(read(&[&cookie, &cookie]), SessionCookie::Malformed);
        assert_eq!(read(&[&format!("__Host-sessionId=; {cookie}")]), SessionCookie::Malformed);
        for value in ["", "x", "\"\"", "a b", &TOKEN[1..], &format!("{TOKEN}="), &"A".repeat(100_000)] {
            assert_eq!(read(&[&format!("__Host-sessionId={value}")]), SessionCookie::Malformed, "{value}");
        }
    }

    #[test]
    fn the_cookie_is_for_this_host_and_its_own_pages_alone() {
        let response = (SetSession(TOKEN.parse().unwrap()), ()).into_response();
        assert_eq!(
            response.headers()[SET_COOKIE],
            format!("__Host-sessionId={TOKEN}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800")
        );
    }

    #[test]
    fn signing_out_removes_the_cookie() {
        let response = (ClearSession, ()).into_response();
        assert_eq!(
            response.headers()[SET_COOKIE],
            "__Host-sessionId=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
        );
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                SessionCookie::of(&[(COOKIE, value)].into_iter().collect());
            }
        }
    }
}
