//! The API's resources as they go over the wire. None is ever stored as it came, or sent as it is stored.

mod file;
mod payment;
mod post;
mod problem;
mod tokens;
mod truth;
mod user;

pub use file::{FileBody, PresignInput, PresignedBody, UploadMethod, UploadedBody};
pub use payment::{PaymentBody, PaymentListBody};
pub use post::{PostBody, PostInput, PostListBody, PostPatch, PostSummaryBody};
pub use problem::{ProblemBody, ProblemInput, ProblemListBody, ProblemPatch, ProblemSummaryBody};
pub use tokens::{AccountBody, CredentialsInput, RefreshInput, RefreshToken, RegistrationInput, TokensBody};
pub use truth::True;
pub use user::{UserBody, UserInput, UserListBody, UserPatch};
