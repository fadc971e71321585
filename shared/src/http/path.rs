use std::str::FromStr;

use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::Error;
use crate::domain::{FileId, PostId, ProblemId, UserId};

/// The id in the path. A text that is not an id is answered with 404, like an unknown id.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

/// The id of one kind of entity.
pub trait EntityId: FromStr {
    /// The name of the entity, as in `User not found`.
    const ENTITY: &'static str;
}

impl EntityId for UserId {
    const ENTITY: &'static str = "User";
}

impl EntityId for PostId {
    const ENTITY: &'static str = "Post";
}

impl EntityId for ProblemId {
    const ENTITY: &'static str = "Problem";
}

impl EntityId for FileId {
    const ENTITY: &'static str = "File";
}

impl<S: Sync, T: EntityId> FromRequestParts<S> for PathId<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let not_found = || Error::NotFound(T::ENTITY);
        let Path(id) = parts.extract::<Path<String>>().await.map_err(|_| not_found())?;
        id.parse().map(Self).map_err(|_| not_found())
    }
}
