use super::Code;

/// A fault of an access token or a session, or of the request that should have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// There is no access token.
    Missing,
    /// There is no access token, but a session's cookie.
    CookieWithoutToken,
    /// The `Authorization` has another scheme than `Bearer`.
    OtherScheme,
    /// The `Authorization` has no scheme; usually it is the token alone.
    NoScheme,
    /// The `Authorization` has nothing after `Bearer`.
    NoToken,
    /// The `Authorization` does not contain exactly one token: quotes, two tokens, two headers.
    NotOneToken,
    /// The access token is malformed, not ours, or its user is gone.
    Invalid,
    /// The access token is ours, but has expired.
    Expired,
    /// The e-mail address and the password do not match an account. The error does not tell which of them is wrong.
    WrongCredentials,
    /// There is no session's cookie.
    NoSession,
    /// There is no session's cookie, but an access token.
    TokenWithoutSession,
    /// The session has ended or never existed, or there are two cookies.
    InvalidSession,
    /// One of the last three, if the operation does not distinguish them.
    NotSignedIn,
    /// [`TokenWithoutSession`](Self::TokenWithoutSession), if the operation does not distinguish it.
    TokenWithoutSignIn,
}

impl Unauthorized {
    /// Returns true if the request has no access token at all. Routes with an optional token then continue.
    #[must_use]
    pub fn is_anonymous(self) -> bool {
        matches!(self, Self::Missing | Self::CookieWithoutToken | Self::OtherScheme)
    }

    /// Returns code and message. A message must not contain quotes, because it is also a quoted string in
    /// `WWW-Authenticate`.
    pub(super) fn outward(self) -> (Code, &'static str) {
        match self {
            Self::Missing => (Code::MissingToken, "Authorization header required"),
            Self::CookieWithoutToken => (
                Code::MissingToken,
                "Authorization header required: this operation takes an access token, and no session cookie",
            ),
            Self::OtherScheme => (
                Code::MissingToken,
                "Authorization header required with the scheme Bearer: Authorization: Bearer <access token>",
            ),
            Self::NoScheme => (
                Code::InvalidToken,
                "The Authorization header has no scheme: send Authorization: Bearer <access token>",
            ),
            Self::NoToken => (
                Code::InvalidToken,
                "The Authorization header has no token: send Authorization: Bearer <access token>",
            ),
            Self::NotOneToken => (
                Code::InvalidToken,
                "The Authorization header must be sent once, with Bearer and one access token, without quotes",
            ),
            Self::Invalid => (Code::InvalidToken, "Invalid or expired token"),
            Self::Expired => {
                (Code::TokenExpired, "The access token has expired: POST /api/auth/refresh gives another one")
            }
            Self::WrongCredentials => (Code::InvalidCredentials, "Invalid email or password"),
            Self::NoSession => (Code::NoSession, "No session"),
            Self::TokenWithoutSession => (
                Code::NoSession,
                "No session: this operation takes the cookie that POST /api/session sets, and no access token",
            ),
            Self::InvalidSession => (Code::InvalidSession, "Invalid session"),
            Self::NotSignedIn => (Code::NotAuthenticated, "Not authenticated"),
            Self::TokenWithoutSignIn => (
                Code::NotAuthenticated,
                "Not authenticated: this operation takes the cookie that POST /api/session sets, and no access token",
            ),
        }
    }
}

/// Returns the value of `WWW-Authenticate` (RFC 6750, section 3) for errors about tokens; a cookie is no HTTP
/// authentication. Without a token, the challenge names no error.
pub(super) fn challenge(code: Code, message: &str) -> Option<String> {
    match code {
        Code::MissingToken | Code::InvalidCredentials => Some(r#"Bearer realm="api""#.to_owned()),
        Code::InvalidToken | Code::TokenExpired => {
            Some(format!(r#"Bearer realm="api", error="invalid_token", error_description="{message}""#))
        }
        _ => None,
    }
}
