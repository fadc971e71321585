//! The contents of the tables: the same posts, problems and payments in every run.

use std::str::FromStr;

use shared::domain::{
    Category, Difficulty, Invalid, Payer, Payment, PaymentStatus, Post, PostAttributes, PostId, Problem,
    ProblemAttributes, ProblemId, Revision, Timestamp, UserId,
};
use shared::random::Random;

use super::error::Error;

/// The number of problems whose name has the rare word, whatever the size of the table.
pub(crate) const RARE: u32 = 10;

const CATEGORIES: [&str; 4] = ["computing", "history", "mathematics", "music"];
const KINDS: [&str; 8] =
    ["Sum", "Median", "Number", "Longest path", "Rotation", "Merge", "Depth", "Reversal"];
const OF: [&str; 10] =
    ["arrays", "trees", "lists", "orders", "graphs", "words", "matrices", "intervals", "queues", "digits"];

pub(crate) struct Content {
    random: Random,
    pub(crate) author: UserId,
    pub(crate) payers: [Payer; 2],
}

impl Content {
    pub(crate) fn new() -> Result<Self, Error> {
        let random = Random::seeded(1);
        let author = UserId::new(at(0), &random);
        let buyer = UserId::new(at(1), &random);
        Ok(Self { random, author, payers: [Payer::User(buyer), Payer::Email(parse("buyer@example.com")?)] })
    }

    /// Makes a published post of 1 KB.
    pub(crate) fn post(&self, n: u32) -> Result<Post, Error> {
        let (at, attributes) = (at(n), post_attributes(n)?);
        let id = PostId::new(at, &self.random);
        Ok(Post { id, author_id: self.author, attributes, revision: Revision::first(at) })
    }

    /// Makes a problem of 1 KB, one of `size`.
    pub(crate) fn problem(&self, n: u32, size: u32) -> Result<Problem, Error> {
        let (at, attributes) = (at(n), problem_attributes(n, n.is_multiple_of((size / RARE).max(1)))?);
        let id = ProblemId::new(at, &self.random);
        Ok(Problem { id, author_id: self.author, attributes, revision: Revision::first(at) })
    }

    /// Makes a payment of the two payers in turn, and returns its payer.
    pub(crate) fn payment(&self, n: u32) -> Result<(Payment, &Payer), Error> {
        let payment = Payment {
            id: parse(&format!("cs_live_a1XvT4mQy0wGkB3nJr7cLd9sHfUe2oZiP5xN8tRbW6qYjKaVhM1g{n:07}"))?,
            amount_total: 1999,
            currency: parse("eur")?,
            status: PaymentStatus::Paid,
            livemode: true,
            payment_intent: Some(parse(&format!("pi_3QkZtR2eZvKYlo2C1a7b{n:07}"))?),
            created_at: at(n),
            paid_at: at(n),
        };
        Ok((payment, &self.payers[(n % 2) as usize]))
    }
}

pub(crate) fn category() -> Result<Category, Error> {
    parse(CATEGORIES[0])
}

pub(crate) fn post_attributes(n: u32) -> Result<PostAttributes, Error> {
    Ok(PostAttributes {
        title: parse(&format!("A title of usual length, number {n}"))?,
        content: parse(&"The engine weaves algebra. ".repeat(38))?,
        category: Some(parse(CATEGORIES[n as usize % CATEGORIES.len()])?),
        published: true,
    })
}

pub(crate) fn problem_attributes(n: u32, is_rare: bool) -> Result<ProblemAttributes, Error> {
    let kind = if is_rare { "Zigzag" } else { KINDS[n as usize % KINDS.len()] };
    let of = OF[n as usize / KINDS.len() % OF.len()];
    Ok(ProblemAttributes {
        name: parse(&format!("{kind} of {of} {n}"))?,
        description: Some(parse(&"What is to be done. ".repeat(50))?),
        difficulty: Difficulty::Medium,
    })
}

pub(crate) fn parse<T: FromStr<Err = Invalid>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|invalid| Error::Content(text.to_owned(), invalid))
}

/// Returns the time of the nth entity, a second after the one before.
fn at(n: u32) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + 1000 * i64::from(n))
}
