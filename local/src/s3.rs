//! The embedded S3: objects on disk behind S3's own HTTP API, with the template's buckets.
//!
//! `s3s` parses requests and verifies signatures, including presigned ones; [`access`] evaluates policies, and [`api`]
//! carries the requests out. Lifecycle rules are not emulated.

#[macro_use]
mod fields;

mod access;
mod api;
mod change;
mod conditions;
mod cors;
mod draft;
mod list;
mod multipart;
mod object;
mod store;

pub(crate) use change::{Change, Notify, Requester};

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use s3s::Body;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::sync::oneshot;
use uuid::Uuid;

use self::access::Access;
use self::api::Api;
use self::store::Store;
use crate::access::Authority;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};
use crate::server::switch::{BACKLOG, Switch};
use crate::template::Bucket;

/// Buckets and their server.
pub struct S3 {
    server: Switch,
}

impl S3 {
    /// Opens the buckets in `directory`, or in a temporary one, and serves them.
    pub(crate) fn start(
        address: SocketAddr,
        directory: Option<&Path>,
        buckets: &[Bucket],
        notify: Notify,
        authority: Authority,
    ) -> io::Result<Self> {
        let store = Store::open(directory, buckets.iter().map(|bucket| bucket.name.clone()).collect())?;
        let mut builder = S3ServiceBuilder::new(Api { store, notify });
        builder.set_auth(Access(authority.clone()));
        builder.set_access(Access(authority));
        let service = builder.build();
        let buckets: Arc<[Bucket]> = buckets.into();
        let server = Switch::on(address, move |socket, stop| {
            let listener = socket.listen(BACKLOG)?;
            let (ended, stopped) = oneshot::channel();
            let (service, buckets) = (service.clone(), Arc::clone(&buckets));
            tokio::spawn(async move {
                // Clients may keep idle connections without a limit.
                let limits = Limits { head_timeout: None, kind: Kind::Buckets };
                serve(listener, limits, stop, move |request, peer| {
                    answer(service.clone(), Arc::clone(&buckets), request, peer)
                })
                .await;
                // The send fails if nobody is waiting.
                let _ = ended.send(());
            });
            Ok(stopped)
        })?;
        Ok(Self { server })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Refuses new connections and closes open ones; the objects stay.
    pub async fn stop(&self) -> io::Result<()> {
        self.server.stop().await
    }

    /// Serves again on the same address.
    pub fn resume(&self) -> io::Result<()> {
        self.server.resume()
    }
}

async fn answer(
    service: S3Service,
    buckets: Arc<[Bucket]>,
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> http::Response<Body> {
    let name = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default();
    let rules = buckets.iter().find(|bucket| bucket.name == name).map_or(&[][..], |bucket| &bucket.cors);
    let requester = Requester { address: peer.ip(), request_id: Uuid::new_v4().simple().to_string() };
    let request_id = requester.request_id.clone();
    let mut response = if request.method() == Method::OPTIONS {
        cors::preflight(rules, request.uri().path(), request.headers())
    } else if let Some(refusal) = cors::refusal(rules, request.headers()) {
        refusal
    } else {
        request.extensions_mut().insert(requester);
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let mut response = service.call(request.map(Body::from)).await.unwrap_or_else(|_| {
            let mut response = http::Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        cors::apply(rules, &method, &headers, response.headers_mut());
        response
    };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    response
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("S3").field("address", &self.address()).finish_non_exhaustive()
    }
}
