//! One row of the table of costs.

use std::fmt;

use shared::cost::Cost;

/// A request, its limits and its actual cost.
pub(super) struct Row {
    pub(super) request: &'static str,
    pub(super) limit: Cost,
    pub(super) measured: Cost,
}

pub(super) async fn measure<T, E: fmt::Debug>(
    request: &'static str,
    (calls, rcu, wcu): (u32, f64, f64),
    work: impl Future<Output = Result<T, E>>,
) -> (T, Row) {
    let (outcome, measured) = Cost::of(work).await;
    (outcome.unwrap(), Row { request, limit: Cost { calls, rcu, wcu }, measured })
}
