use serde::{Deserialize, Serialize};

use super::list::List;
use super::table::{Consistency, Key, Table};
use super::transaction::Transaction;
use super::{Error, Unique};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::{Email, Name, Order, Page, Role, Start, Timestamp, User, UserDraft, UserId};
use crate::random::Random;

/// The list and the counter of all users.
const USERS: &str = "USERS";

/// The users, each an item of its own and one that holds its e-mail address, so that it is unique.
#[derive(Clone, Debug)]
pub struct Users {
    table: Table,
    clock: Clock,
    random: Random,
}

impl Users {
    /// The users in the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// The users in `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Adds a user, or ends in [`Unique::Email`] taken.
    pub async fn create(&self, draft: UserDraft) -> Result<User, Error> {
        let now = self.clock.now();
        let id = UserId::new(now, &self.random);
        let user = User { id, draft, created_at: now, updated_at: now, version: 1 };
        Transaction::default()
            .create(&self.table, &EmailItem::of(&user), Error::Taken(Unique::Email))?
            .create(&self.table, &UserItem::of(&user), Error::Internal("the id exists".into()))?
            .count(&self.table, USERS, id.shard(), 1)?
            .commit(&self.table, &self.random)
            .await?;
        Ok(user)
    }

    /// The id of the user who has this address, at the last acknowledged change.
    pub async fn find(&self, email: &Email) -> Result<Option<UserId>, Error> {
        let item: Option<EmailItem> = self.table.get(email_key(email), Consistency::Strong).await?;
        Ok(item.map(|item| item.user_id))
    }

    /// The user as it was a moment ago at least: half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: UserId) -> Result<Option<User>, Error> {
        self.read(id, Consistency::Eventual).await
    }

    /// The user with every acknowledged change, to build the next one on.
    pub async fn get_latest(&self, id: UserId) -> Result<Option<User>, Error> {
        self.read(id, Consistency::Strong).await
    }

    /// Users, newest first.
    pub async fn list(&self, start: &Start, limit: u32) -> Result<Page<User>, Error> {
        let list = List {
            index: "gsi1",
            partition: USERS.to_owned(),
            order: Order::Desc,
            key: |position| position.parse().ok().map(user_key),
        };
        let page: Page<UserItem> = self.table.page(&list, start, limit).await?;
        let items = page.items.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// How many users there are.
    pub async fn count(&self) -> Result<u64, Error> {
        self.table.count(USERS).await
    }

    /// Makes `user` what `draft` says, unless it changed since it was read.
    pub async fn replace(&self, user: &User, draft: UserDraft) -> Result<User, Error> {
        if user.draft == draft {
            return Ok(user.clone());
        }
        let now = self.clock.now();
        let next = User { draft, updated_at: now, version: user.version + 1, ..user.clone() };
        let mut transaction =
            Transaction::default().replace(&self.table, &UserItem::of(&next), user.version)?;
        if email_key(&next.draft.email) != email_key(&user.draft.email) {
            transaction = transaction
                .create(&self.table, &EmailItem::of(&next), Error::Taken(Unique::Email))?
                .release(&self.table, email_key(&user.draft.email))?;
        }
        transaction.commit(&self.table, &self.random).await?;
        Ok(next)
    }

    /// Removes `user` and all that is kept of it, unless it changed since it was read.
    pub async fn delete(&self, user: &User) -> Result<(), Error> {
        Transaction::default()
            .delete(&self.table, user_key(user.id), user.version)?
            .release(&self.table, email_key(&user.draft.email))?
            .count(&self.table, USERS, user.id.shard(), -1)?
            .commit(&self.table, &self.random)
            .await
    }

    async fn read(&self, id: UserId, consistency: Consistency) -> Result<Option<User>, Error> {
        let item: Option<UserItem> = self.table.get(user_key(id), consistency).await?;
        item.map(User::try_from).transpose()
    }
}

fn user_key(id: UserId) -> Key {
    Key::new(format!("USER#{id}"), "USER")
}

fn email_key(email: &Email) -> Key {
    Key::new(format!("EMAIL#{}", email.normalised()), "EMAIL")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserItem {
    pk: String,
    sk: String,
    gsi1pk: String,
    gsi1sk: String,
    email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    role: Role,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

impl UserItem {
    fn of(user: &User) -> Self {
        let Key { pk, sk } = user_key(user.id);
        Self {
            pk,
            sk,
            gsi1pk: USERS.to_owned(),
            gsi1sk: user.id.to_string(),
            email: user.draft.email.clone(),
            name: user.draft.name.clone(),
            role: user.draft.role,
            created_at: user.created_at,
            updated_at: user.updated_at,
            version: user.version,
        }
    }
}

impl TryFrom<UserItem> for User {
    type Error = Error;

    fn try_from(item: UserItem) -> Result<Self, Error> {
        Ok(Self {
            id: item.gsi1sk.parse().map_err(|error| Error::Internal(Box::new(error)))?,
            draft: UserDraft { email: item.email, name: item.name, role: item.role },
            created_at: item.created_at,
            updated_at: item.updated_at,
            version: item.version,
        })
    }
}

/// Holds an e-mail address for a user.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailItem {
    pk: String,
    sk: String,
    user_id: UserId,
}

impl EmailItem {
    fn of(user: &User) -> Self {
        let Key { pk, sk } = email_key(&user.draft.email);
        Self { pk, sk, user_id: user.id }
    }
}
