use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;

use super::Error;

/// Reads a body of at most `limit` bytes.
///
/// A body with a content coding, such as gzip, is refused, because its size does not limit the size of the decoded
/// content.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Error> {
    if has_content_coding(headers) {
        return Err(Error::ContentCoding);
    }
    let size = body.size_hint().lower();
    to_bytes(body, limit).await.map_err(|_| Error::TooLarge { limit, size })
}

/// Returns whether `Content-Encoding` names a coding (RFC 9110, section 8.4). `identity` names none.
fn has_content_coding(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        let mut codings = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(codings: &[&str]) -> Result<Bytes, Error> {
        let codings = codings.iter().map(|coding| (CONTENT_ENCODING, coding.parse().unwrap()));
        read_body(&codings.collect(), Body::from("12345"), 5).await
    }

    #[tokio::test]
    async fn only_identity_is_no_content_coding() {
        for codings in [&[][..], &[""], &["identity"], &["Identity, ,identity"], &["identity", "IDENTITY"]] {
            assert_eq!(read(codings).await.unwrap(), "12345", "{codings:?}");
        }
        for codings in
            [&["gzip"][..], &["br"], &["identity, GZIP"], &["identity", "deflate"], &["aws-chunked"], &["é"]]
        {
            assert!(matches!(read(codings).await, Err(Error::ContentCoding)), "{codings:?}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_with_its_size() {
        let refused = read_body(&HeaderMap::new(), Body::from("123456"), 5).await;
        assert!(matches!(refused, Err(Error::TooLarge { limit: 5, size: 6 })), "{refused:?}");
    }
}
