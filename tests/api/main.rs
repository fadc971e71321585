//! The API as its clients see it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod conditional;
mod conventions;
mod durability;
mod events;
mod faults;
mod input;
mod lists;
mod posts;
mod readme;
mod users;
