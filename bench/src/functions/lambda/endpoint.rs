//! A service of `local` as AWS serves it: with TLS, and at the other end of a network.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::Acceptor;
use rustls::version::TLS13;
use tokio::io::{copy_bidirectional, duplex, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::LazyConfigAcceptor;

use super::wire::Wire;

/// The root of the endpoint's certificate, for `AWS_CA_BUNDLE`.
pub(super) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/certificates/root.pem");
/// The certificate, those of its issuers, and its key; `bench/certificates/make` made them.
const CHAIN: &[u8] = include_bytes!("../../../certificates/chain.pem");
const KEY: &[u8] = include_bytes!("../../../certificates/key.pem");
/// The name in the certificate.
const HOST: &str = "localhost";

/// The bytes that a connection holds for a service that reads slowly.
const BUFFER: usize = 64 * 1024;

/// A running endpoint. Dropping it closes the listener.
pub(super) struct Endpoint {
    pub(super) url: String,
    handshakes: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

impl Endpoint {
    /// Serves what listens at `service`.
    pub(super) async fn start(wire: &Wire, service: SocketAddr) -> io::Result<Self> {
        let tls = Arc::new(tls().map_err(io::Error::other)?);
        let listener = TcpListener::bind((HOST, 0)).await?;
        let url = format!("https://{HOST}:{}", listener.local_addr()?.port());
        let handshakes = Arc::new(AtomicU64::new(0));
        let (wire, count) = (wire.clone(), Arc::clone(&handshakes));
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, wire.clone(), Arc::clone(&tls), Arc::clone(&count), service));
            }
        });
        Ok(Self { url, handshakes, server })
    }

    /// Returns the number of TLS handshakes that clients have begun.
    pub(super) fn handshakes(&self) -> u64 {
        self.handshakes.load(Ordering::SeqCst)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves a connection until one of its ends closes it.
///
/// The kernel has opened it without a delay. So its first packet waits here for the round trip that TCP needs on a network.
async fn serve(
    client: TcpStream,
    wire: Wire,
    tls: Arc<ServerConfig>,
    handshakes: Arc<AtomicU64>,
    service: SocketAddr,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    wire.round_trip().await;
    let (near, far) = duplex(BUFFER);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = split(near);
    tokio::spawn(wire.clone().carry(from_client, to_server));
    tokio::spawn(wire.carry(from_server, to_client));

    let hello = LazyConfigAcceptor::new(Acceptor::default(), far).await?;
    // Counted before the server's answer, without which no client goes on.
    handshakes.fetch_add(1, Ordering::SeqCst);
    let mut client = hello.into_stream(tls).await?;
    let mut service = TcpStream::connect(service).await?;
    service.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut service).await.map(drop)
}

/// Returns the configuration of AWS's services: TLS 1.3, without client certificates.
fn tls() -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<Result<_, _>>()?;
    Ok(ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY)?)?)
}
