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

/// The number of tokens in a request's cookies that are looked up. Each costs two reads.
const MAX_TOKENS: usize = 4;

/// The sessions' tokens in a request's cookies. A request with the cookie that changes something must come from the
/// API's own pages or from an allowed origin; otherwise it ends in 403.
///
/// A browser sends one such cookie, because the prefix of its name reserves it for the host itself. A browser without
/// that rule also sends those that another host of the site has planted, and nothing tells them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// There is no cookie.
    Missing,
    /// There are cookies with these tokens, without those that are malformed. The sessions need not exist.
    Tokens(Vec<SessionToken>),
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
        let latest = SessionCookie::Tokens(vec![self.session.token]).user(sessions, users).await?;
        latest.ok_or(Error::Unauthorized(Unauthorized::NotSignedIn))
    }

    /// Ends in 403 unless the user has just signed in.
    pub fn require_recent_sign_in(&self) -> Result<(), Error> {
        if self.has_just_signed_in { Ok(()) } else { Err(Error::RecentSignInRequired) }
    }
}

impl SessionCookie {
    /// Returns the tokens.
    #[must_use]
    pub fn tokens(&self) -> &[SessionToken] {
        match self {
            Self::Missing => &[],
            Self::Tokens(tokens) => tokens,
        }
    }

    /// Returns the user of the only valid session, and records that the session was used.
    ///
    /// With two valid sessions, or with one twice, nobody is signed in: one of them may have been planted, to make the user
    /// act in somebody else's account. Signing in ends both.
    pub async fn user(&self, sessions: &Sessions, users: &Users) -> Result<Option<SessionUser>, Error> {
        let mut found = None;
        for token in self.tokens() {
            if let Some(user) = signed_in(*token, sessions, users).await?
                && found.replace(user).is_some()
            {
                return Ok(None);
            }
        }
        let Some(found) = found else { return Ok(None) };
        Ok(sessions.touch(&found.session).await?.then_some(found))
    }

    fn of(headers: &HeaderMap) -> Self {
        let values = cookies(headers).filter(|(name, _)| *name == SESSION_COOKIE.as_bytes());
        let mut values = values.map(|(_, value)| value).peekable();
        if values.peek().is_none() {
            return Self::Missing;
        }
        let tokens = values.filter_map(|value| std::str::from_utf8(value).ok()?.parse().ok());
        Self::Tokens(tokens.take(MAX_TOKENS).collect())
    }
}

/// Returns the user of a session if both exist and have the same epoch.
async fn signed_in(
    token: SessionToken,
    sessions: &Sessions,
    users: &Users,
) -> Result<Option<SessionUser>, Error> {
    let Some(session) = sessions.find(token).await? else { return Ok(None) };
    // The read is consistent, so a removed user or a changed password ends the session at once.
    let user = users.get_latest(session.user()).await?.filter(|user| user.auth_epoch == session.epoch);
    let has_just_signed_in = is_recent(session.created_at(), sessions.now());
    Ok(user.map(|user| SessionUser { user, session, has_just_signed_in }))
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

    fn tokens(tokens: &[&str]) -> SessionCookie {
        SessionCookie::Tokens(tokens.iter().map(|token| token.parse().unwrap()).collect())
    }

    fn read(cookies: &[&str]) -> SessionCookie {
        let cookies = cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap()));
        SessionCookie::of(&cookies.collect())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let token = tokens(&[TOKEN]);
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
    fn no_value_of_a_cookie_hides_the_token_in_another() {
        let cookie = format!("__Host-sessionId={TOKEN}");
        assert_eq!(read(&[&format!("{cookie}; {cookie}")]), tokens(&[TOKEN, TOKEN]));
        assert_eq!(read(&[&cookie, &cookie]), tokens(&[TOKEN, TOKEN]));
        for value in ["", "x", "\"\"", "a b", &TOKEN[1..], &format!("{TOKEN}="), &"A".repeat(100_000)] {
            let other = format!("__Host-sessionId={value}");
            assert_eq!(read(&[&other]), tokens(&[]), "{value}");
            assert_eq!(read(&[&other, &cookie]), tokens(&[TOKEN]), "{value}");
            assert_eq!(read(&[&format!("{cookie};{other}")]), tokens(&[TOKEN]), "{value}");
        }
    }

    #[test]
    fn a_few_tokens_are_looked_up_at_most() {
        let many: Vec<String> = (0..80).map(|n| format!("{n:03}{}", &TOKEN[3..])).collect();
        let cookies: Vec<String> = many.iter().map(|token| format!("__Host-sessionId={token}")).collect();
        let first: Vec<&str> = many.iter().map(String::as_str).take(MAX_TOKENS).collect();
        assert_eq!(read(&[&cookies.join("; ")]), tokens(&first));
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
