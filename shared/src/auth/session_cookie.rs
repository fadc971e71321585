/// The name of a session's cookie. Of a name with this prefix a browser keeps only what the host itself set, over a secure
/// connection, for all of its paths (RFC 6265bis, section 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-sessionId";
