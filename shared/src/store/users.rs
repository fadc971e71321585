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

/// The name of the list of all users, which is its partition and its counter.
pub(super) const USERS: &str = "USERS";

/// The users. Each is an item of its own, with another one that makes the e-mail address unique.
#[derive(Clone, Debug)]
pub struct Users {
    table: Table,
    clock: Clock,
    random: Random,
}

/// The credential with which a sign-in is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The user who signs in.
    pub user_id: UserId,
    /// The user's epoch since the password was set. If the user has another epoch now, the password has changed.
    pub auth_epoch: u64,
    /// The password's hash. Users without one cannot sign in.
    pub password_hash: Option<PasswordHash>,
}

impl Users {
    /// Connects to the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Adds a user without a password, once if there is a `record`, or ends in [`Unique::Email`] taken.
    pub async fn create(
        &self,
        attributes: UserAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let transaction = self.addition(&user, None, record)?;
        self.make(user, transaction, record).await
    }

    /// Adds a user with the password of this hash, or ends in [`Unique::Email`] taken.
    pub async fn register(
        &self,
        attributes: UserAttributes,
        password_hash: PasswordHash,
    ) -> Result<User, Error> {
        let user = self.new_user(attributes);
        self.addition(&user, Some(password_hash), None)?.commit(&self.table, &self.random).await?;
        Ok(user)
    }

    /// Does the same, once if there is a `record`, and begins the family `id` for the user: both or neither.
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

    /// Returns the credential for this address, with one consistent read.
    pub async fn credential(&self, email: &Email) -> Result<Option<Credential>, Error> {
        let item: Option<EmailItem> = self.table.get(email_key(email), Consistency::Strong).await?;
        Ok(item.map(EmailItem::into_credential))
    }

    /// Returns the user with eventual consistency, at half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: UserId) -> Result<Option<User>, Error> {
        self.read(id, Consistency::Eventual).await
    }

    /// Returns the user with every acknowledged change, as a basis for the next one.
    pub async fn get_latest(&self, id: UserId) -> Result<Option<User>, Error> {
        self.read(id, Consistency::Strong).await
    }

    /// Returns users, newest first.
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

    /// Returns the number of users.
    pub async fn count(&self) -> Result<u64, Error> {
        self.table.count(USERS).await
    }

    /// Gives `user` these attributes, unless it changed since it was read. A new address keeps the password.
    pub async fn replace(&self, user: &User, attributes: UserAttributes) -> Result<User, Error> {
        if user.attributes == attributes {
            return Ok(user.clone());
        }
        let now = self.clock.now();
        let next = User { attributes, revision: user.revision.next(now), ..user.clone() };
        let mut transaction =
            Transaction::default().replace(&self.table, &UserItem::of(&next), user.revision.version)?;
        if email_key(&next.attributes.email) != email_key(&user.attributes.email) {
            // The user's version also guards the credential, because every change of a password raises it.
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

    /// Gives `user` another password, unless the user changed since it was read. Returns the user with the next
    /// `auth_epoch`, so that earlier sessions and tokens end.
    pub async fn change_password(&self, user: &User, password_hash: PasswordHash) -> Result<User, Error> {
        let next = self.next_epoch(user, user.attributes.clone());
        Transaction::default()
            .replace(&self.table, &UserItem::of(&next), user.revision.version)?
            .put(&self.table, &EmailItem::of(&next, Some(password_hash)))?
            .commit(&self.table, &self.random)
            .await?;
        Ok(next)
    }

    /// Does the same for a user who is signed in, and sets these attributes. Only `session` continues, in the next
    /// epoch. Also ends in [`Error::Stale`] if the session has just ended.
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

    /// Stores the same password under another hash, if the stored hash is still `from`. Sessions continue.
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
                // The password has changed, or another sign-in was faster.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {}
                _ => return Err(error.into()),
            },
        }
        Ok(())
    }

    /// Removes `user` with all of its items, unless it changed since it was read.
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

/// The item that reserves an e-mail address for a user and holds the credential.
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
