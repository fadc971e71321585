use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::entities::Entities;
use super::entity::Entity;
use super::idempotency::First;
use super::list::{List, Source};
use super::mails::{Link, Outbox};
use super::table::{Consistency, units};
use super::transaction::Transaction;
use super::user_items::{Credential, EmailItem, USERS, email_key};
use super::{Error, IdempotencyRecord, Made, RefreshFamily, Session};
use crate::cost::Cost;
use crate::domain::{
    Email, MailKind, Order, Page, PasswordHash, Revision, SessionId, Start, User, UserAgent, UserAttributes,
    UserId,
};

/// The users. Each is an item of its own, with another one that makes the e-mail address unique.
pub type Users = Entities<User, UserId>;

impl Users {
    /// Adds a user without a password, once if there is a `record`, or ends in [`Unique::Email`](super::Unique::Email)
    /// taken. An open outbox gets a mail that confirms the address.
    pub async fn create(
        &self,
        attributes: UserAttributes,
        outbox: Outbox,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let transaction = self.addition(&user, None, record)?;
        let transaction = self.confirmation(transaction, &user, &user.attributes.email, outbox)?;
        self.make(user, transaction, record).await
    }

    /// Adds a user with the password of this hash, or ends in [`Unique::Email`](super::Unique::Email) taken.
    pub async fn register(
        &self,
        attributes: UserAttributes,
        password_hash: PasswordHash,
    ) -> Result<User, Error> {
        let user = self.new_user(attributes);
        self.addition(&user, Some(password_hash), None)?.commit(&self.table, &self.random).await?;
        Ok(user)
    }

    /// Does the same, once if there is a `record`, and begins the family `id` for the user. An open outbox gets a mail
    /// that confirms the address: all of it or nothing.
    pub async fn register_signed_in(
        &self,
        attributes: UserAttributes,
        password_hash: PasswordHash,
        (id, user_agent): (SessionId, Option<UserAgent>),
        outbox: Outbox,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<User>, Error> {
        let user = self.new_user(attributes);
        let family = RefreshFamily::first(id, &user);
        let transaction = self.addition(&user, Some(password_hash), record)?.begin_family(
            &self.table,
            &family,
            user_agent,
        )?;
        let transaction = self.confirmation(transaction, &user, &user.attributes.email, outbox)?;
        self.make(user, transaction, record).await
    }

    fn new_user(&self, attributes: UserAttributes) -> User {
        let now = self.clock.now();
        let id = UserId::new(now, &self.random);
        User {
            id,
            attributes,
            revision: Revision::first(now),
            auth_epoch: 0,
            email_verified: false,
            pending_email: None,
        }
    }

    /// Adds a mail that confirms an address of the user, if the outbox is open.
    fn confirmation(
        &self,
        transaction: Transaction,
        user: &User,
        to: &Email,
        outbox: Outbox,
    ) -> Result<Transaction, Error> {
        if !outbox.is_open() {
            return Ok(transaction);
        }
        let source = (self.clock.now(), &self.random);
        transaction.mail(&self.table, MailKind::Confirmation, to.clone(), user.id, source)
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
    ///
    /// With an open outbox, another mailbox is pending until it is confirmed. A mail goes to it, and one to the address of
    /// now, if that is confirmed.
    pub async fn replace(
        &self,
        user: &User,
        attributes: UserAttributes,
        outbox: Outbox,
    ) -> Result<User, Error> {
        let (next, transaction) = self.requested(user, attributes, outbox)?;
        if next == *user && transaction.is_empty() {
            return Ok(next);
        }
        let next = User { revision: user.revision.next(self.clock.now()), ..next };
        let password_hash = self.moved_hash(user, &next).await?;
        self.write(transaction, user, next, password_hash).await
    }

    /// Returns the user as a request asks for, and the mails that go with it.
    fn requested(
        &self,
        user: &User,
        attributes: UserAttributes,
        outbox: Outbox,
    ) -> Result<(User, Transaction), Error> {
        if !outbox.is_open() {
            return Ok((user.with(attributes), Transaction::default()));
        }
        let new = attributes.email.clone();
        let next = user.asking_for(attributes);
        if new.is_mailbox_of(&user.attributes.email) {
            return Ok((next, Transaction::default()));
        }
        let told = self.told(Transaction::default(), user, MailKind::AddressChange, outbox)?;
        Ok((next, self.confirmation(told, user, &new, outbox)?))
    }

    /// Adds a mail that tells the user's address of a change, if the outbox is open. Only a confirmed address is told:
    /// another one may be a stranger's, whose mailbox nobody may fill.
    fn told(
        &self,
        transaction: Transaction,
        user: &User,
        kind: MailKind,
        outbox: Outbox,
    ) -> Result<Transaction, Error> {
        if !outbox.is_open() || !user.email_verified {
            return Ok(transaction);
        }
        let source = (self.clock.now(), &self.random);
        transaction.mail(&self.table, kind, user.attributes.email.clone(), user.id, source)
    }

    /// Confirms the address of a link, and uses the link up: both or neither. A link that was used before has no effect.
    ///
    /// Returns `None` if the user neither has the address nor is about to get it, or, for a used link, if the address is
    /// not the user's confirmed one. Ends in [`Unique::Email`](super::Unique::Email) taken if another user has got it.
    pub async fn confirm(&self, link: &Link, user: &User) -> Result<Option<User>, Error> {
        let Some(next) = user.confirmed(&link.to) else { return Ok(None) };
        if link.is_used {
            return Ok((next == *user).then_some(next));
        }
        let next = User { revision: user.revision.next(self.clock.now()), ..next };
        let password_hash = self.moved_hash(user, &next).await?;
        let transaction = Transaction::default().use_up(&self.table, link, self.clock.now())?;
        self.write(transaction, user, next, password_hash).await.map(Some)
    }

    /// Gives the user of a link another password, uses the link up, and tells the address: all of it or nothing. All
    /// sessions and tokens end, and so does a pending change of the address, which somebody else may have asked for. The
    /// address is confirmed, because the link was sent there.
    ///
    /// Returns `None` if the link was used, or if the user has another address or epoch than when it was sent.
    pub async fn reset_password(
        &self,
        link: &Link,
        user: &User,
        password_hash: PasswordHash,
    ) -> Result<Option<User>, Error> {
        let is_theirs = user.attributes.email.is_mailbox_of(&link.to) && user.auth_epoch == link.auth_epoch;
        if link.is_used || !is_theirs {
            return Ok(None);
        }
        let next = User { email_verified: true, pending_email: None, ..self.next_epoch(user) };
        let transaction = Transaction::default().use_up(&self.table, link, self.clock.now())?;
        let transaction = self.told(transaction, &next, MailKind::PasswordChange, Outbox::OPEN)?;
        self.write(transaction, user, next, Some(password_hash)).await.map(Some)
    }

    /// Returns the hash of the user's password if the address changes, because the hash is kept with the address.
    async fn moved_hash(&self, user: &User, next: &User) -> Result<Option<PasswordHash>, Error> {
        if next.attributes.email.is_mailbox_of(&user.attributes.email) {
            return Ok(None);
        }
        self.password_hash(user).await
    }

    async fn write(
        &self,
        transaction: Transaction,
        user: &User,
        next: User,
        password_hash: Option<PasswordHash>,
    ) -> Result<User, Error> {
        let (before, after) = (user.describe()?, next.with_password(password_hash)?);
        let transaction = transaction.change(&self.table, Some(&before), Some(&after))?;
        transaction.commit(&self.table, &self.random).await?;
        Ok(next)
    }

    /// Begins the next `auth_epoch` of `user`, unless the user changed since it was read. All sessions and tokens end,
    /// and the password stays.
    pub async fn sign_out_everywhere(&self, user: &User) -> Result<User, Error> {
        let password_hash = self.password_hash(user).await?;
        self.write(Transaction::default(), user, self.next_epoch(user), password_hash).await
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
        self.write(Transaction::default(), user, self.next_epoch(user), Some(password_hash)).await
    }

    /// Does the same for a user who is signed in, sets these attributes, and tells the address if the outbox is open. Only
    /// `session` continues, in the next epoch. Also ends in [`Error::Stale`] if the session has just ended.
    pub async fn change_password_in(
        &self,
        session: &Session,
        user: &User,
        (attributes, outbox): (UserAttributes, Outbox),
        password_hash: PasswordHash,
    ) -> Result<User, Error> {
        let (next, transaction) = self.requested(user, attributes, outbox)?;
        let next = self.next_epoch(&next);
        let transaction = self.told(transaction, user, MailKind::PasswordChange, outbox)?;
        let transaction = transaction.carry_over(&self.table, session, next.auth_epoch)?;
        self.write(transaction, user, next, Some(password_hash)).await
    }

    fn next_epoch(&self, user: &User) -> User {
        User {
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
