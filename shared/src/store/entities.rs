use std::marker::PhantomData;

use super::Error;
use super::entity::{Description, Entity};
use super::table::{Consistency, Table};
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::random::Random;

/// The entities `E` in the table, with ids `I`.
#[derive(Clone, Debug)]
pub struct Entities<E, I> {
    pub(super) table: Table,
    pub(super) clock: Clock,
    pub(super) random: Random,
    kind: PhantomData<(E, I)>,
}

impl<E: Entity<Id = I>, I> FromEnv for Entities<E, I> {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }
}

#[expect(private_bounds, reason = "only the store knows how entities are stored")]
impl<E: Entity<Id = I>, I> Entities<E, I> {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random, kind: PhantomData }
    }

    /// Returns the entity with eventual consistency, at half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: I) -> Result<Option<E>, Error> {
        self.read(&id, Consistency::Eventual).await
    }

    /// Returns the entity with every acknowledged change, as a basis for the next one.
    pub async fn get_latest(&self, id: I) -> Result<Option<E>, Error> {
        self.read(&id, Consistency::Strong).await
    }

    async fn read(&self, id: &I, consistency: Consistency) -> Result<Option<E>, Error> {
        let item = self.table.item(E::key(id), consistency).await?;
        let now = self.clock.now().as_seconds();
        let entity = item.map(E::read).transpose()?;
        Ok(entity.filter(|entity| entity.expires_at().is_none_or(|at| now < at)))
    }

    /// Writes what differs between two descriptions of an entity; see [`Transaction::change`].
    pub(super) async fn change(
        &self,
        before: Option<&Description>,
        after: Option<&Description>,
    ) -> Result<(), Error> {
        Transaction::default().change(&self.table, before, after)?.commit(&self.table, &self.random).await
    }
}
