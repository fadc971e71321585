//! AWS's policy language: what statements say, and whether they let a request through.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>
//!
//! This room knows no service and no template. An element, operator, version or principal that it cannot evaluate is a
//! [`PolicyError`] when the policy is read, so that no request is ever judged by half of a policy.
//!
//! It is written here because no crate of today fits: `iam-rs` 0.8 refuses `ForAllValues:StringLikeIfExists`, meets a
//! wrong value only when a request comes, and does not say what in a statement a request needs; `aws-iam` 0.2 cannot
//! evaluate `Null`.

mod condition;
mod decide;
#[cfg(test)]
mod examples;
mod grant;
mod pattern;
mod principal;
mod request;
mod statement;

pub use decide::{Decision, Policies, decide};
pub use grant::Grant;
pub use request::{Context, Request};
pub use statement::{Effect, PolicyError, Statement};
