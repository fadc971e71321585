/// The name of a session's cookie. A browser accepts a cookie with this prefix only from the host itself, over a secure
/// connection and for all paths (RFC 6265bis, section 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-sessionId";
