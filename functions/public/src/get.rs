use std::sync::LazyLock;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use shared::domain::{Category, Content, Name, Password, Title};
use shared::http::{Error, Fixed, FixedParams, MAX_JSON_BYTES};
use utoipa::ToSchema;

const MAX_AGE: Duration = Duration::from_hours(1);

/// The public description of the API.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = About, example = json!(ABOUT))]
struct AboutBody {
    /// The name of the API.
    #[schema(example = "Serverless API")]
    name: &'static str,
    /// The version of the API.
    #[schema(example = "0.1.0")]
    version: &'static str,
    documentation: DocumentationBody,
    limits: LimitsBody,
}

/// The paths of the API's documentation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Documentation)]
struct DocumentationBody {
    /// The page for people.
    #[schema(example = "/api/docs")]
    page: &'static str,
    /// The OpenAPI document, for programs.
    #[schema(example = "/api/openapi.json")]
    openapi: &'static str,
}

/// The limits that a form can check before it is sent. Lengths are in characters (Unicode scalar values).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limits)]
struct LimitsBody {
    /// The length of the name of a user.
    name: RangeBody,
    /// The length of a password.
    password: RangeBody,
    /// The length of the title of a post.
    post_title: RangeBody,
    /// The length of the text of a post.
    post_content: RangeBody,
    /// The length of the category of a post.
    post_category: RangeBody,
    /// The number of items on a page of a list.
    page: RangeBody,
    /// The largest JSON body, in bytes.
    #[schema(example = 1_048_576)]
    json_body_bytes: usize,
}

/// A range of numbers.
#[derive(Serialize, ToSchema)]
#[schema(as = Range)]
struct RangeBody {
    /// The smallest number.
    #[schema(example = 1)]
    min: u32,
    /// The largest number.
    #[schema(example = 100)]
    max: u32,
}

const fn range(min: u32, max: u32) -> RangeBody {
    RangeBody { min, max }
}

const ABOUT: AboutBody = AboutBody {
    name: "Serverless API",
    version: env!("CARGO_PKG_VERSION"),
    documentation: DocumentationBody { page: "/api/docs", openapi: "/api/openapi.json" },
    limits: LimitsBody {
        name: range(Name::MIN_CHARACTERS, Name::MAX_CHARACTERS),
        password: range(Password::MIN_CHARACTERS, Password::MAX_CHARACTERS),
        post_title: range(Title::MIN_CHARACTERS, Title::MAX_CHARACTERS),
        post_content: range(Content::MIN_CHARACTERS, Content::MAX_CHARACTERS),
        post_category: range(Category::MIN_CHARACTERS, Category::MAX_CHARACTERS),
        page: range(1, 100),
        json_body_bytes: MAX_JSON_BYTES,
    },
};

static DOCUMENT: LazyLock<Fixed> = LazyLock::new(|| Fixed::json(&ABOUT));

/// Describe the API
///
/// The response is the same for every caller until the next deployment, so any cache may keep it for an hour.
#[utoipa::path(
    get,
    path = "/api/public",
    tag = "documentation",
    operation_id = "getPublic",
    params(FixedParams),
    responses((status = 200, description = "The description of the API.", body = AboutBody)),
)]
pub(crate) async fn get(headers: HeaderMap) -> Result<Response, Error> {
    DOCUMENT.clone().answer(&headers, MAX_AGE)
}

#[cfg(test)]
mod tests {
    use shared::domain::{Category, Content, Name, Password, Title};

    use super::*;

    #[track_caller]
    fn holds<T: std::str::FromStr>(RangeBody { min, max }: RangeBody) {
        let takes = |length: u32| "é".repeat(length as usize).parse::<T>().is_ok();
        assert!(takes(min) && takes(max), "{min} to {max} characters are allowed");
        assert!(!takes(min - 1) && !takes(max + 1), "and no others");
    }

    #[test]
    fn the_limits_are_those_that_hold() {
        let AboutBody { limits, .. } = ABOUT;
        holds::<Name>(limits.name);
        holds::<Password>(limits.password);
        holds::<Title>(limits.post_title);
        holds::<Content>(limits.post_content);
        holds::<Category>(limits.post_category);
    }
}
