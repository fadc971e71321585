use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::{Deserialize, Serialize};

use super::idempotency::First;
use super::list::List;
use super::table::{Consistency, Key, Table, units};
use super::transaction::Transaction;
use super::{Error, FamilyId, IdempotencyRecord, Made, RefreshFamily, Session, Unique};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::cost::Cost;
use crate::domain::{
    Email, Name, Order, Page, PasswordHash, Revision, Role, Start, User, UserAttributes, UserId,
};
use crate::random::Random;

/// The list and the counter of all users.
pub(super) const USERS: &str = "USERS";

/// The users, each an item of its own and one that holds its e-mail address, so that it is unique.
#[derive(Clone, Debug)]
pub struct Users {
    table: Table,
    clock: Clock,
    random: Random,
}

/// What somebody who signs in is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The user who signs in.
    pub user_id: UserId,
    /// The user's epoch that began with the password: a user who is of another by now has another password.
    pub auth_epoch: u64,
    /// The password's hash; nobody signs in without one.
    pub password_hash: Option<PasswordHash>,
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

    /// Adds a user who has no password, once if there is a `record`, or ends in [`Unique::Email`] taken.
    pub async fn create(
        &self,
        attributes: UserAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let transaction = self.addition(&user, None, record)?;
        self.make(user, transaction, record).await
    }

    /// Adds a user who signs in with the password of this hash, or ends in [`Unique::Email`] taken.
    pub async fn register(
        &self,
        attributes: UserAttributes,
        password_hash: PasswordHash,
    ) -> Result<User, Error> {
        let user = self.new_user(attributes);
        self.addition(&user, Some(password_hash), None)?.commit(&self.table, &self.random).await?;
        Ok(user)
    }

    /// The same, once if there is a `record`, and begins the family `id` for the user: both or neither.
    pub async fn register_signed_in(
        &self,
        attributes: UserAttributes,
        password_hash: PasswordHash,
        id: FamilyId,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let family = RefreshFamily::first(id, &user);
        let transaction = self.addition(&user, Some(password_hash), record)?.begin_family(
            &self.table,
            &family,
            user.revision.created_at,
        )?;
        self.make(user, transaction, record).await
    }

    fn new_user(&self, attributes: UserAttributes) -> User {
        let now = self.clock.now();
        let id = UserId::new(now, &self.random);
        User { id, attributes, revision: Revision::first(now), auth_epoch: 0 }
    }

    async fn make(
        &self,
        user: User,
        transaction: Transaction,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        Ok(match transaction.commit_once(&self.table, &self.random, record).await? {
            None => Made::New(user),
            Some(First { id, at, .. }) => Made::Replayed(User { id, revision: Revision::first(at), ..user }),
        })
    }

    fn addition(
        &self,
        user: &User,
        password_hash: Option<PasswordHash>,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Transaction, Error> {
        Transaction::once(&self.table, record, user.id, user.revision.created_at)?
            .create(&self.table, &EmailItem::of(user, password_hash), Error::Taken(Unique::Email))?
            .create(&self.table, &UserItem::of(user), Error::Internal("the id exists".into()))?
            .count(&self.table, USERS, user.id.shard(), 1)
    }

    /// Who has this address and how they sign in, at the last acknowledged change: one read.
    pub async fn credential(&self, email: &Email) -> Result<Option<Credential>, Error> {
        let item: Option<EmailItem> = self.table.get(email_key(email), Consistency::Strong).await?;
        Ok(item.map(EmailItem::into_credential))
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

    /// Gives `user` these attributes, unless it changed since it was read. The password moves along to another address.
    pub async fn replace(&self, user: &User, attributes: UserAttributes) -> Result<User, Error> {
        if user.attributes == attributes {
            return Ok(user.clone());
        }
        let now = self.clock.now();
        let next = User { attributes, revision: user.revision.next(now), ..user.clone() };
        let mut transaction =
            Transaction::default().replace(&self.table, &UserItem::of(&next), user.revision.version)?;
        if email_key(&next.attributes.email) != email_key(&user.attributes.email) {
            // The user's version guards the credential too: whatever changes a password raises it.
            let credential = self.credential(&user.attributes.email).await?;
            let hash = credential
                .filter(|credential| credential.user_id == user.id)
                .and_then(|credential| credential.password_hash);
            transaction = transaction
                .create(&self.table, &EmailItem::of(&next, hash), Error::Taken(Unique::Email))?
                .release(&self.table, email_key(&user.attributes.email))?;
        }
        transaction.commit(&self.table, &self.random).await?;
        Ok(next)
    }

    /// Gives `user` another password, unless the user changed since it was read, and ends what began with the old one:
    /// the answer is of the next `auth_epoch`.
    pub async fn change_password(&self, user: &User, password_hash: PasswordHash) -> Result<User, Error> {
        let next = self.next_epoch(user, user.attributes.clone());
        Transaction::default()
            .replace(&self.table, &UserItem::of(&next), user.revision.version)?
            .put(&self.table, &EmailItem::of(&next, Some(password_hash)))?
            .commit(&self.table, &self.random)
            .await?;
        Ok(next)
    }

    /// The same by the user, who also gets these attributes: `session` alone goes on, in the next epoch.
    /// Ends in [`Error::Stale`] also where the session has just ended.
    pub async fn change_password_in(
        &self,
        session: &Session,
        user: &User,
        attributes: UserAttributes,
        password_hash: PasswordHash,
    ) -> Result<User, Error> {
        let next = self.next_epoch(user, attributes);
        let email = EmailItem::of(&next, Some(password_hash));
        let mut transaction = Transaction::default()
            .replace(&self.table, &UserItem::of(&next), user.revision.version)?
            .carry_over(&self.table, session, next.auth_epoch)?;
        transaction = if email_key(&next.attributes.email) == email_key(&user.attributes.email) {
            transaction.put(&self.table, &email)?
        } else {
            transaction
                .create(&self.table, &email, Error::Taken(Unique::Email))?
                .release(&self.table, email_key(&user.attributes.email))?
        };
        transaction.commit(&self.table, &self.random).await?;
        Ok(next)
    }

    fn next_epoch(&self, user: &User, attributes: UserAttributes) -> User {
        User {
            attributes,
            revision: user.revision.next(self.clock.now()),
            auth_epoch: user.auth_epoch + 1,
            ..user.clone()
        }
    }

    /// Keeps the same password under another hash, where it still has the one that `from` is. Ends nothing.
    pub async fn rehash(&self, email: &Email, from: &PasswordHash, to: &PasswordHash) -> Result<(), Error> {
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(email_key(email).into_item()))
            .update_expression("SET passwordHash = :to")
            .condition_expression("passwordHash = :from")
            .expression_attribute_values(":from", AttributeValue::S(from.as_str().to_owned()))
            .expression_attribute_values(":to", AttributeValue::S(to.as_str().to_owned()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match outcome {
            Ok(output) => Cost::add(0.0, units(output.consumed_capacity())),
            Err(error) => match error.as_service_error() {
                // Another password by now, or another sign-in was faster.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {}
                _ => return Err(error.into()),
            },
        }
        Ok(())
    }

    /// Removes `user` and all that is kept of it, unless it changed since it was read.
    pub async fn delete(&self, user: &User) -> Result<(), Error> {
        Transaction::default()
            .delete(&self.table, user_key(user.id), user.revision.version)?
            .release(&self.table, email_key(&user.attributes.email))?
            .count(&self.table, USERS, user.id.shard(), -1)?
            .commit(&self.table, &self.random)
            .await
    }

    async fn read(&self, id: UserId, consistency: Consistency) -> Result<Option<User>, Error> {
        let item: Option<UserItem> = self.table.get(user_key(id), consistency).await?;
        item.map(User::try_from).transpose()
    }
}

pub(super) fn user_key(id: UserId) -> Key {
    Key::new(format!("USER#{id}"), "USER")
}

fn email_key(email: &Email) -> Key {
    Key::new(format!("EMAIL#{}", email.normalised()), "EMAIL")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserItem {
    pk: String,
    sk: String,
    gsi1pk: String,
    gsi1sk: String,
    email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    role: Role,
    #[serde(flatten)]
    revision: Revision,
    #[serde(default, skip_serializing_if = "is_zero")]
    auth_epoch: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl UserItem {
    pub(super) fn of(user: &User) -> Self {
        let Key { pk, sk } = user_key(user.id);
        Self {
            pk,
            sk,
            gsi1pk: USERS.to_owned(),
            gsi1sk: user.id.to_string(),
            email: user.attributes.email.clone(),
            name: user.attributes.name.clone(),
            role: user.attributes.role,
            revision: user.revision,
            auth_epoch: user.auth_epoch,
        }
    }
}

impl TryFrom<UserItem> for User {
    type Error = Error;

    fn try_from(item: UserItem) -> Result<Self, Error> {
        Ok(Self {
            id: item.gsi1sk.parse().map_err(|error| Error::Internal(Box::new(error)))?,
            attributes: UserAttributes { email: item.email, name: item.name, role: item.role },
            revision: item.revision,
            auth_epoch: item.auth_epoch,
        })
    }
}

/// Holds an e-mail address for a user, and how the user signs in with it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailItem {
    pk: String,
    sk: String,
    user_id: UserId,
    #[serde(default, skip_serializing_if = "is_zero")]
    auth_epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

impl EmailItem {
    pub(super) fn of(user: &User, password_hash: Option<PasswordHash>) -> Self {
        let Key { pk, sk } = email_key(&user.attributes.email);
        let password_hash = password_hash.map(|hash| hash.as_str().to_owned());
        Self { pk, sk, user_id: user.id, auth_epoch: user.auth_epoch, password_hash }
    }

    fn into_credential(self) -> Credential {
        Credential {
            user_id: self.user_id,
            auth_epoch: self.auth_epoch,
            password_hash: self.password_hash.map(PasswordHash::from_phc),
        }
    }
}
