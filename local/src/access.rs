//! Callers of `DynamoDB` and S3: their access keys and their rights.
//!
//! Every function signs with an access key of its own, and its role's policies are evaluated for each call, as on AWS.
//! [`ROOT`] is the key of the account's owner: who signs with it may do everything.

mod authority;
mod keys;
mod record;
mod signature;

pub use keys::ROOT;
pub use record::{CALLS, Call};

pub(crate) use authority::Authority;
pub(crate) use keys::{Caller, Key};
pub(crate) use signature::{SignatureError, verify};
