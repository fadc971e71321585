//! The second look at suspects of a scan, with consistent reads.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::damage::{Code, differences, essence};
use super::mend::{Suspect, correct, recount};
use super::reading::{Reading, kind, read};
use super::tally::Tally;
use crate::store::error::Error;
use crate::store::table::{Consistency, Item, Key};
use crate::store::transaction::Transaction;

/// The number of times that a changing entity is read.
const ATTEMPTS: usize = 5;

impl Check {
    /// Checks an item whose content does not match its key, or whose attributes differ from the computed ones.
    pub(super) async fn look_at_item(&self, key: &Key) -> Result<Option<Suspect>, Error> {
        let Some(found) = self.item(key).await? else { return Ok(None) };
        let (code, detail, mend) = match read(&found) {
            Reading::Entity(entity) => {
                let names = differences(&entity.item, &found);
                if names.is_empty() {
                    return Ok(None);
                }
                let mend = correct(&self.table, key, &names, (&entity.item, &found))?;
                (Code::Wrong, names.into_iter().collect::<Vec<_>>().join(", "), mend)
            }
            Reading::Unreadable(reason) => (Code::Unreadable, reason, Err("its content is unknown")),
            Reading::Unknown => (
                Code::Unknown,
                "no store writes such a key".to_owned(),
                Err("newer code may have written it"),
            ),
            Reading::Derived { .. } | Reading::Counter(_) => return Ok(None),
        };
        Ok(Some(Suspect { code, key: key.clone(), detail, mend }))
    }

    /// Checks an entity and its derived items, both those that were `seen` and those that should exist. Returns `None`
    /// if the entity changes every time.
    pub(super) async fn look_at_owner(
        &self,
        owner: &Key,
        seen: &BTreeSet<Key>,
    ) -> Result<Option<Vec<Suspect>>, Error> {
        for _ in 0..ATTEMPTS {
            let before = self.item(owner).await?;
            let expected = match before.as_ref().map(read) {
                None => Vec::new(),
                Some(Reading::Entity(entity)) => entity.parts.into_values().map(|part| part.item).collect(),
                // The entity itself is reported separately. Its derived items stay until the entity can be read.
                Some(_) => return Ok(Some(Vec::new())),
            };
            let found = if kind(owner) == "PROBLEM" {
                self.rows_of(owner).await?
            } else {
                let keys: BTreeSet<Key> = expected.iter().map(Key::of).chain(seen.iter().cloned()).collect();
                let mut found = Vec::new();
                for key in keys {
                    found.extend(self.item(&key).await?);
                }
                found
            };
            if self.item(owner).await? != before {
                continue;
            }
            let found: BTreeMap<Key, Item> = found.into_iter().map(|item| (Key::of(&item), item)).collect();
            let look = Look { owner, as_read: before.as_ref(), expected, found };
            return match (kind(owner), look.as_read) {
                ("PROBLEM", Some(_)) => self.compare_rows(&look).map(Some),
                _ => self.compare(&look).await.map(Some),
            };
        }
        Ok(None)
    }

    /// Checks a counter that differs. Returns `None` if it has changed.
    pub(super) async fn look_at_counter(
        &self,
        key: &Key,
        tally: &Tally,
        is_incomplete: bool,
    ) -> Result<Option<Suspect>, Error> {
        let now = match self.item(key).await?.as_ref().map(read) {
            Some(Reading::Counter(values)) => Some(values),
            _ => None,
        };
        if now != tally.stored {
            return Ok(None);
        }
        let names: &[&str] = if kind(key) == "USAGE" { &["fileCount", "byteCount"] } else { &["n"] };
        let show = |values: [i64; 2]| {
            let shown: Vec<String> = values.iter().take(names.len()).map(i64::to_string).collect();
            shown.join(" and ")
        };
        let stored = tally.stored.map_or_else(|| "not there".to_owned(), show);
        let mend = if is_incomplete {
            Err("it may count an item that is listed as unknown or unreadable")
        } else {
            Ok(recount(&self.table, key, names, tally.stored, tally.lacks())?)
        };
        let detail = format!("is {stored}, should be {}", show(tally.expected));
        Ok(Some(Suspect { code: Code::Count, key: key.clone(), detail, mend }))
    }

    /// Compares items whose keys the entity determines.
    async fn compare(&self, look: &Look<'_>) -> Result<Vec<Suspect>, Error> {
        let Look { owner, as_read, expected, found } = look;
        let guard = || Transaction::default().guard(&self.table, owner, *as_read);
        let mut suspects = Vec::new();
        for item in expected {
            let key = Key::of(item);
            let (code, detail, mend) = match found.get(&key) {
                None => {
                    let mend = guard()?.create(&self.table, item.clone(), Error::Stale)?;
                    (Code::Missing, format!("belongs to {owner}"), Ok(mend))
                }
                Some(there) if owner_of(there).as_ref() == Some(owner) => {
                    let names = differences(item, there);
                    if names.is_empty() {
                        continue;
                    }
                    let names: Vec<String> = names.into_iter().collect();
                    (Code::Wrong, names.join(", "), Err("it is unknown which of the two is right"))
                }
                Some(there) => {
                    let holder = owner_of(there);
                    let shown = holder.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
                    let detail = format!("belongs to {owner}, and is held for {shown}");
                    match holder {
                        Some(holder) if !self.expects(&holder, &key).await? => {
                            let mend = guard()?.create(&self.table, item.clone(), Error::Stale)?;
                            (Code::Missing, detail, Ok(mend))
                        }
                        _ => (Code::Taken, detail, Err("it is unknown which of the two should keep it")),
                    }
                }
            };
            suspects.push(Suspect { code, key, detail, mend });
        }
        for (key, item) in found {
            let is_expected = expected.iter().any(|expected| Key::of(expected) == *key);
            if is_expected || owner_of(item).as_ref() != Some(owner) {
                continue;
            }
            let why = if as_read.is_some() { "which is otherwise" } else { "which is not there" };
            let mend = Ok(guard()?.remove(&self.table, key, item)?);
            let detail = format!("belongs to {owner}, {why}");
            suspects.push(Suspect { code: Code::Orphan, key: key.clone(), detail, mend });
        }
        Ok(suspects)
    }

    /// Compares the rows of an existing problem. The distribution of grams over rows does not matter.
    fn compare_rows(&self, look: &Look<'_>) -> Result<Vec<Suspect>, Error> {
        let Look { owner, as_read, expected, found } = look;
        let mut missing: Vec<String> = expected.iter().flat_map(essence).collect();
        let mut extra = 0;
        for posting in found.values().flat_map(essence) {
            match missing.iter().position(|expected| *expected == posting) {
                Some(at) => drop(missing.swap_remove(at)),
                None => extra += 1,
            }
        }
        if missing.is_empty() && extra == 0 {
            return Ok(Vec::new());
        }
        let mut mend = Transaction::default().guard(&self.table, owner, *as_read)?;
        for item in expected {
            mend = mend.put(&self.table, item.clone())?;
        }
        let kept: BTreeSet<Key> = expected.iter().map(Key::of).collect();
        for key in found.keys().filter(|key| !kept.contains(key)) {
            mend = mend.release(&self.table, key.clone())?;
        }
        let detail = format!("{} of its name's postings are missing, and {extra} are of none", missing.len());
        Ok(vec![Suspect { code: Code::Postings, key: (*owner).clone(), detail, mend: Ok(mend) }])
    }

    /// Tells whether the entity `owner` should have an item with this key.
    async fn expects(&self, owner: &Key, key: &Key) -> Result<bool, Error> {
        Ok(match self.item(owner).await?.as_ref().map(read) {
            Some(Reading::Entity(entity)) => entity.parts.contains_key(key),
            Some(_) => true,
            None => false,
        })
    }

    async fn item(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.table.item(key.clone(), Consistency::Strong).await
    }

    async fn rows_of(&self, owner: &Key) -> Result<Vec<Item>, Error> {
        let items = self.table.row_items(owner.pk.clone()).await?;
        let is_row = |item: &Item| matches!(read(item), Reading::Derived { .. });
        Ok(items.into_iter().filter(is_row).collect())
    }
}

/// An entity and its derived items at one moment.
struct Look<'a> {
    owner: &'a Key,
    as_read: Option<&'a Item>,
    expected: Vec<Item>,
    found: BTreeMap<Key, Item>,
}

fn owner_of(item: &Item) -> Option<Key> {
    match read(item) {
        Reading::Derived { owner } => Some(owner),
        _ => None,
    }
}
