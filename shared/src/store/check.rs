//! The check that derived items match the items from which they are derived: title and address locks, postings,
//! counters, index keys.
//!
//! The table is scanned once, without being kept in memory. Each item belongs to the *balance* of an entity or of a
//! counter: it adds what it implies and subtracts what it is. Even balances are forgotten. Only if others remain, a
//! second scan finds the items that belong to them. Each suspect is checked again with consistent reads before it is
//! reported as damage, because a table in use changes between the beginning and the end of a scan.
//!
//! Functions do not need this, so it is compiled only for the project's chores and tests (feature `check`).

mod balances;
mod damage;
mod fill;
mod mend;
mod reading;
mod second_look;
mod tally;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use futures_util::future::try_join_all;

pub use self::damage::{Code, Damage, Outcome, Report};
pub use self::fill::Items;
pub use self::reading::is_known;

use self::balances::Balances;
use self::mend::Suspect;
use self::reading::{Reading, kind, read};
use self::tally::{Tally, by};
use super::Error;
use super::table::{Item, Key, Table, units};
use crate::cost::Cost;
use crate::random::Random;

/// The timeout of a page. A scan takes long and may be throttled.
const PAGE_TIMEOUT: Duration = Duration::from_mins(1);
const PAGE_ATTEMPTS: u32 = 10;

/// The number of items in a page, which an embedded database returns in well under a second.
const PAGE_SIZE: i32 = 1000;

/// The check of a table.
#[derive(Clone, Debug)]
pub struct Check {
    table: Table,
    random: Random,
    segments: i32,
}

/// The result of the first scan.
#[derive(Default)]
struct FirstWalk {
    items: BTreeMap<String, u64>,
    balances: Balances,
    doubtful: Vec<Key>,
}

/// The result of the second scan.
#[derive(Default)]
struct SecondWalk {
    owners: BTreeMap<Key, BTreeSet<Key>>,
    counters: BTreeMap<Key, Tally>,
    /// There is an item that is unknown or unreadable: any counter may count it.
    is_incomplete: bool,
}

impl Check {
    /// Makes a check of `table`, which is scanned in this many parallel segments.
    #[must_use]
    pub fn new(table: &Table, random: Random, segments: u8) -> Self {
        Self {
            table: table.within(PAGE_TIMEOUT, PAGE_ATTEMPTS),
            random,
            segments: i32::from(segments.max(1)),
        }
    }

    /// Finds damage, and with `repair` repairs damage that can be repaired without loss, each by one transaction that has no
    /// effect if an item has changed since it was read. It repairs no counter of a table that has unknown or unreadable items.
    ///
    /// `walked` is called now and then with the number of items that have been scanned.
    pub async fn run(&self, repair: bool, walked: impl Fn(u64)) -> Result<Report, Error> {
        let mut first = FirstWalk::default();
        self.walk(false, &walked, |item| first.visit(item)).await?;
        let mut report = Report { items: first.items, damage: Vec::new(), unsettled: Vec::new() };
        let mut suspects = Vec::new();
        for key in &first.doubtful {
            suspects.extend(self.look_at_item(key).await?);
        }
        if !first.balances.are_even() {
            let mut second = SecondWalk::default();
            self.walk(true, &walked, |item| second.visit(item, &first.balances)).await?;
            for (owner, seen) in &second.owners {
                match self.look_at_owner(owner, seen).await? {
                    Some(found) => suspects.extend(found),
                    None => report.unsettled.push(owner.to_string()),
                }
            }
            for (key, tally) in second.counters.iter().filter(|(_, tally)| tally.lacks() != [0, 0]) {
                // A counter is known to be wrong only if it stayed the same from before the first scan until now,
                // because only then the second scan counted the same entities.
                let stood_still = first.balances.has(key, tally.lacks(), tally.stored);
                let found = if stood_still {
                    self.look_at_counter(key, tally, second.is_incomplete).await?
                } else {
                    None
                };
                match found {
                    Some(found) => suspects.push(found),
                    None => report.unsettled.push(key.to_string()),
                }
            }
        }
        // Orphans are removed first, because they may be in the way of missing items.
        suspects.sort_by_key(|suspect| suspect.code != Code::Orphan);
        for suspect in suspects {
            report.damage.push(self.settle(suspect, repair).await?);
        }
        Ok(report)
    }

    async fn settle(&self, suspect: Suspect, repair: bool) -> Result<Damage, Error> {
        let Suspect { code, key, detail, mend } = suspect;
        let outcome = match mend {
            _ if !repair => Outcome::Found,
            Err(why) => Outcome::Left(why),
            Ok(transaction) => match transaction.commit(&self.table, &self.random).await {
                Ok(()) => Outcome::Mended,
                Err(Error::Stale) => Outcome::Left("it changed meanwhile: run this again"),
                Err(error) => return Err(error),
            },
        };
        Ok(Damage { code, pk: key.pk, sk: key.sk, detail, outcome })
    }

    /// Calls `visit` with every item, in no particular order.
    async fn walk(
        &self,
        consistent: bool,
        walked: &impl Fn(u64),
        visit: impl FnMut(&Item),
    ) -> Result<(), Error> {
        let progress = RefCell::new((0, visit));
        let segments = (0..self.segments).map(|segment| {
            let progress = &progress;
            async move {
                let mut after = None;
                loop {
                    let scan = self.table.client.scan().table_name(&self.table.name).limit(PAGE_SIZE);
                    let output = scan
                        .segment(segment)
                        .total_segments(self.segments)
                        .consistent_read(consistent)
                        .set_exclusive_start_key(after)
                        .return_consumed_capacity(ReturnConsumedCapacity::Total)
                        .send()
                        .await?;
                    Cost::add(units(output.consumed_capacity()), 0.0);
                    let (count, visit) = &mut *progress.borrow_mut();
                    output.items().iter().for_each(&mut *visit);
                    *count += output.items().len() as u64;
                    walked(*count);
                    after = output.last_evaluated_key;
                    if after.is_none() {
                        return Ok::<_, Error>(());
                    }
                }
            }
        });
        try_join_all(segments).await.map(drop)
    }
}

impl FirstWalk {
    fn visit(&mut self, item: &Item) {
        let key = Key::of(item);
        let mut name = kind(&key);
        match read(item) {
            Reading::Entity(entity) => {
                if !damage::differences(&entity.item, item).is_empty() {
                    self.doubtful.push(key.clone());
                }
                self.balances.expect_of(&key, entity.parts.values().map(|part| &part.item));
                entity.counted.iter().for_each(|counted| self.balances.count(&counted.counter, by(counted)));
            }
            Reading::Derived { owner } => self.balances.found(&owner, item),
            Reading::Counter(values) => self.balances.counted(&key, values),
            Reading::Unreadable(_) => self.doubtful.push(key.clone()),
            Reading::Unknown => {
                self.doubtful.push(key.clone());
                name = "unknown";
            }
        }
        *self.items.entry(name.to_owned()).or_default() += 1;
    }
}

impl SecondWalk {
    fn visit(&mut self, item: &Item, balances: &Balances) {
        let key = Key::of(item);
        match read(item) {
            Reading::Entity(entity) => {
                for counted in entity.counted {
                    let by = by(&counted);
                    if !balances.is_even(&counted.counter) {
                        self.counters.entry(counted.counter).or_default().expect(by);
                    }
                }
                if !balances.is_even(&key) {
                    self.owners.entry(key).or_default();
                }
            }
            Reading::Derived { owner } if !balances.is_even(&owner) => {
                self.owners.entry(owner).or_default().insert(key);
            }
            Reading::Counter(values) if !balances.is_even(&key) => {
                self.counters.entry(key).or_default().stored = Some(values);
            }
            Reading::Unreadable(_) | Reading::Unknown => self.is_incomplete = true,
            Reading::Derived { .. } | Reading::Counter(_) => {}
        }
    }
}
