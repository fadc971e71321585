//! The items of an entity, computed by the code that writes them.

use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use crate::domain::{File, FileState, Payer, Payment, Post, Problem, User};
use crate::store::error::Error;
use crate::store::files::{FileItem, usage_key};
use crate::store::list::shard_key;
use crate::store::payments::{PaymentItem, list_name};
use crate::store::postings::Rows;
use crate::store::posts::{PostItem, TitleItem, counters};
use crate::store::problems::{self, ProblemItem};
use crate::store::table::{Item, Key};
use crate::store::users::{EmailItem, USERS, UserItem};

/// An entity's item and the items that are derived from it.
pub(in crate::store) struct Entity {
    /// The item.
    pub(in crate::store) item: Item,
    /// The items that are derived from it.
    pub(in crate::store) derived: Vec<Item>,
    /// The counters that count it, with their increments.
    pub(in crate::store) counted: Vec<(Key, [i64; 2])>,
}

impl Entity {
    /// Describes an item from which nothing is derived.
    pub(super) fn alone(item: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { item: to_item(item)?, derived: Vec::new(), counted: Vec::new() })
    }

    /// Describes a user. The address item has no password here, because the user's item does not determine it.
    pub(in crate::store) fn of_user(user: &User) -> Result<Self, Error> {
        Ok(Self {
            item: to_item(UserItem::of(user))?,
            derived: vec![to_item(EmailItem::of(user, None))?],
            counted: vec![(shard_key(USERS, user.id.shard()), [1, 0])],
        })
    }

    pub(in crate::store) fn of_post(post: &Post) -> Result<Self, Error> {
        let shard = post.id.shard();
        Ok(Self {
            item: to_item(PostItem::of(post))?,
            derived: vec![to_item(TitleItem::of(post))?],
            counted: counters(post).iter().map(|name| (shard_key(name, shard), [1, 0])).collect(),
        })
    }

    /// Describes a problem, with the rows of one that was never renamed.
    pub(in crate::store) fn of_problem(problem: &Problem) -> Result<Self, Error> {
        let rows = Rows::default().renamed(&problem.attributes.name)?;
        Ok(Self {
            item: to_item(ProblemItem::of(problem))?,
            derived: rows.items(problem).into_iter().map(to_item).collect::<Result<_, _>>()?,
            counted: vec![(shard_key(problems::LIST, problem.id.shard()), [1, 0])],
        })
    }

    pub(in crate::store) fn of_payment(payment: &Payment, payer: Option<&Payer>) -> Result<Self, Error> {
        let shard = payment.id.shard();
        Ok(Self {
            item: to_item(PaymentItem::of(payment, payer))?,
            derived: Vec::new(),
            counted: payer.map(|payer| (shard_key(&list_name(payer), shard), [1, 0])).into_iter().collect(),
        })
    }

    /// Describes a file. Only ready files count.
    pub(super) fn of_file(file: &File) -> Result<Self, Error> {
        let size = i64::try_from(file.attributes.size.bytes()).unwrap_or(i64::MAX);
        let is_ready = file.state == FileState::Ready;
        Ok(Self {
            item: to_item(FileItem::of(file))?,
            derived: Vec::new(),
            counted: is_ready.then(|| (usage_key(file.user_id), [1, size])).into_iter().collect(),
        })
    }
}
