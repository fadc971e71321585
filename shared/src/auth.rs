//! Authentication and authorisation: access tokens, sessions, and extractors that make authorisation an argument of the
//! handler. A handler without such an argument is visibly public.

mod access_tokens;
mod address;
#[cfg(feature = "admin")]
mod admin;
mod authority;
mod caller;
mod csrf;
mod ed25519;
mod extract;
mod issue;
mod issuer;
mod known_keys;
#[cfg(feature = "password")]
mod password;
#[cfg(feature = "password")]
mod password_check;
mod refresh;
#[cfg(feature = "password")]
mod register;
mod session;
mod session_cookie;
mod step_up;
mod token;

pub use access_tokens::AccessTokens;
pub use address::{allow_address, invalid_link, request_mail, require_deliverable};
#[cfg(feature = "admin")]
pub use admin::{AdminError, write_admin};
pub use authority::{Account, Admin};
pub use caller::{Caller, Subject};
pub use csrf::AllowedOrigins;
pub use issue::{issue, reissue};
pub use issuer::{AccessTokenIssuer, RotationError};
#[cfg(feature = "password")]
pub use password::{Passwords, needs_rehash};
#[cfg(feature = "password")]
pub use password_check::PasswordCheck;
pub use refresh::RefreshTokens;
#[cfg(feature = "password")]
pub use register::register;
pub use session::{ClearSession, SessionCookie, SessionUser, SetSession, vary_by_cookie};
pub use session_cookie::SESSION_COOKIE;
pub use step_up::STEP_UP_WINDOW;
pub use token::{ACCESS_TOKEN_TTL, TokenSigner};
