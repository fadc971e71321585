//! The API as its clients see it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod admin;
mod auth_login;
mod auth_refresh;
mod auth_register;
mod authorisation;
mod browser;
mod conditional;
mod conventions;
mod durability;
mod events;
mod faults;
mod input;
mod interop;
mod lists;
mod posts;
mod profile;
mod protected;
mod rate_limits;
mod readme;
mod secrets;
mod session;
mod users;
