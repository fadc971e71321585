use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::rows::{INDEXES, PREFIX};
use crate::store::table::{Item, text};

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// The number of items of each kind.
    pub items: BTreeMap<String, u64>,
    /// The items that are inconsistent.
    pub damage: Vec<Damage>,
    /// The items that changed each time they were read, so that nothing is known about them.
    pub unsettled: Vec<String>,
}

impl Report {
    /// Tells whether all damage, if there was any, is repaired.
    #[must_use]
    pub fn is_clean_now(&self) -> bool {
        self.damage.iter().all(|damage| damage.outcome == Outcome::Mended)
    }
}

/// An inconsistent item.
#[derive(Clone, Debug)]
pub struct Damage {
    /// The kind of damage.
    pub code: Code,
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// The details.
    pub detail: String,
    /// The outcome.
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

/// The kind of damage. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// No store writes an item with such a key.
    Unknown,
    /// The item cannot be read as its key implies.
    Unreadable,
    /// Attributes differ from the computed ones.
    Wrong,
    /// An entity's item is missing.
    Missing,
    /// The item's entity is missing or different.
    Orphan,
    /// Another entity holds a unique value.
    Taken,
    /// A problem is not found by its name, or is found by another one.
    Postings,
    /// A counter differs from the number of entities.
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

/// The outcome of a damaged item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be repaired.
    Found,
    /// The item is repaired.
    Mended,
    /// The item was left as it is, for this reason.
    Left(&'static str),
}

/// The only attribute of derived items that is not computed.
const GIVEN: &str = "passwordHash";

/// Returns the names of the computed attributes that differ.
pub(super) fn differences(expected: &Item, found: &Item) -> BTreeSet<String> {
    let names = expected.keys().chain(found.keys()).filter(|name| *name != GIVEN);
    let differ = |name: &&String| match (expected.get(*name), found.get(*name)) {
        (Some(one), Some(other)) => !is_same(one, other),
        _ => true,
    };
    names.filter(differ).cloned().collect()
}

/// Compares two values. Numbers are equal in any notation.
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

/// Returns the content of an item that belongs to an entity: items with equal content are interchangeable.
///
/// The content of a row is its postings. Their distribution over rows does not matter, because it depends on the
/// earlier names of the problem.
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
