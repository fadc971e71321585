//! HTTP/1.1 connections to AWS, one of which can be opened before a request needs it.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Uri};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use rustls::ClientConfig;
use tokio::sync::Mutex as Gate;
use tokio::task::yield_now;
use tokio::time::timeout;
use tower::Service;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The connections of all clients of a process.
#[derive(Clone)]
pub(super) struct Connections {
    connector: HttpsConnector<TcpConnector>,
    hosts: Arc<Mutex<HashMap<Authority, Arc<Host>>>>,
}

/// The connections to one host.
#[derive(Default)]
struct Host {
    /// Connections without a request. A connection whose response is still being read is not ready for one.
    idle: Mutex<Vec<SendRequest<SdkBody>>>,
    /// Held while a connection is being opened.
    opening: Gate<()>,
}

impl Connections {
    pub(super) fn new(tls: ClientConfig) -> Self {
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { connector: (tcp, tls).into(), hosts: Arc::default() }
    }

    /// Opens a connection to the host of `uri`, for which requests that come meanwhile wait.
    pub(super) async fn open(self, uri: Uri) {
        let Ok(host) = self.host(&uri) else { return };
        let _opening = host.opening.lock().await;
        self.clone().open_another(uri).await;
    }

    /// Opens a connection for which no request waits.
    pub(super) async fn open_another(self, uri: Uri) {
        let Ok(host) = self.host(&uri) else { return };
        // If it fails, the first request tries again, and reports the failure.
        if let Ok(connection) = self.connect(uri).await {
            host.keep(connection);
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let uri = std::mem::take(request.uri_mut());
        let host = self.host(&uri)?;
        *request.uri_mut() = uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
        let name = uri.authority().map_or("", Authority::as_str);
        let name = HeaderValue::from_str(name).map_err(|error| ConnectorError::user(error.into()))?;
        request.headers_mut().insert(HOST, name);

        let mut connection = self.connection(&host, uri).await?;
        let response = connection.send_request(request).await.map_err(failed)?;
        // After a server's error, a new connection may lead to another server.
        if !response.status().is_server_error() {
            host.keep(connection);
        }
        let response = response.map(SdkBody::from_body_1_x);
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }

    /// Returns a connection that is ready, or opens one.
    async fn connection(&self, host: &Host, uri: Uri) -> Result<SendRequest<SdkBody>, ConnectorError> {
        // The server may have closed connections while the instance was frozen. The runtime looks at its sockets now, and
        // then the connections' tasks run, before a request is lost on one.
        yield_now().await;
        yield_now().await;
        if let Some(ready) = host.ready() {
            return Ok(ready);
        }
        let _opening = host.opening.lock().await;
        match host.ready() {
            Some(ready) => Ok(ready),
            None => self.connect(uri).await,
        }
    }

    async fn connect(&self, uri: Uri) -> Result<SendRequest<SdkBody>, ConnectorError> {
        let stream = timeout(CONNECT_TIMEOUT, self.connector.clone().call(uri)).await;
        let stream = stream.map_err(|error| ConnectorError::timeout(error.into()))?;
        let (mut connection, task) = handshake(stream.map_err(ConnectorError::io)?).await.map_err(failed)?;
        tokio::spawn(task);
        connection.ready().await.map_err(failed)?;
        Ok(connection)
    }

    fn host(&self, uri: &Uri) -> Result<Arc<Host>, ConnectorError> {
        let name = uri.authority().ok_or_else(|| ConnectorError::user(format!("no host in {uri}").into()))?;
        let mut hosts = self.hosts();
        if let Some(host) = hosts.get(name) {
            return Ok(Arc::clone(host));
        }
        Ok(Arc::clone(hosts.entry(name.clone()).or_default()))
    }

    fn hosts(&self) -> std::sync::MutexGuard<'_, HashMap<Authority, Arc<Host>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// Takes a connection that is ready, and forgets those that are closed.
    fn ready(&self) -> Option<SendRequest<SdkBody>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.is_closed());
        let ready = idle.iter().position(SendRequest::is_ready)?;
        Some(idle.swap_remove(ready))
    }

    fn keep(&self, connection: SendRequest<SdkBody>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

impl HttpClient for Connections {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connections = self.clone();
        HttpConnectorFuture::new(async move { connections.send(request).await })
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

/// Returns the error of a request. A request that was lost with its connection can be sent again.
fn failed(error: hyper::Error) -> ConnectorError {
    if error.is_user() {
        ConnectorError::user(error.into())
    } else if error.is_incomplete_message() {
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else if error.is_closed()
        || error.is_canceled()
        || error.source().is_some_and(<dyn Error>::is::<io::Error>)
    {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
    use std::thread;

    use http_body_util::BodyExt;

    use super::*;
    use crate::aws::tls;

    /// Starts a server, and returns a function that closes its newest connection.
    fn server() -> (SocketAddr, impl Fn()) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let newest = Arc::new(Mutex::new(None));
        let close = {
            let newest: Arc<Mutex<Option<TcpStream>>> = Arc::clone(&newest);
            move || newest.lock().unwrap().as_ref().unwrap().shutdown(Shutdown::Both).unwrap()
        };
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                *newest.lock().unwrap() = Some(connection.try_clone().unwrap());
                thread::spawn(move || while answer(&mut connection).is_ok() {});
            }
        });
        (address, close)
    }

    fn answer(connection: &mut TcpStream) -> io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte)?;
            request.extend(byte);
        }
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
    }

    fn connections() -> Connections {
        Connections::new(tls::config().unwrap())
    }

    async fn get(connections: &Connections, uri: &Uri) {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(uri.to_string()).unwrap();
        let response = connections.send(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "OK");
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_during_a_freeze_gets_no_request() {
        let (address, close) = server();
        let (connections, uri) = (connections(), format!("http://{address}/").parse().unwrap());
        let host = connections.host(&uri).unwrap();
        for _ in 0..2 {
            get(&connections, &uri).await;
            // Meanwhile no task of this process runs.
            close();
            assert_eq!(host.idle.lock().unwrap().len(), 1, "closed ones are forgotten");
        }
    }

    #[tokio::test]
    async fn requests_use_the_connection_that_is_being_opened() {
        let (address, _) = server();
        let (connections, uri) = (connections(), format!("http://{address}/").parse::<Uri>().unwrap());
        let host = connections.host(&uri).unwrap();
        let opening = host.opening.lock().await;
        let request = tokio::spawn({
            let (connections, uri) = (connections.clone(), uri.clone());
            async move { get(&connections, &uri).await }
        });
        for _ in 0..10 {
            yield_now().await;
        }
        host.keep(connections.connect(uri.clone()).await.unwrap());
        drop(opening);
        request.await.unwrap();
        get(&connections, &uri).await;
        assert_eq!(host.idle.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_connection_is_opened_ahead_of_requests() {
        let (address, _) = server();
        let (connections, uri) = (connections(), format!("http://{address}/").parse::<Uri>().unwrap());
        connections.clone().open(uri.clone()).await;
        let host = connections.host(&uri).unwrap();
        assert_eq!(host.idle.lock().unwrap().len(), 1);
        get(&connections, &uri).await;
        assert_eq!(host.idle.lock().unwrap().len(), 1);
        connections.clone().open_another(uri).await;
        assert_eq!(host.idle.lock().unwrap().len(), 2);
    }
}
