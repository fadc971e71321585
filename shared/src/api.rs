//! The API's resources as they go over the wire. None is ever stored as it came, or sent as it is stored.

mod file;
mod payment;
mod post;
mod problem;
mod tokens;
mod user;

pub use file::{FileBody, PresignInput, PresignedBody, UploadedBody};
pub use payment::{PaymentBody, PaymentListBody};
pub use post::{PostBody, PostInput, PostListBody, PostPatch, PostSummaryBody};
pub use problem::{ProblemBody, ProblemInput, ProblemListBody, ProblemPatch, ProblemSummaryBody};
pub use tokens::{AccountBody, CredentialsInput, RefreshInput, RegistrationInput, TokensBody};
pub use user::{UserBody, UserInput, UserListBody, UserPatch};
