//! The API as its clients see it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod admin;
mod auth_login;
mod auth_refresh;
mod auth_register;
mod authorisation;
mod banner;
mod browser;
mod concurrency;
mod conditional;
mod conformance;
mod conventions;
mod cors;
mod durability;
mod events;
mod example;
mod fault_injection;
mod faults;
mod fsck;
mod idempotency;
mod input;
mod interop;
mod json_bodies;
mod lists;
mod payments;
mod posts;
mod problems;
mod problems_id;
mod profile;
mod protected;
mod public;
mod rate_limits;
mod readme;
mod search;
mod secrets;
mod session;
mod stream;
mod stripe_events;
mod upload;
mod upload_forms;
mod upload_id;
mod upload_presign;
mod users;
mod weather;
mod webhooks_stripe;
