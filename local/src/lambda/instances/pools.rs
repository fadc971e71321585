//! The pools of all functions.

use std::sync::Arc;

use tokio::sync::watch;

use super::pool::Pool;

/// One pool for each function, in the order of the template. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Pools(Arc<[Arc<Pool>]>);

impl Pools {
    /// Returns the pool of the function with this name, logical id or ARN; a qualifier is ignored.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Pool>> {
        let name = name.rsplit_once(":function:").map_or(name, |(_, name)| name);
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        self.iter().find(|pool| pool.function().name == name || pool.function().logical_id == name)
    }

    /// Waits until a function compiles and returns its pool, or `None` if there is no such function.
    pub(crate) async fn compiled(current: &watch::Receiver<Self>, name: &str) -> Option<Arc<Pool>> {
        let build = current.borrow().find(name)?.build().clone();
        build.succeeded().await;
        current.borrow().find(name).map(Arc::clone)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.0.iter()
    }
}

impl FromIterator<Arc<Pool>> for Pools {
    fn from_iter<I: IntoIterator<Item = Arc<Pool>>>(pools: I) -> Self {
        Self(pools.into_iter().collect())
    }
}
