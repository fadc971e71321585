//! Runs the whole on this machine for a test: the gateway of `local`, the function binaries, a table of its own.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

mod answer;
mod app;
mod client;
mod process;

pub use answer::Answer;
pub use app::App;
pub use client::{Call, Client};
pub use process::Process;

use serde_json::{Value, json};

/// A post's fields with this title, published.
#[must_use]
pub fn post(title: &str) -> Value {
    json!({"title": title, "content": "What it says.", "published": true})
}

/// A user's fields with this address.
#[must_use]
pub fn user(email: &str) -> Value {
    json!({"email": email, "name": "Ada"})
}
