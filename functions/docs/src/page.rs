use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::IntoResponse;
use shared::http::{Error, FixedParams};

use crate::file::PAGE;

/// The policy allows nothing from other servers and no inline script. `data:` is for the icons in Swagger UI's style
/// sheet.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MAX_AGE: Duration = Duration::from_mins(5);

/// Read and try the API
///
/// The interactive documentation page, Swagger UI. It shows the OpenAPI document and sends requests.
#[utoipa::path(
    get,
    path = "/api/docs",
    tag = "documentation",
    operation_id = "getDocs",
    params(FixedParams),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn page(headers: HeaderMap) -> Result<impl IntoResponse, Error> {
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], PAGE.answer(&headers, MAX_AGE)?))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::file::ASSETS;

    #[tokio::test]
    async fn every_file_that_the_page_names_is_there() {
        let page =
            to_bytes(page(HeaderMap::new()).await.into_response().into_body(), usize::MAX).await.unwrap();
        let page = std::str::from_utf8(&page).unwrap();
        let mut named: Vec<&str> =
            page.split("=\"docs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        // The document names the first one, and mails the others.
        let mut unnamed = vec!["api-design.md"];
        for file in ASSETS.iter().filter(|file| file.media_type.starts_with("text/html")) {
            let page = std::str::from_utf8(file.content).unwrap();
            let attributes = ["href=\"", "src=\""].iter().flat_map(|attribute| page.split(attribute).skip(1));
            named.extend(attributes.filter_map(|rest| rest.split('"').next()));
            unnamed.push(file.name);
        }
        named.sort_unstable();
        named.dedup();
        let mut served: Vec<&str> =
            ASSETS.iter().map(|file| file.name).filter(|name| !unnamed.contains(name)).collect();
        served.sort_unstable();
        assert_eq!(named, served);
        assert!(!page.contains("http"), "something comes from elsewhere: {page}");
    }

    #[tokio::test]
    async fn no_inline_script_may_run() {
        let response = page(HeaderMap::new()).await.into_response();
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
