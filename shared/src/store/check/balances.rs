use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::damage::essence;
use crate::store::table::{Item, Key};

/// What was expected and what was found, as differences: 32 bytes for each entity or counter that is not even, and
/// for each counter.
///
/// Keys and items are known by 64 bits of a hash that is another in each run: that a difference hides behind another one
/// is a matter of chance, and no other time the same.
#[derive(Default)]
pub(super) struct Balances {
    hasher: RandomState,
    of: HashMap<u64, Balance>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Balance {
    /// Of an entity, the hashes of what belongs to it; of a counter, its numbers. Expected less found.
    sums: [i64; 2],
    /// A hash of the numbers that a counter had; 0 where there was none.
    seen: u64,
}

impl Balance {
    fn is_even(self) -> bool {
        self.sums == [0, 0]
    }
}

impl Balances {
    /// These items belong to `owner`.
    pub(super) fn expect_of(&mut self, owner: &Key, derived: &[Item]) {
        let sum = derived.iter().map(|item| self.hash(item)).fold(0, i64::wrapping_add);
        self.add(owner, [sum, 0]);
    }

    /// This item says that it belongs to `owner`.
    pub(super) fn found(&mut self, owner: &Key, item: &Item) {
        let sum = self.hash(item);
        self.add(owner, [sum.wrapping_neg(), 0]);
    }

    /// Something is counted.
    pub(super) fn count(&mut self, counter: &Key, by: [i64; 2]) {
        self.add(counter, by);
    }

    /// This is what a counter says.
    pub(super) fn counted(&mut self, counter: &Key, values: [i64; 2]) {
        let seen = self.seen(Some(values));
        self.of.entry(self.hasher.hash_one(counter)).or_default().seen = seen;
        self.add(counter, values.map(i64::wrapping_neg));
    }

    /// Whether a counter that says `stored` lacks this much.
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
        // What a counter was is asked for again if it becomes uneven after all.
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
