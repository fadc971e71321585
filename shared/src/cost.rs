//! The costs of a request in DynamoDB.

use std::cell::Cell;
use std::future::Future;
use std::ops::AddAssign;

tokio::task_local! {
    static SPENT: Cell<Cost>;
}

/// The cost of a request's DynamoDB calls, as DynamoDB itself reported it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// The number of calls that were answered.
    pub calls: u32,
    /// Read capacity units, indexes included.
    pub rcu: f64,
    /// Write capacity units, indexes included.
    pub wcu: f64,
}

impl Cost {
    /// Runs `work` and returns the cost of its calls.
    pub async fn of<F: Future>(work: F) -> (F::Output, Self) {
        SPENT
            .scope(Cell::default(), async {
                let output = work.await;
                (output, SPENT.with(Cell::get))
            })
            .await
    }

    /// Adds an answered call to the cost of the current work. Outside of [`of`](Self::of) it has no effect.
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
