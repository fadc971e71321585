use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

/// The client's address as the gateway saw it. `X-Forwarded-For` is not used, because clients can set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

/// The IPv6 networks of a client, from the smallest: their prefix in bits, and the quota in multiples of that of one
/// address. A subscriber gets one of 64, 56 or 48 bits (RFC 6177), so nobody has more than the last one allows.
const NETWORKS: [(u32, u32); 3] = [(64, 1), (56, 4), (48, 16)];

impl SourceAddress {
    fn parse(text: &str) -> Self {
        Self(text.parse().ok().map(|address: IpAddr| address.to_canonical()))
    }

    /// Returns the names under which a request from this address is counted, and for each the multiple of the quota.
    pub(super) fn counted(self) -> Vec<(String, u32)> {
        match self.0 {
            Some(IpAddr::V6(address)) => NETWORKS
                .map(|(bits, multiple)| {
                    let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)));
                    (format!("{network}/{bits}"), multiple)
                })
                .into(),
            Some(IpAddr::V4(address)) => vec![(address.to_string(), 1)],
            // The gateway always sets the address. Without it, all such clients share one quota.
            None => vec![("unknown".to_owned(), 1)],
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SourceAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = match parts.extensions.get() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        Ok(Self::parse(address.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_address_is_a_host_or_its_networks() {
        for (given, counted) in [
            ("192.0.2.7", "192.0.2.7 x1"),
            ("::ffff:192.0.2.7", "192.0.2.7 x1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64 x1, 2001:db8:1::/56 x4, 2001:db8:1::/48 x16"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64 x1, 2001:db8:1::/56 x4, 2001:db8:1::/48 x16"),
            ("2001:db8:1:ab03::1", "2001:db8:1:ab03::/64 x1, 2001:db8:1:ab00::/56 x4, 2001:db8:1::/48 x16"),
            ("", "unknown x1"),
            ("192.0.2.7, 192.0.2.8", "unknown x1"),
        ] {
            let names = SourceAddress::parse(given).counted();
            let names: Vec<String> = names.iter().map(|(name, n)| format!("{name} x{n}")).collect();
            assert_eq!(names.join(", "), counted);
        }
    }

    #[tokio::test]
    async fn a_spoofed_header_gains_nothing() {
        let address = async |forwarded: &str| {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
                "headers": {"host": "localhost", "x-forwarded-for": forwarded, "forwarded": "for=192.0.2.1"},
                "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.7"}}, "isBase64Encoded": false,
            });
            let request: lambda_http::request::LambdaRequest = serde_json::from_value(event).unwrap();
            let (mut parts, _) = axum::http::Request::from(request).into_parts();
            SourceAddress::from_request_parts(&mut parts, &()).await.unwrap().counted()
        };
        for forwarded in ["", "192.0.2.1", "192.0.2.1, 192.0.2.7"] {
            assert_eq!(address(forwarded).await, [("192.0.2.7".to_owned(), 1)]);
        }
    }
}
