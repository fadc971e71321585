//! The interpretation of items.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::domain::{File, Post, Problem, Report, User, UserId};
use crate::store::entity::{Description, Entity};
use crate::store::error::Error;
use crate::store::files::Usage;
use crate::store::idempotency::IdempotencyItem;
use crate::store::idempotency::IdempotencyRecord;
use crate::store::mails::MailItem;
use crate::store::payments::{EventItem, Paid};
use crate::store::rows::{INDEXES, MAX_ROWS, PREFIX};
use crate::store::session_items::SessionItem;
use crate::store::sweeps::SweepItem;
use crate::store::table::{Item, Key, parse, text};
use crate::store::token_keys::KeysItem;
use crate::store::weather::ReportItem;
use crate::store::{refresh, sessions};

/// The interpretation of an item.
pub(super) enum Reading {
    /// An entity's own item.
    Entity(Description),
    /// An item that is derived from another one.
    Derived { owner: Key },
    /// A counter.
    Counter([i64; 2]),
    /// An item with a known kind of key, whose content does not match the key.
    Unreadable(String),
    /// Its key is none of ours.
    Unknown,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// Returns the first part of a partition key.
pub(super) fn kind(key: &Key) -> &str {
    first_part(&key.pk)
}

fn first_part(name: &str) -> &str {
    name.split('#').next().unwrap_or_default()
}

type Reader = fn(&Item) -> Result<Reading, Error>;

/// The entities of the table. A new one is a line here.
const ENTITIES: &[Kind] =
    &[Kind::of::<User>(), Kind::of::<Post>(), Kind::of::<Problem>(), Kind::of::<Paid>(), Kind::of::<File>()];

/// The name of an entity's items, its counters and its reader.
struct Kind {
    name: &'static str,
    counters: &'static [&'static str],
    read: Reader,
}

impl Kind {
    const fn of<E: Entity>() -> Self {
        Self { name: E::KIND, counters: E::COUNTERS, read: entity::<E> }
    }
}

/// Returns true if `fsck` knows items with this primary key.
#[must_use]
pub fn is_known(pk: &str, sk: &str) -> bool {
    reader(&Key::new(pk.to_owned(), sk)).is_some()
}

pub(super) fn read(item: &Item) -> Reading {
    match reader(&Key::of(item)) {
        None => Reading::Unknown,
        Some(read) => read(item).unwrap_or_else(|error| Reading::Unreadable(reason(&error))),
    }
}

/// Returns the function that reads items with this key.
fn reader(key: &Key) -> Option<Reader> {
    let (kind, name) = key.pk.split_once('#')?;
    if let Some(entity) = ENTITIES.iter().find(|entity| entity.name == kind && entity.name == key.sk) {
        return Some(entity.read);
    }
    Some(match (kind, key.sk.as_str()) {
        ("SESSIONS", sk) if sk.starts_with("SESSION#") => session,
        ("STRIPE", "STRIPE") => as_it_is::<EventItem>,
        ("MAIL", "MAIL") => as_it_is::<MailItem>,
        ("SWEEP", "SWEEP") => as_it_is::<SweepItem>,
        ("KEYS", "KEYS") => as_it_is::<KeysItem>,
        ("IDEM", "IDEM") => record,
        ("WEATHER", "WEATHER") => report,
        ("RATE", "RATE") => rate,
        ("EMAIL", "EMAIL") => email,
        ("TITLE", "TITLE") => title,
        ("PROBLEM", sk) if is_row(sk) => row,
        ("COUNT", sk) if is_shard(sk) && is_counter(name) => count,
        ("USAGE", "USAGE") => usage,
        _ => return None,
    })
}

fn entity<E: Entity>(item: &Item) -> Result<Reading, Error> {
    E::read(item.clone())?.describe().map(Reading::Entity)
}

fn session(item: &Item) -> Result<Reading, Error> {
    let stored: SessionItem = from_item(item.clone())?;
    let signed_in_at = stored.id()?.created_at();
    let expires_at = match stored.counter {
        Some(_) => refresh::expiry(signed_in_at),
        None => sessions::expiry(signed_in_at, stored.seen_at).as_seconds(),
    };
    Description::of(Key::of(item), &SessionItem { expires_at, ..stored }).map(Reading::Entity)
}

fn record(item: &Item) -> Result<Reading, Error> {
    let IdempotencyItem { pk, fingerprint, made, made_at, .. } = from_item(item.clone())?;
    // The created entity has an id of this form. It may have been removed.
    parse::<UserId>(&made)?;
    let record = IdempotencyItem::of(&IdempotencyRecord { pk, fingerprint }, made, made_at);
    Description::of(Key::of(item), &record).map(Reading::Entity)
}

fn report(item: &Item) -> Result<Reading, Error> {
    let report = Report::from(from_item::<ReportItem>(item.clone())?);
    let report = ReportItem::of(Key::of(item), &report);
    Description::of(Key::of(item), &report).map(Reading::Entity)
}

/// Reads a rate counter: a number, and the time of expiry, which is also in its name.
fn rate(item: &Item) -> Result<Reading, Error> {
    let n = integer(item, "n")?;
    let end: i64 = parse(text(item, "pk").rsplit('#').next().unwrap_or_default())?;
    let rate = Description { item: Key::of(item).into_item(), ..Description::default() };
    Ok(Reading::Entity(rate.computed("n", &n)?.computed("expiresAt", &end)?))
}

fn email(item: &Item) -> Result<Reading, Error> {
    Ok(Reading::Derived { owner: User::key(&parse(text(item, "userId"))?) })
}

fn title(item: &Item) -> Result<Reading, Error> {
    Ok(Reading::Derived { owner: Post::key(&parse(text(item, "postId"))?) })
}

/// A row without a posting has no use.
fn row(item: &Item) -> Result<Reading, Error> {
    if !INDEXES.iter().any(|index| item.contains_key(&format!("{index}pk"))) {
        return Err(Error::Internal("it has no posting".into()));
    }
    Ok(Reading::Derived { owner: Problem::key(&Problem::id(item)?) })
}

fn count(item: &Item) -> Result<Reading, Error> {
    Ok(Reading::Counter([integer(item, "n")?, 0]))
}

fn usage(item: &Item) -> Result<Reading, Error> {
    let Usage { file_count, byte_count } = from_item(item.clone())?;
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Reading::Counter([signed(file_count), signed(byte_count)]))
}

/// Reads an item from which nothing can be computed: its type keeps all of it.
fn as_it_is<T: Serialize + DeserializeOwned>(item: &Item) -> Result<Reading, Error> {
    Description::of(Key::of(item), &from_item::<T>(item.clone())?).map(Reading::Entity)
}

fn is_row(sk: &str) -> bool {
    let number = sk.strip_prefix(PREFIX).filter(|n| n.len() == 2);
    number.and_then(|n| n.parse().ok()).is_some_and(|n: usize| n < MAX_ROWS)
}

fn is_counter(name: &str) -> bool {
    ENTITIES.iter().any(|entity| entity.counters.contains(&first_part(name)))
}

fn is_shard(sk: &str) -> bool {
    sk.strip_prefix("SHARD#").is_some_and(|n| n.len() == 2)
}

fn integer(item: &Item, name: &str) -> Result<i64, Error> {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    parse(number.map_or("", String::as_str))
}

fn reason(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
