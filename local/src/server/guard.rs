//! One filter before all listeners.
//!
//! A page in a browser on this machine can send requests to every port of it, wherever the page is from. Its `Origin`
//! shows that. A name that a stranger's DNS resolves to this machine ("DNS rebinding") would make the page's origin the
//! listener's own; its `Host` shows that.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;

/// The name by which Docker's containers know this machine.
const HOST_OF_CONTAINERS: &str = "host.docker.internal";

/// A listener's filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    is_loopback: bool,
    kind: Kind,
}

/// The kind of a listener.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The API. Its CORS rules decide about pages. Off loopback, only its users know by which names they call it.
    Api,
    /// Buckets. Their CORS rules decide about pages.
    Buckets,
    /// A service for functions and tools. No page has any business with it.
    Internal,
}

impl Guard {
    /// The filter of a listener at `address`.
    pub(crate) fn new(address: Option<SocketAddr>, kind: Kind) -> Self {
        Self { is_loopback: address.is_some_and(|address| address.ip().is_loopback()), kind }
    }

    /// The answer to a request that is not let in.
    pub(crate) fn refusal<B>(self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let headers = request.headers();
        if (self.is_loopback || self.kind != Kind::Api) && !self.has_own_host(request) {
            return Some(forbidden("this address answers by the names of this machine, such as localhost"));
        }
        if self.kind == Kind::Internal && is_of_page(headers) {
            return Some(forbidden("not for pages of browsers"));
        }
        None
    }

    /// Reports whether every host that the request names is this machine. What is no host is for others to refuse.
    fn has_own_host<B>(self, request: &Request<B>) -> bool {
        let named = request.headers().get_all(header::HOST).iter();
        let named = named.filter_map(|host| Authority::try_from(host.as_bytes()).ok());
        named
            .chain(request.uri().authority().cloned())
            .all(|host| host.as_str().contains('@') || self.is_own(host.host()))
    }

    /// Off loopback, every address is its own: the request has reached this machine, and DNS had no part in it.
    fn is_own(self, host: &str) -> bool {
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = host.to_ascii_lowercase();
        address.parse().is_ok_and(|address: IpAddr| address.is_loopback() || !self.is_loopback)
            || ["localhost", HOST_OF_CONTAINERS].contains(&name.as_str())
            || name.ends_with(".localhost")
    }
}

/// Browsers say so themselves: with an `Origin`, and where that is left out with `Sec-Fetch-Site`.
fn is_of_page(headers: &HeaderMap) -> bool {
    let typed_in = |site: &HeaderValue| site == "none";
    headers.contains_key(header::ORIGIN) || headers.get("sec-fetch-site").is_some_and(|site| !typed_in(site))
}

fn forbidden(message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(address: &str, kind: Kind, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let guard = Guard::new(address.parse().ok(), kind);
        guard.refusal(&request.body(()).unwrap()).map_or(200, |response| response.status().as_u16())
    }

    #[test]
    fn loopback_answers_by_names_of_this_machine() {
        for (host, expected) in [
            ("localhost:3000", 200),
            ("LOCALHOST", 200),
            ("api.localhost:3000", 200),
            ("127.0.0.1:3000", 200),
            ("127.8.8.8", 200),
            ("[::1]:3000", 200),
            ("host.docker.internal:8000", 200),
            ("evil.test:3000", 403),
            ("localhost.evil.test", 403),
            ("notlocalhost", 403),
            ("127.0.0.1.evil.test", 403),
            ("169.254.169.254", 403),
            ("[::2]", 403),
            ("0.0.0.0:3000", 403),
            ("a b", 200),
            ("", 200),
            ("user@evil.test", 200),
        ] {
            assert_eq!(status("127.0.0.1:3000", Kind::Api, &[("host", host)]), expected, "{host}");
            assert_eq!(status("0.0.0.0:3000", Kind::Api, &[("host", host)]), 200, "{host}");
        }
        let two = [("host", "localhost"), ("host", "evil.test")];
        assert_eq!(status("[::1]:3000", Kind::Api, &two), 403);
        assert_eq!(status("[::1]:3000", Kind::Api, &[]), 200);
    }

    #[test]
    fn services_off_loopback_answer_by_addresses_and_by_no_strangers_name() {
        for (host, expected) in [
            ("172.17.0.1:8000", 200),
            ("[fe80::1]:8000", 200),
            ("host.docker.internal:8000", 200),
            ("services.localhost:8000", 200),
            ("evil.test:8000", 403),
            ("172.17.0.1.evil.test", 403),
        ] {
            for kind in [Kind::Buckets, Kind::Internal] {
                assert_eq!(status("172.17.0.1:8000", kind, &[("host", host)]), expected, "{kind:?}: {host}");
            }
        }
    }

    #[test]
    fn pages_get_nothing_where_they_have_no_business() {
        for (header, refused) in [
            (("origin", "http://evil.test"), true),
            (("origin", "null"), true),
            (("origin", "http://localhost:3000"), true),
            (("sec-fetch-site", "cross-site"), true),
            (("sec-fetch-site", "none"), false),
            (("user-agent", "aws-sdk-rust"), false),
        ] {
            for address in ["127.0.0.1:8000", "0.0.0.0:8000"] {
                let expected = if refused { 403 } else { 200 };
                assert_eq!(status(address, Kind::Internal, &[header]), expected, "{header:?}");
                assert_eq!(status(address, Kind::Buckets, &[header]), 200, "{header:?}");
                assert_eq!(status(address, Kind::Api, &[header]), 200, "{header:?}");
            }
        }
    }
}
