//! Starts new functions and removes functions: their files, and their lines in the files that all functions share.

pub mod checkout;
pub mod name;
pub mod new;
pub mod remove;
pub mod template;

mod block;
mod edits;
mod error;
mod words;

pub use error::Error;
