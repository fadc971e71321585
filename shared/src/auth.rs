//! Authentication and authorisation: access tokens, sessions, and extractors that make authorisation an argument of the
//! handler. A handler without such an argument is visibly public.

#[cfg(feature = "admin")]
mod admin;
mod caller;
#[cfg(feature = "store")]
mod csrf;
mod extract;
mod hs256;
#[cfg(feature = "store")]
mod issue;
#[cfg(feature = "password")]
mod password;
#[cfg(feature = "store")]
mod refresh;
#[cfg(all(feature = "password", feature = "store"))]
mod register;
#[cfg(feature = "store")]
mod session;
mod session_cookie;
#[cfg(all(feature = "password", feature = "store"))]
mod sign_in;
mod token;

#[cfg(feature = "admin")]
pub use admin::{AdminError, write_admin};
pub use caller::{Admin, Caller};
#[cfg(feature = "store")]
pub use csrf::AllowedOrigins;
#[cfg(feature = "store")]
pub use issue::{issue, reissue};
#[cfg(feature = "password")]
pub use password::{Passwords, needs_rehash};
#[cfg(feature = "store")]
pub use refresh::RefreshTokens;
#[cfg(all(feature = "password", feature = "store"))]
pub use register::register;
#[cfg(feature = "store")]
pub use session::{ClearSession, SessionCookie, SessionUser, SetSession, vary_by_cookie};
pub use session_cookie::SESSION_COOKIE;
#[cfg(all(feature = "password", feature = "store"))]
pub use sign_in::sign_in;
pub use token::{ACCESS_TOKEN_TTL, AccessTokens};
