//! The API's resources as they go over the wire. None is ever stored as it came, or sent as it is stored.

mod post;
mod tokens;
mod user;

pub use post::{PostBody, PostInput, PostListBody, PostPatch, PostSummaryBody};
pub use tokens::{AccountBody, CredentialsInput, RefreshInput, RegistrationInput, TokensBody};
pub use user::{UserBody, UserInput, UserListBody, UserPatch};
