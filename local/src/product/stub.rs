use std::net::SocketAddr;
use std::pin::Pin;

use http::Request;
use hyper::body::Incoming;

use crate::lambda::response::Response;

/// A stub of a service. It answers if the template has the secret of the service's key, and the environment lacks it.
pub struct Stub {
    /// The service's name, as `local` announces it.
    pub name: &'static str,
    /// The variable that has the key.
    pub api_key: &'static str,
    /// The variable that has the URL of the service.
    pub base_url: &'static str,
    /// The response to a request.
    pub(crate) answer: fn(Request<Incoming>, SocketAddr) -> Answer,
}

/// A response that a stub may take time for.
type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
