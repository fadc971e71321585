//! The API's resources as they go over the wire. None is ever stored as it came, or sent as it is stored.

mod file;
mod payment;
mod post;
mod problem;
mod tokens;
mod user;

pub use file::{FileBody, PresignInput, PresignedBody, UploadMethod, UploadedBody};
pub use payment::{PaymentBody, PaymentListBody};
pub use post::{PostBody, PostInput, PostListBody, PostPatch, PostSummaryBody};
pub use problem::{ProblemBody, ProblemInput, ProblemListBody, ProblemPatch, ProblemSummaryBody};
pub use tokens::{AccountBody, CredentialsInput, RefreshInput, RefreshToken, RegistrationInput, TokensBody};
pub use user::{UserBody, UserInput, UserListBody, UserPatch};

use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A member that is always `true`.
pub struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl PartialSchema for True {
    fn schema() -> RefOr<Schema> {
        let always = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
        always.description(Some("Always `true`.")).into()
    }
}

impl ToSchema for True {}
