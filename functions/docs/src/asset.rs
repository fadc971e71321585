use std::time::Duration;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::IntoResponse;
use shared::http::{Error, FixedParams};

use crate::file::ASSETS;
use crate::page::POLICY;

/// The longest time for which a page may use files of another version, whose names are the same.
const MAX_AGE: Duration = Duration::from_hours(1);

/// Get a file of the page
///
/// A script, a style sheet or an icon of the documentation page, the text on the conventions of the API, or one of the
/// pages to which the links in mails lead by default.
#[utoipa::path(
    get,
    path = "/api/docs/{file}",
    tag = "documentation",
    operation_id = "getDocsFile",
    params(("file" = String, Path, description = "The name of the file.", example = "swagger-ui.css"), FixedParams),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/css"), (String = "text/html"), (String = "text/javascript"), (Vec<u8> = "image/png"), (String = "text/markdown"),
        )),
    ),
)]
pub(crate) async fn asset(
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let file = name.ok().and_then(|Path(name)| ASSETS.iter().find(|file| file.name == name));
    let file = file.ok_or(Error::NotFound("File"))?.answer(&headers, MAX_AGE)?;
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], file))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use axum::http::header::CONTENT_TYPE;
    use axum::response::Response;

    use super::*;

    async fn get(name: &str) -> Result<Response, Error> {
        asset(Ok(Path(name.to_owned())), HeaderMap::new()).await.map(IntoResponse::into_response)
    }

    #[tokio::test]
    async fn a_file_comes_as_what_it_is() {
        for (name, media_type) in [
            ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
            ("swagger-ui.css", "text/css; charset=utf-8"),
            ("favicon-32x32.png", "image/png"),
            ("api-design.md", "text/markdown; charset=utf-8"),
            ("confirm-email", "text/html; charset=utf-8"),
            ("reset-password", "text/html; charset=utf-8"),
        ] {
            let response = get(name).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()[CONTENT_TYPE], media_type, "{name}");
        }
    }

    #[tokio::test]
    async fn the_conventions_link_to_themselves_and_to_the_document() {
        let body = get("api-design.md").await.unwrap().into_body();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let targets: Vec<&str> =
            text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
        assert!(targets.contains(&"../openapi.json") && targets.contains(&"#accept"), "{targets:?}");
        let is_elsewhere = |target: &&&str| {
            !(target.starts_with('#') || target.starts_with("https://")) && **target != "../openapi.json"
        };
        assert_eq!(targets.iter().find(is_elsewhere), None);
    }

    #[tokio::test]
    async fn there_is_no_other_file() {
        for name in ["", "index.html", "openapi.json", "../openapi.json", "swagger-ui-bundle.js.map"] {
            assert!(matches!(get(name).await, Err(Error::NotFound("File"))), "{name}");
        }
    }
}
