use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value;

/// The changes in the table, without ids: counts of items that were added (`+POST`), removed (`-POST`) or changed
/// (`~POST`), and differences of their numbers (`~POST version`). Two requests that do the same have equal effects.
///
/// Rate limit counters are left out, because they count a request whether it succeeds or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect(BTreeMap<String, i64>);

impl Effect {
    pub(super) fn between(before: &[Value], after: &[Value]) -> Self {
        let (before, after) = (by_key(before), by_key(after));
        let mut effect = Self::default();
        for (key, item) in &after {
            match before.get(key) {
                _ if key.0.starts_with("COUNT#") => {}
                None => effect.add(format!("+{}", kind(key.1)), 1),
                Some(old) if old != item => effect.change(kind(key.1), old, item),
                Some(_) => {}
            }
        }
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            effect.add(format!("-{}", kind(key.1)), 1);
        }
        // The id chooses the counter's shard, so shards are added up.
        for (items, sign) in [(&after, 1), (&before, -1)] {
            for (key, item) in items.iter().filter(|(key, _)| key.0.starts_with("COUNT#")) {
                effect.add(counter(key.0), sign * number(item, "n"));
            }
        }
        effect.0.retain(|_, n| *n != 0);
        effect
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds these changes.
    pub(super) fn and(mut self, changes: &[&str]) -> Self {
        for change in changes {
            self.add((*change).to_owned(), 1);
        }
        self
    }

    fn change(&mut self, kind: &str, old: &Value, new: &Value) {
        self.add(format!("~{kind}"), 1);
        let names = [old, new].into_iter().flat_map(|item| item.as_object().unwrap().keys());
        // Times are no effect, and `laterSecond` depends on chance: two changes may fall into one second.
        let is_effect = |name: &&String| !["expiresAt", "laterSecond"].contains(&name.as_str());
        let mut names: Vec<&String> = names.filter(is_effect).collect();
        names.sort();
        names.dedup();
        for name in names {
            self.add(format!("~{kind} {name}"), number(new, name) - number(old, name));
        }
    }

    fn add(&mut self, change: String, n: i64) {
        *self.0.entry(change).or_default() += n;
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

fn by_key(items: &[Value]) -> HashMap<(&str, &str), &Value> {
    items
        .iter()
        .map(|item| ((item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()), item))
        .filter(|((pk, _), _)| !pk.starts_with("RATE#"))
        .collect()
}

/// Returns the kind of an item from its sort key: `USER`, or `GRAM` for `GRAM#<n>`.
fn kind(sk: &str) -> &str {
    sk.split('#').next().unwrap()
}

/// Returns `COUNT#POSTS` for `COUNT#POSTS#<category>`.
fn counter(pk: &str) -> String {
    pk.splitn(3, '#').take(2).collect::<Vec<_>>().join("#")
}

/// Returns a number's value, or 0 if the item lacks it.
fn number(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().map_or(0, |n| n.parse().unwrap())
}
