//! Faults of `DynamoDB` and S3, on purpose: in front of each a [`proxy`] whose calls fail as [`Rule`]s say.
//!
//! Functions are told the proxies' addresses in place of the services' own. Whoever else calls, the gateway or a test
//! that looks into the table, goes past them. Without [`Builder::faults`](crate::Builder::faults) there is no proxy.

mod answer;
mod call;
mod proxy;
mod rule;
mod set;

pub use call::{Call, Service};
pub use rule::{Fault, Rule, RuleError, When};
pub use set::Faults;

pub(crate) use proxy::front;
