use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use super::reading::text;
use crate::store::postings::{INDEXES, PREFIX};
use crate::store::table::Item;

/// What was found in a table.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many items of each kind there are.
    pub items: BTreeMap<String, u64>,
    /// What does not agree.
    pub damage: Vec<Damage>,
    /// What changed whenever it was looked at: nothing is known of it.
    pub unsettled: Vec<String>,
}

impl Report {
    /// Whether all that does not agree was mended, if anything.
    #[must_use]
    pub fn is_clean_now(&self) -> bool {
        self.damage.iter().all(|damage| damage.outcome == Outcome::Mended)
    }
}

/// An item that is not what it should be.
#[derive(Clone, Debug)]
pub struct Damage {
    /// In which way.
    pub code: Code,
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// What exactly.
    pub detail: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, pk, sk, detail, outcome } = self;
        write!(f, "{code} {pk} {sk}: {detail}")?;
        match outcome {
            Outcome::Found => Ok(()),
            Outcome::Mended => f.write_str(" (mended)"),
            Outcome::Left(why) => write!(f, " (left: {why})"),
        }
    }
}

/// In which way an item is not what it should be. The names stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// No store writes an item with such a key.
    Unknown,
    /// It does not read as what its key says.
    Unreadable,
    /// Attributes are not what is computed from the others.
    Wrong,
    /// It belongs to an entity and is not there.
    Missing,
    /// It belongs to an entity that is not there, or not like this.
    Orphan,
    /// Another entity holds what must be unique.
    Taken,
    /// A problem is not found by its name, or by another one.
    Postings,
    /// A counter is not the number of what it counts.
    Count,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Unreadable => "unreadable",
            Self::Wrong => "wrong",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
            Self::Taken => "taken",
            Self::Postings => "postings",
            Self::Count => "count",
        })
    }
}

/// What became of an item that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be done about it.
    Found,
    /// It is now.
    Mended,
    /// It was left as it is, because of this.
    Left(&'static str),
}

/// What is not computed, on an item that otherwise is.
const GIVEN: &str = "passwordHash";

/// Names of the attributes that the two do not have alike, but for what is not computed.
pub(super) fn differences(expected: &Item, found: &Item) -> BTreeSet<String> {
    let names = expected.keys().chain(found.keys()).filter(|name| *name != GIVEN);
    let differ = |name: &&String| match (expected.get(*name), found.get(*name)) {
        (Some(one), Some(other)) => !is_same(one, other),
        _ => true,
    };
    names.filter(differ).cloned().collect()
}

/// Numbers are the same however they are written.
fn is_same(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::N(one), AttributeValue::N(other)) => {
            one == other
                || one
                    .parse::<f64>()
                    .ok()
                    .zip(other.parse::<f64>().ok())
                    .is_some_and(|(one, other)| one.total_cmp(&other).is_eq())
        }
        (AttributeValue::M(one), AttributeValue::M(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}

/// What an item says that belongs to an entity: two that say the same have the same parts.
///
/// A row says as much as its postings, whichever of them are together: that depends on the names that the problem had.
pub(super) fn essence(item: &Item) -> Vec<String> {
    let is_row = text(item, "sk").starts_with(PREFIX);
    let is_key = |name: &str| name == "sk" || INDEXES.iter().any(|index| name.starts_with(index));
    let said: BTreeMap<&String, &AttributeValue> =
        item.iter().filter(|(name, _)| *name != GIVEN && !(is_row && is_key(name))).collect();
    if !is_row {
        return vec![format!("{said:?}")];
    }
    let posting = |index: &&str| {
        let [partition, position] = ["pk", "sk"].map(|part| text(item, &format!("{index}{part}")));
        (!partition.is_empty() || !position.is_empty())
            .then(|| format!("{index} {partition}\n{position}\n{said:?}"))
    };
    INDEXES.iter().filter_map(posting).collect()
}
