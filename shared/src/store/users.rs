use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entities::Entities;
use super::entity::{Description, Entity};
use super::idempotency::First;
use super::list::{List, Source};
use super::table::{Consistency, Item, Key, units};
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made, RefreshFamily, Session, Unique};
use crate::cost::Cost;
use crate::domain::{
    Email, Name, Order, Page, PasswordHash, Revision, Role, SessionId, Start, User, UserAgent,
    UserAttributes, UserId,
};

/// The name of the list of all users, which is its partition and its counter.
const USERS: &str = "USERS";

/// The users. Each is an item of its own, with another one that makes the e-mail address unique.
pub type Users = Entities<User, UserId>;

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
        id: SessionId,
        user_agent: Option<UserAgent>,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let family = RefreshFamily::first(id, &user);
        let transaction = self.addition(&user, Some(password_hash), record)?.begin_family(
            &self.table,
            &family,
            user_agent,
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
        let description = user.with_password(password_hash)?;
        Transaction::once(&self.table, record, user.id, user.revision.created_at)?.change(
            &self.table,
            None,
            Some(&description),
        )
    }

    /// Returns the credential for this address, with one consistent read.
    pub async fn credential(&self, email: &Email) -> Result<Option<Credential>, Error> {
        let item: Option<EmailItem> = self.table.get(email_key(email), Consistency::Strong).await?;
        Ok(item.map(EmailItem::into_credential))
    }

    /// Returns users, newest first.
    pub async fn list(&self, start: &Start, limit: u32) -> Result<Page<User>, Error> {
        let list = List {
            source: Source::Index {
                name: "gsi1",
                key: Box::new(|position| position.parse().ok().map(|id| User::key(&id))),
            },
            partition: USERS.to_owned(),
            order: Order::Desc,
        };
        self.table.page(&list, start, limit, User::read).await
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
        let revision = user.revision.next(self.clock.now());
        let next = User { attributes, revision, ..user.clone() };
        let mut password_hash = None;
        if email_key(&next.attributes.email) != email_key(&user.attributes.email) {
            password_hash = self.password_hash(user).await?;
        }
        self.change(Some(&user.describe()?), Some(&next.with_password(password_hash)?)).await?;
        Ok(next)
    }

    /// Begins the next `auth_epoch` of `user`, unless the user changed since it was read. All sessions and tokens end,
    /// and the password stays.
    pub async fn sign_out_everywhere(&self, user: &User) -> Result<User, Error> {
        let password_hash = self.password_hash(user).await?;
        let next = self.next_epoch(user, user.attributes.clone());
        self.change(Some(&user.describe()?), Some(&next.with_password(password_hash)?)).await?;
        Ok(next)
    }

    /// Returns the hash of the user's password. The user's version guards it, because every change of a password raises
    /// the version.
    async fn password_hash(&self, user: &User) -> Result<Option<PasswordHash>, Error> {
        let credential = self.credential(&user.attributes.email).await?;
        let own = credential.filter(|credential| credential.user_id == user.id);
        Ok(own.and_then(|credential| credential.password_hash))
    }

    /// Gives `user` another password, unless the user changed since it was read. Returns the user with the next
    /// `auth_epoch`, so that earlier sessions and tokens end.
    pub async fn change_password(&self, user: &User, password_hash: PasswordHash) -> Result<User, Error> {
        let next = self.next_epoch(user, user.attributes.clone());
        self.change(Some(&user.describe()?), Some(&next.with_password(Some(password_hash))?)).await?;
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
        Transaction::default()
            .carry_over(&self.table, session, next.auth_epoch)?
            .change(&self.table, Some(&user.describe()?), Some(&next.with_password(Some(password_hash))?))?
            .commit(&self.table, &self.random)
            .await?;
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
        self.change(Some(&user.describe()?), None).await
    }
}

impl Entity for User {
    type Id = UserId;
    const KIND: &str = "USER";
    const COUNTERS: &[&str] = &[USERS];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let UserItem { email, name, role, revision, auth_epoch } = from_item(item)?;
        Ok(Self { id, attributes: UserAttributes { email, name, role }, revision, auth_epoch })
    }

    /// Describes the e-mail item without a password, which the user does not contain.
    fn describe(&self) -> Result<Description, Error> {
        self.with_password(None)
    }
}

impl User {
    fn with_password(&self, password_hash: Option<PasswordHash>) -> Result<Description, Error> {
        let (id, revision, auth_epoch) = (self.id, self.revision, self.auth_epoch);
        let UserAttributes { email, name, role } = self.attributes.clone();
        let password_hash = password_hash.map(|hash| hash.as_str().to_owned());
        let (key, held) = (email_key(&email), EmailItem { user_id: id, auth_epoch, password_hash });
        let item = UserItem { email, name, role, revision, auth_epoch };
        Description::of(Self::key(&id), &item)?
            .indexed("gsi1", USERS, &id.to_string())
            .counted_in(USERS, id.shard())
            .holding(Unique::Email, key, &held)
    }
}

fn email_key(email: &Email) -> Key {
    Key::new(format!("EMAIL#{}", email.normalised()), "EMAIL")
}

/// The stored attributes of a user.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserItem {
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

/// The item that reserves an e-mail address for a user and holds the credential.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailItem {
    user_id: UserId,
    #[serde(default, skip_serializing_if = "is_zero")]
    auth_epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

impl EmailItem {
    fn into_credential(self) -> Credential {
        Credential {
            user_id: self.user_id,
            auth_epoch: self.auth_epoch,
            password_hash: self.password_hash.map(PasswordHash::from_phc),
        }
    }
}
