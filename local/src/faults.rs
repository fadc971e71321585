//! Deliberate faults of `DynamoDB`, S3 and SES: a [`proxy`] in front of each service makes calls fail as [`Rule`]s say.
//!
//! Functions get the proxies' addresses in place of the services' own. Other callers, such as the gateway or a test
//! that reads the table, bypass the proxies. Without [`Builder::faults`](crate::Builder::faults) there is no proxy.

mod answer;
mod call;
mod proxy;
mod rule;
mod set;

pub use call::{Call, Service};
pub use rule::{Fault, Rule, RuleError, When};
pub use set::Faults;

pub(crate) use proxy::front;
