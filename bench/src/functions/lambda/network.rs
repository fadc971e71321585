//! AWS's services, as a function on Lambda meets them.

use std::collections::BTreeMap;
use std::io;

use super::endpoint::{Endpoint, ROOT};
use super::wire::Wire;

/// The variables with the URLs of the services.
const SERVICES: [&str; 4] =
    ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SESV2", "AWS_ENDPOINT_URL_SQS"];

/// An endpoint with TLS for each service, by the URL of the service itself.
pub(super) struct Network(BTreeMap<String, Endpoint>);

impl Network {
    /// Starts the endpoints of the services in a function's environment.
    pub(super) async fn start(environment: &BTreeMap<String, String>) -> io::Result<Self> {
        let wire = Wire::start();
        let mut endpoints = BTreeMap::new();
        for url in SERVICES.iter().filter_map(|variable| environment.get(*variable)) {
            let address = url.trim_start_matches("http://").parse().map_err(io::Error::other)?;
            endpoints.insert(url.clone(), Endpoint::start(&wire, address).await?);
        }
        Ok(Self(endpoints))
    }

    /// Returns the environment of a function that uses the endpoints.
    pub(super) fn environment(&self, environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let localized = |value: &String| {
            self.0.iter().fold(value.clone(), |value, (url, endpoint)| value.replace(url, &endpoint.url))
        };
        let variables = environment.iter().map(|(name, value)| (name.clone(), localized(value)));
        variables.chain([("AWS_CA_BUNDLE".to_owned(), ROOT.to_owned())]).collect()
    }

    /// Returns the number of TLS handshakes up to now.
    pub(super) fn handshakes(&self) -> u64 {
        self.0.values().map(Endpoint::handshakes).sum()
    }
}
