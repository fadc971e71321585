//! The whole API on this machine for a test: the gateway of `local`, the function binaries and a table of its own.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    reason = "a test fails by a panic, and goes on with what did not"
)]

mod answer;
mod app;
mod browser;
mod check;
mod chromium;
mod client;
mod conformance;
mod document;
mod form;
mod mail;
mod many;
mod process;
mod raw;
mod resource;
mod sender;
mod site;
mod stripe;
mod upload;
mod upstream;

pub use answer::{Answer, Arriving};
pub use app::{App, just_signed_in};
pub use browser::{Browser, PASSWORD};
pub use check::{Fsck, expect_whole, fsck};
pub use chromium::{Chromium, Page};
pub use client::{Call, Client};
pub use document::{Body, Document, Operation, Parameter};
pub use form::{Form, PNG};
pub use process::Process;
pub use resource::Resource;
pub use sender::{Sender, new_email};
pub use site::Site;
pub use stripe::{Stripe, checkout_event};
pub use upstream::{Behaviour, Upstream, weather};

use serde_json::{Value, json};

/// Returns the fields of a published post with this title.
pub fn post(title: &str) -> Value {
    json!({"title": title, "content": "What it says.", "published": true})
}

/// Returns the fields of a problem with this name.
pub fn problem(name: &str) -> Value {
    json!({"name": name, "difficulty": "easy"})
}

/// Returns the fields of a user with this address.
pub fn user(email: &str) -> Value {
    json!({"email": email, "name": "Ada"})
}
