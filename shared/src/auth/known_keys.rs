use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::{KeySet, Timestamp};
use crate::start::begin;
use crate::store::{Error, TokenKeys};

/// The age at which the keys are read again to verify. So each instance learns that a key has ended.
const MAX_AGE: Duration = Duration::from_mins(5);

/// The age at which the keys are read again to sign, or to verify with a key that they lack. An attacker who sends random
/// ids causes no more reads than this.
const MIN_AGE: Duration = Duration::from_mins(1);

/// The keys of access tokens, as this instance read them last.
#[derive(Clone)]
pub(super) struct KnownKeys {
    table: TokenKeys,
    clock: Clock,
    /// Locked while the keys are being read.
    last: Arc<Mutex<Option<Snapshot>>>,
}

struct Snapshot {
    keys: Arc<KeySet>,
    read_at: Timestamp,
}

impl KnownKeys {
    pub(super) fn new(table: TokenKeys, clock: Clock) -> Self {
        Self { table, clock, last: Arc::default() }
    }

    /// Begins to read, so that the keys are there when the first request needs them.
    pub(super) fn begin(table: TokenKeys, clock: Clock) -> Self {
        let keys = Self::new(table, clock);
        let known = keys.clone();
        begin(async move {
            let mut last = known.last.lock().await;
            // A failed read is repeated by the first request that needs the keys.
            *last = Snapshot::read(&known.table, &known.clock).await.ok();
        });
        keys
    }

    /// Returns the keys to verify a token with, which may name any id.
    pub(super) async fn to_verify(&self, id: &str) -> Result<Arc<KeySet>, Error> {
        let now = self.clock.now();
        self.get(|keys| if keys.verifying(id, now).is_some() { MAX_AGE } else { MIN_AGE }).await
    }

    /// Returns the keys to sign with.
    pub(super) async fn to_sign(&self) -> Result<Arc<KeySet>, Error> {
        self.get(|_| MIN_AGE).await
    }

    async fn get(&self, max_age: impl Fn(&KeySet) -> Duration) -> Result<Arc<KeySet>, Error> {
        let mut last = self.last.lock().await;
        match &*last {
            Some(last) if last.is_good(max_age, self.clock.now()) => Ok(last.keys.clone()),
            _ => Ok(last.insert(Snapshot::read(&self.table, &self.clock).await?).keys.clone()),
        }
    }
}

impl Snapshot {
    async fn read(table: &TokenKeys, clock: &Clock) -> Result<Self, Error> {
        let read_at = clock.now();
        Ok(Self { keys: Arc::new(table.get().await?), read_at })
    }

    fn is_good(&self, max_age: impl Fn(&KeySet) -> Duration, now: Timestamp) -> bool {
        // Without any keys, nobody has signed in to this API, and the next one who does needs the first key at once. A
        // clock that was set back says nothing about the age.
        !self.keys.keys.is_empty() && (self.read_at..self.read_at.after(max_age(&self.keys))).contains(&now)
    }
}
