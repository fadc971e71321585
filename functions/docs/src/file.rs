use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use shared::http::{Error, Fixed};

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A file that is embedded in the binary.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    etag: &'static str,
    pub(crate) content: &'static [u8],
}

impl File {
    /// Answers with the file, or with 304 if the client has it. Clients may cache it for `max_age`.
    pub(crate) fn answer(&'static self, headers: &HeaderMap, max_age: Duration) -> Result<Response, Error> {
        let Self { media_type, etag, content, .. } = *self;
        Fixed { media_type, etag: etag.into(), content: content.into() }.answer(headers, max_age)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};

    use super::*;

    #[tokio::test]
    async fn the_whole_file_comes_with_its_type_and_tag() {
        let response = DOCUMENT.answer(&HeaderMap::new(), Duration::from_mins(1)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=60");
        assert_eq!(response.headers()[ETAG], DOCUMENT.etag);
        assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap(), DOCUMENT.content);
    }

    #[tokio::test]
    async fn a_client_that_has_the_file_gets_no_content() {
        for (sent, status) in [
            (DOCUMENT.etag, StatusCode::NOT_MODIFIED),
            ("*", StatusCode::NOT_MODIFIED),
            ("\"other\"", StatusCode::OK),
            ("unreadable", StatusCode::OK),
        ] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, sent.parse().unwrap())]);
            let response = DOCUMENT.answer(&headers, Duration::from_mins(1)).unwrap();
            assert_eq!(response.status(), status, "If-None-Match: {sent}");
            assert_eq!(response.headers()[ETAG], DOCUMENT.etag);
            let is_empty = to_bytes(response.into_body(), usize::MAX).await.unwrap().is_empty();
            assert_eq!(is_empty, status == StatusCode::NOT_MODIFIED);
        }
    }

    #[test]
    fn every_file_has_a_tag_of_its_own() {
        let mut tags: Vec<_> = ASSETS.iter().chain([&PAGE, &DOCUMENT]).map(|file| file.etag).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), ASSETS.len() + 2);
    }
}
