use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

/// The client's address as the gateway saw it. `X-Forwarded-For` is not used, because clients can set it.
///
/// An IPv6 address counts by its first 64 bits, because one client has all addresses of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

impl SourceAddress {
    fn parse(text: &str) -> Self {
        let network = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        };
        Self(text.parse().ok().map(network))
    }
}

impl fmt::Display for SourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            // The gateway always sets the address. Without it, all such clients share one quota.
            None => f.write_str("unknown"),
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
    fn a_source_address_is_a_host_or_the_network_of_one() {
        for (given, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("", "unknown"),
            ("192.0.2.7, 192.0.2.8", "unknown"),
        ] {
            assert_eq!(SourceAddress::parse(given).to_string(), counted);
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
            SourceAddress::from_request_parts(&mut parts, &()).await.unwrap().to_string()
        };
        for forwarded in ["", "192.0.2.1", "192.0.2.1, 192.0.2.7"] {
            assert_eq!(address(forwarded).await, "192.0.2.7");
        }
    }
}
