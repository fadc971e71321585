//! The stores against an embedded `DynamoDB`: the items that they leave in the table, and their costs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]
#![expect(clippy::large_futures, reason = "what is polled once may be large")]

mod check;
mod costs;
mod idempotency;
mod items;
mod payments;
mod rates;
mod refresh;
mod search;
mod sessions;
mod token_keys;
mod uploads;
mod weather;
