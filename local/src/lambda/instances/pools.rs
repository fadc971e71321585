//! The pools of all functions.

use std::sync::Arc;

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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.0.iter()
    }
}

impl FromIterator<Pool> for Pools {
    fn from_iter<I: IntoIterator<Item = Pool>>(pools: I) -> Self {
        Self(pools.into_iter().map(Arc::new).collect())
    }
}
