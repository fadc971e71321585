//! What an item says, whoever wrote it.

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

/// What an item is.
pub(super) enum Reading {
    /// It stands for itself.
    Entity(Entity),
    /// It belongs to another item.
    Derived { owner: Key },
    /// It counts.
    Counter([i64; 2]),
    /// Its key is one of ours, and it does not read as what the key says.
    Unreadable(String),
    /// Nobody writes such a key.
    Unknown,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// The item's primary key; every item of the table has one.
pub(super) fn key_of(item: &Item) -> Key {
    Key::new(text(item, "pk").to_owned(), text(item, "sk"))
}

/// The first part of a partition key.
pub(super) fn kind(key: &Key) -> &str {
    key.pk.split('#').next().unwrap_or_default()
}

pub(super) fn read(item: &Item) -> Reading {
    let Key { pk, sk } = key_of(item);
    let Some((kind, name)) = pk.split_once('#') else { return Reading::Unknown };
    let entity = match (kind, sk.as_str()) {
        ("USER", "USER") => user(item, name),
        ("POST", "POST") => post(item),
        ("PROBLEM", "PROBLEM") => problem(item),
        ("PAYMENT", "PAYMENT") => payment(item),
        ("FILE", "FILE") => file(item),
        ("SESSION", "SESSION") => session(item),
        ("REFRESH", "REFRESH") => as_it_is::<FamilyItem>(item),
        ("STRIPE", "STRIPE") => as_it_is::<EventItem>(item),
        ("IDEM", "IDEM") => record(item),
        ("WEATHER", "WEATHER") => report(item),
        ("RATE", "RATE") => rate(item, name),
        ("EMAIL", "EMAIL") => return derived(id::<UserId>(item, "userId").map(user_key)),
        ("TITLE", "TITLE") => return derived(id::<PostId>(item, "postId").map(post_key)),
        ("PROBLEM", _) if is_row(item) => return derived(parse::<ProblemId>(name).map(problem_key)),
        ("COUNT", _) if sk.strip_prefix("SHARD#").is_some_and(|n| n.len() == 2) => {
            return counter(integer(item, "n").map(|n| [n, 0]));
        }
        ("USAGE", "USAGE") => return counter(usage(item)),
        _ => return Reading::Unknown,
    };
    match entity {
        Ok(entity) => Reading::Entity(entity),
        Err(error) => Reading::Unreadable(reason(&error)),
    }
}

fn derived(owner: Result<Key, Error>) -> Reading {
    match owner {
        Ok(owner) => Reading::Derived { owner },
        Err(error) => Reading::Unreadable(reason(&error)),
    }
}

fn counter(values: Result<[i64; 2], Error>) -> Reading {
    match values {
        Ok(values) => Reading::Counter(values),
        Err(error) => Reading::Unreadable(reason(&error)),
    }
}

fn user(item: &Item, id: &str) -> Result<Entity, Error> {
    let item = with(item, &[("gsi1pk", ""), ("gsi1sk", id)]);
    Entity::of_user(&User::try_from(from_item::<UserItem>(item)?)?)
}

fn post(item: &Item) -> Result<Entity, Error> {
    let item = with(item, &[("excerpt", "")]);
    Entity::of_post(&Post::try_from(from_item::<PostItem>(item)?)?)
}

fn problem(item: &Item) -> Result<Entity, Error> {
    let item = with(item, &[("gsi1pk", ""), ("gsi1sk", "")]);
    Entity::of_problem(&Problem::try_from(from_item::<ProblemItem>(item)?)?)
}

/// Who paid is nowhere but in the keys of the list.
fn payment(item: &Item) -> Result<Entity, Error> {
    let payer = match text(item, "gsi1pk").strip_prefix("PAYMENTS#") {
        None if item.contains_key("gsi1pk") => return Err(Error::Internal("gsi1pk names no payer".into())),
        None => None,
        Some(name) if name.contains('@') => Some(Payer::Email(parse(name)?)),
        Some(name) => Some(Payer::User(parse(name)?)),
    };
    let payment = Payment::try_from(from_item::<PaymentItem>(item.clone())?)?;
    Entity::of_payment(&payment, payer.as_ref())
}

fn file(item: &Item) -> Result<Entity, Error> {
    Entity::of_file(&File::try_from(from_item::<FileItem>(item.clone())?)?)
}

/// The id of a session is not in the table, only its hash.
fn session(item: &Item) -> Result<Entity, Error> {
    let id: SessionId = parse(&"A".repeat(43))?;
    let stored: SessionItem = from_item(item.clone())?;
    let mut entity = Entity::alone(&SessionItem::of(&stored.into_session(id)))?;
    entity.item.insert("pk".to_owned(), AttributeValue::S(text(item, "pk").to_owned()));
    Ok(entity)
}

fn record(item: &Item) -> Result<Entity, Error> {
    let IdempotencyItem { pk, fingerprint, made, made_at, .. } = from_item(item.clone())?;
    // Whatever it made has an id of this form; what was made may be gone.
    parse::<FileId>(&made)?;
    Entity::alone(&IdempotencyItem::of(&IdempotencyRecord { pk, fingerprint }, made, made_at))
}

fn report(item: &Item) -> Result<Entity, Error> {
    let report = Report::from(from_item::<ReportItem>(item.clone())?);
    Entity::alone(&ReportItem::of(key_of(item), &report))
}

/// Nothing but a number and, as its name does, when it ends.
fn rate(item: &Item, name: &str) -> Result<Entity, Error> {
    let n = integer(item, "n")?;
    let end: i64 = parse(name.rsplit('#').next().unwrap_or_default())?;
    let mut rate = key_of(item).into_item();
    rate.insert("n".to_owned(), AttributeValue::N(n.to_string()));
    rate.insert("expiresAt".to_owned(), AttributeValue::N(end.to_string()));
    Ok(Entity { item: rate, derived: Vec::new(), counted: Vec::new() })
}

/// An item of which nothing can be computed: it is what its type keeps of it.
fn as_it_is<T: Serialize + DeserializeOwned>(item: &Item) -> Result<Entity, Error> {
    Entity::alone(&from_item::<T>(item.clone())?)
}

fn usage(item: &Item) -> Result<[i64; 2], Error> {
    let Usage { file_count, byte_count } = from_item(item.clone())?;
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok([signed(file_count), signed(byte_count)])
}

/// Whether it has the key of a row, and a posting: one without has no use.
fn is_row(item: &Item) -> bool {
    let number = text(item, "sk").strip_prefix(PREFIX).filter(|n| n.len() == 2);
    number.and_then(|n| n.parse().ok()).is_some_and(|n: usize| n < MAX_ROWS)
        && INDEXES.iter().any(|index| item.contains_key(&format!("{index}pk")))
}

/// The item with these texts in place of what it has: attributes that are computed need not be there to read it.
fn with(item: &Item, texts: &[(&str, &str)]) -> Item {
    let mut item = item.clone();
    for (name, value) in texts {
        item.insert((*name).to_owned(), AttributeValue::S((*value).to_owned()));
    }
    item
}

/// A text of the item, or nothing.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn integer(item: &Item, name: &str) -> Result<i64, Error> {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    parse(number.map_or("", String::as_str))
}

fn id<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    parse(text(item, name))
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
