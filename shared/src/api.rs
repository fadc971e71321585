//! The API's resources in their JSON form. Requests are converted to domain values before they are stored, and stored
//! items are converted before they are sent.

mod file;
mod link;
mod payment;
mod post;
mod problem;
mod tokens;
mod truth;
mod user;

pub use file::{FileBody, PresignInput, PresignedBody, UploadMethod, UploadedBody};
pub use link::{AddressInput, LinkInput};
pub use payment::{PaymentBody, PaymentListBody};
pub use post::{PostBody, PostInput, PostListBody, PostPatch, PostSummaryBody};
pub use problem::{ProblemBody, ProblemInput, ProblemListBody, ProblemPatch, ProblemSummaryBody};
pub use tokens::{AccountBody, CredentialsInput, RefreshInput, RefreshToken, RegistrationInput, TokensBody};
pub use truth::True;
pub use user::{UserBody, UserInput, UserListBody, UserPatch};
