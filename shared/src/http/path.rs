use std::any::type_name;
use std::str::FromStr;
use std::sync::Arc;

use axum::RequestPartsExt;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::Error;
use crate::domain::{Child, FileId, PostId, ProblemId, SessionId, UserId};

/// The id in a path with one variable. A text that is no id names no entity: 404, as for an id that nobody has.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

/// The ids in a path with two variables: that of the parent and that of the entity, as in
/// `/api/posts/{id}/comments/{commentId}`.
#[derive(Clone, Copy, Debug)]
pub struct PathIds<P, T>(pub Child<P, T>);

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

impl EntityId for SessionId {
    const ENTITY: &'static str = "Session";
}

impl<S: Sync, T: EntityId> FromRequestParts<S> for PathId<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let [id] = variables::<Self, _>(parts, T::ENTITY).await?;
        Ok(Self(parse(&id)?))
    }
}

impl<S: Sync, P: EntityId, T: EntityId> FromRequestParts<S> for PathIds<P, T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let [parent, id] = variables::<Self, _>(parts, T::ENTITY).await?;
        Ok(Self(Child { parent: parse(&parent)?, own: parse(&id)? }))
    }
}

/// Reads the variables of the path. If their number is not that of the extractor `E`, no request could succeed: that is
/// a defect of the route, and the log names it.
async fn variables<E, const N: usize>(parts: &mut Parts, entity: &'static str) -> Result<[String; N], Error> {
    let params = match parts.extract::<RawPathParams>().await {
        Ok(params) => params,
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => return Err(Error::NotFound(entity)),
        Err(other) => return Err(Error::Internal(Arc::new(other))),
    };
    let values: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
    values.try_into().map_err(|_| {
        let names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
        let (extractor, path) = (type_name::<E>(), parts.uri.path());
        let message = format!("{extractor} does not fit the route of {path}, whose variables are {names:?}");
        Error::Internal(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(message)))
    })
}

fn parse<T: EntityId>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::NotFound(T::ENTITY))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::routing::{MethodRouter, get};
    use tower::ServiceExt;

    use super::*;
    use crate::http::Failure;

    const ID: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";
    const OTHER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e70";

    /// Returns the status of the response and its failure's message and cause.
    async fn request(route: &str, handler: MethodRouter, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = Router::new().route(route, handler).oneshot(request).await.unwrap();
        let failure = response.extensions().get::<Failure>().map(|failure| {
            let cause = failure.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
            format!("{}{cause}", failure.message)
        });
        (response.status(), failure.unwrap_or_default())
    }

    fn one() -> MethodRouter {
        get(async |PathId(id): PathId<UserId>| assert_eq!(id.to_string(), ID))
    }

    fn two() -> MethodRouter {
        get(async |PathIds(child): PathIds<UserId, SessionId>| {
            assert_eq!((child.parent.to_string(), child.own.to_string()), (ID.to_owned(), OTHER.to_owned()));
        })
    }

    #[tokio::test]
    async fn ids_are_read_in_the_order_of_the_path() {
        let ok = (StatusCode::OK, String::new());
        assert_eq!(request("/a/{id}", one(), &format!("/a/{ID}")).await, ok);
        assert_eq!(request("/a/{id}/b/{sessionId}", two(), &format!("/a/{ID}/b/{OTHER}")).await, ok);
    }

    #[tokio::test]
    async fn what_is_no_id_is_not_found() {
        let not_found = |what: &str| (StatusCode::NOT_FOUND, format!("{what} not found"));
        assert_eq!(request("/a/{id}", one(), "/a/1").await, not_found("User"));
        assert_eq!(request("/a/{id}", one(), "/a/%FF").await, not_found("User"));
        assert_eq!(
            request("/a/{id}/b/{sessionId}", two(), &format!("/a/1/b/{OTHER}")).await,
            not_found("User")
        );
        assert_eq!(
            request("/a/{id}/b/{sessionId}", two(), &format!("/a/{ID}/b/1")).await,
            not_found("Session")
        );
    }

    #[tokio::test]
    async fn an_extractor_that_does_not_fit_its_path_is_a_defect_with_a_name() {
        let both = format!("/a/{ID}/b/{OTHER}");
        for (route, handler, path, names) in [
            ("/a/{id}/b/{sessionId}", one(), &*both, "PathId<"),
            ("/a/{id}", two(), &format!("/a/{ID}"), "PathIds<"),
            ("/a", one(), "/a", "PathId<"),
        ] {
            let (status, message) = request(route, handler, path).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{message}");
            assert!(message.contains(names) && message.contains(path), "{message}");
        }
    }
}
