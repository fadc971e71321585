use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::damage::essence;
use crate::store::table::{Item, Key};

/// The differences between expected and found items: 32 bytes for each uneven entity or counter, and for each counter.
///
/// Keys and items are represented by 64 bits of a hash that differs in each run. Two differences cancel out only by
/// chance, and not in the next run.
#[derive(Default)]
pub(super) struct Balances {
    hasher: RandomState,
    of: HashMap<u64, Balance>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Balance {
    /// The expected values less those found: hashes of derived items for an entity, numbers for a counter.
    sums: [i64; 2],
    /// A hash of the counter's numbers; 0 if there is no counter.
    seen: u64,
}

impl Balance {
    fn is_even(self) -> bool {
        self.sums == [0, 0]
    }
}

impl Balances {
    /// Records that these items should belong to `owner`.
    pub(super) fn expect_of<'a>(&mut self, owner: &Key, parts: impl Iterator<Item = &'a Item>) {
        let sum = parts.map(|item| self.hash(item)).fold(0, i64::wrapping_add);
        self.add(owner, [sum, 0]);
    }

    /// Records an item that belongs to `owner`.
    pub(super) fn found(&mut self, owner: &Key, item: &Item) {
        let sum = self.hash(item);
        self.add(owner, [sum.wrapping_neg(), 0]);
    }

    /// Records an entity that is counted.
    pub(super) fn count(&mut self, counter: &Key, by: [i64; 2]) {
        self.add(counter, by);
    }

    /// Records the values of a counter.
    pub(super) fn counted(&mut self, counter: &Key, values: [i64; 2]) {
        let seen = self.seen(Some(values));
        self.of.entry(self.hasher.hash_one(counter)).or_default().seen = seen;
        self.add(counter, values.map(i64::wrapping_neg));
    }

    /// Tells whether a counter with the values `stored` lacks this much.
    pub(super) fn has(&self, counter: &Key, lacks: [i64; 2], stored: Option<[i64; 2]>) -> bool {
        self.of(counter) == Balance { sums: lacks, seen: self.seen(stored) }
    }

    pub(super) fn is_even(&self, key: &Key) -> bool {
        self.of(key).is_even()
    }

    pub(super) fn are_even(&self) -> bool {
        self.of.values().all(|balance| balance.is_even())
    }

    fn add(&mut self, key: &Key, by: [i64; 2]) {
        let key = self.hasher.hash_one(key);
        let balance = self.of.entry(key).or_default();
        for (sum, by) in balance.sums.iter_mut().zip(by) {
            *sum = sum.wrapping_add(by);
        }
        // The values of a counter are kept, because it can become uneven again.
        if balance.is_even() && balance.seen == 0 {
            self.of.remove(&key);
        }
    }

    fn of(&self, key: &Key) -> Balance {
        self.of.get(&self.hasher.hash_one(key)).copied().unwrap_or_default()
    }

    fn seen(&self, values: Option<[i64; 2]>) -> u64 {
        values.map_or(0, |values| self.hasher.hash_one(values) | 1)
    }

    fn hash(&self, item: &Item) -> i64 {
        let parts = essence(item);
        parts.iter().fold(0, |sum, part| sum.wrapping_add(self.hasher.hash_one(part).cast_signed()))
    }
}
