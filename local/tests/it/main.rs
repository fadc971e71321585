//! The gateway, from requests to real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod command;
mod database;
mod environment;
mod events;
mod faults;
mod function_url;
mod guard;
mod http;
mod iam;
mod instances;
mod invoke_api;
mod misbehaviour;
mod s3;
mod scope;
mod ses;
mod sqs;
mod streams;
mod support;
mod templates;
mod triggers;
mod watch;
