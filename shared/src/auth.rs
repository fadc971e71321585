//! Who calls, and what they may do: access tokens, and extractors that make authorisation an argument
//! of the handler. One that takes none of them is visibly public.

mod caller;
mod hs256;
mod token;

pub use caller::{Admin, Caller};
pub use token::{ACCESS_TOKEN_TTL, AccessTokens};
