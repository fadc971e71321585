//! What a request costs in DynamoDB.

use std::cell::Cell;
use std::future::Future;
use std::ops::AddAssign;

tokio::task_local! {
    static SPENT: Cell<Cost>;
}

/// What the DynamoDB calls of one request cost, as DynamoDB itself reported it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Calls that were answered.
    pub calls: u32,
    /// Read capacity units, indexes included.
    pub rcu: f64,
    /// Write capacity units, indexes included.
    pub wcu: f64,
}

impl Cost {
    /// Runs `work` and tells what its calls cost.
    pub async fn of<F: Future>(work: F) -> (F::Output, Self) {
        SPENT
            .scope(Cell::default(), async {
                let output = work.await;
                (output, SPENT.with(Cell::get))
            })
            .await
    }

    /// Adds an answered call to what the work under way costs; outside of [`of`](Self::of) nobody asks.
    #[cfg(feature = "store")]
    pub(crate) fn add(rcu: f64, wcu: f64) {
        let _ = SPENT.try_with(|spent| {
            let Self { calls, rcu: rcu_before, wcu: wcu_before } = spent.get();
            spent.set(Self { calls: calls + 1, rcu: rcu_before + rcu, wcu: wcu_before + wcu });
        });
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.rcu += other.rcu;
        self.wcu += other.wcu;
    }
}
