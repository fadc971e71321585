//! Properties of everything that reads what strangers send, on valid texts that were changed at random.
//!
//! `.ci/run` runs them with so many cases (`PROPTEST_CASES`) that they take about a minute. A case that fails is kept in
//! `proptest-regressions/` and runs first from then on.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod addresses;
mod changes;
mod cookies;
mod cursors;
mod multipart;
mod stripe_signatures;
mod templates;
mod tokens;
