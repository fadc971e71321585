//! The interpretation of items.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entity::Entity;
use crate::domain::{File, FileId, Payer, Payment, Post, PostId, Problem, ProblemId, Report, User, UserId};
use crate::store::error::Error;
use crate::store::files::{FileItem, Usage};
use crate::store::idempotency::IdempotencyItem;
use crate::store::idempotency::IdempotencyRecord;
use crate::store::payments::{EventItem, PaymentItem};
use crate::store::postings::{INDEXES, MAX_ROWS, PREFIX};
use crate::store::posts::{PostItem, post_key};
use crate::store::problems::{ProblemItem, problem_key};
use crate::store::refresh::FamilyItem;
use crate::store::sessions::SessionId;
use crate::store::sessions::SessionItem;
use crate::store::table::{Item, Key};
use crate::store::users::{UserItem, user_key};
use crate::store::weather::ReportItem;

/// The interpretation of an item.
pub(super) enum Reading {
    /// An entity's own item.
    Entity(Entity),
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

/// Returns the item's primary key, which every item has.
pub(super) fn key_of(item: &Item) -> Key {
    Key::new(text(item, "pk").to_owned(), text(item, "sk"))
}

/// Returns the first part of a partition key.
pub(super) fn kind(key: &Key) -> &str {
    first_part(&key.pk)
}

fn first_part(name: &str) -> &str {
    name.split('#').next().unwrap_or_default()
}

type Reader = fn(&Item) -> Result<Reading, Error>;

/// Counters, by the first part of their names.
const COUNTERS: [&str; 5] = ["AUTHOR", "PAYMENTS", "POSTS", "PROBLEMS", "USERS"];

/// Returns true if `fsck` knows items with this primary key.
#[must_use]
pub fn is_known(pk: &str, sk: &str) -> bool {
    reader(&Key::new(pk.to_owned(), sk)).is_some()
}

pub(super) fn read(item: &Item) -> Reading {
    match reader(&key_of(item)) {
        None => Reading::Unknown,
        Some(read) => read(item).unwrap_or_else(|error| Reading::Unreadable(reason(&error))),
    }
}

/// Returns the function that reads items with this key.
fn reader(key: &Key) -> Option<Reader> {
    Some(match (key.pk.split_once('#')?, key.sk.as_str()) {
        (("USER", _), "USER") => user,
        (("POST", _), "POST") => post,
        (("PROBLEM", _), "PROBLEM") => problem,
        (("PAYMENT", _), "PAYMENT") => payment,
        (("FILE", _), "FILE") => file,
        (("SESSION", _), "SESSION") => session,
        (("REFRESH", _), "REFRESH") => as_it_is::<FamilyItem>,
        (("STRIPE", _), "STRIPE") => as_it_is::<EventItem>,
        (("IDEM", _), "IDEM") => record,
        (("WEATHER", _), "WEATHER") => report,
        (("RATE", _), "RATE") => rate,
        (("EMAIL", _), "EMAIL") => email,
        (("TITLE", _), "TITLE") => title,
        (("PROBLEM", _), sk) if is_row(sk) => row,
        (("COUNT", name), sk) if is_shard(sk) && COUNTERS.contains(&first_part(name)) => count,
        (("USAGE", _), "USAGE") => usage,
        _ => return None,
    })
}

fn user(item: &Item) -> Result<Reading, Error> {
    let key = key_of(item);
    let id = key.pk.strip_prefix("USER#").unwrap_or_default();
    let item = with(item, &[("gsi1pk", ""), ("gsi1sk", id)]);
    Entity::of_user(&User::try_from(from_item::<UserItem>(item)?)?).map(Reading::Entity)
}

fn post(item: &Item) -> Result<Reading, Error> {
    let item = with(item, &[("excerpt", "")]);
    Entity::of_post(&Post::try_from(from_item::<PostItem>(item)?)?).map(Reading::Entity)
}

fn problem(item: &Item) -> Result<Reading, Error> {
    let item = with(item, &[("gsi1pk", ""), ("gsi1sk", "")]);
    Entity::of_problem(&Problem::try_from(from_item::<ProblemItem>(item)?)?).map(Reading::Entity)
}

/// Reads a payment. Only the keys of its list contain the payer.
fn payment(item: &Item) -> Result<Reading, Error> {
    let payer = match text(item, "gsi1pk").strip_prefix("PAYMENTS#") {
        None if item.contains_key("gsi1pk") => return Err(Error::Internal("gsi1pk names no payer".into())),
        None => None,
        Some(name) if name.contains('@') => Some(Payer::Email(parse(name)?)),
        Some(name) => Some(Payer::User(parse(name)?)),
    };
    let payment = Payment::try_from(from_item::<PaymentItem>(item.clone())?)?;
    Entity::of_payment(&payment, payer.as_ref()).map(Reading::Entity)
}

fn file(item: &Item) -> Result<Reading, Error> {
    Entity::of_file(&File::try_from(from_item::<FileItem>(item.clone())?)?).map(Reading::Entity)
}

/// Reads a session. The table has no session ids, only their hashes.
fn session(item: &Item) -> Result<Reading, Error> {
    let id: SessionId = parse(&"A".repeat(43))?;
    let stored: SessionItem = from_item(item.clone())?;
    let mut entity = Entity::alone(&SessionItem::of(&stored.into_session(id)))?;
    entity.item.insert("pk".to_owned(), AttributeValue::S(text(item, "pk").to_owned()));
    Ok(Reading::Entity(entity))
}

fn record(item: &Item) -> Result<Reading, Error> {
    let IdempotencyItem { pk, fingerprint, made, made_at, .. } = from_item(item.clone())?;
    // The created entity has an id of this form. It may have been removed.
    parse::<FileId>(&made)?;
    Entity::alone(&IdempotencyItem::of(&IdempotencyRecord { pk, fingerprint }, made, made_at))
        .map(Reading::Entity)
}

fn report(item: &Item) -> Result<Reading, Error> {
    let report = Report::from(from_item::<ReportItem>(item.clone())?);
    Entity::alone(&ReportItem::of(key_of(item), &report)).map(Reading::Entity)
}

/// Reads a rate counter: a number, and the time of expiry, which is also in its name.
fn rate(item: &Item) -> Result<Reading, Error> {
    let n = integer(item, "n")?;
    let end: i64 = parse(text(item, "pk").rsplit('#').next().unwrap_or_default())?;
    let mut rate = key_of(item).into_item();
    rate.insert("n".to_owned(), AttributeValue::N(n.to_string()));
    rate.insert("expiresAt".to_owned(), AttributeValue::N(end.to_string()));
    Ok(Reading::Entity(Entity { item: rate, derived: Vec::new(), counted: Vec::new() }))
}

fn email(item: &Item) -> Result<Reading, Error> {
    Ok(Reading::Derived { owner: user_key(parse::<UserId>(text(item, "userId"))?) })
}

fn title(item: &Item) -> Result<Reading, Error> {
    Ok(Reading::Derived { owner: post_key(parse::<PostId>(text(item, "postId"))?) })
}

/// A row without a posting has no use.
fn row(item: &Item) -> Result<Reading, Error> {
    if !INDEXES.iter().any(|index| item.contains_key(&format!("{index}pk"))) {
        return Err(Error::Internal("it has no posting".into()));
    }
    let id = text(item, "pk").strip_prefix("PROBLEM#").unwrap_or_default();
    Ok(Reading::Derived { owner: problem_key(parse::<ProblemId>(id)?) })
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
    Entity::alone(&from_item::<T>(item.clone())?).map(Reading::Entity)
}

fn is_row(sk: &str) -> bool {
    let number = sk.strip_prefix(PREFIX).filter(|n| n.len() == 2);
    number.and_then(|n| n.parse().ok()).is_some_and(|n: usize| n < MAX_ROWS)
}

fn is_shard(sk: &str) -> bool {
    sk.strip_prefix("SHARD#").is_some_and(|n| n.len() == 2)
}

/// Returns the item with these texts added or replaced, so that it can be read even if computed attributes are missing.
fn with(item: &Item, texts: &[(&str, &str)]) -> Item {
    let mut item = item.clone();
    for (name, value) in texts {
        item.insert((*name).to_owned(), AttributeValue::S((*value).to_owned()));
    }
    item
}

/// Returns a text attribute, or an empty text if the item lacks it.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn integer(item: &Item, name: &str) -> Result<i64, Error> {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    parse(number.map_or("", String::as_str))
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error: T::Err| Error::Internal(Box::new(error)))
}

fn reason(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
