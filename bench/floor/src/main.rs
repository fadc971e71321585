//! The least that a function with a table can do: it opens a connection to `DynamoDB` before its first event, and reads the
//! item of a user for each event, with one signed request over that connection.

use std::env;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The table in the environment, and a connection to it.
struct Table {
    name: String,
    endpoint: String,
    host: HeaderValue,
    region: String,
    identity: Identity,
    connection: Mutex<SendRequest<Full<Bytes>>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let table = Table::connect().await?;
    let table = &table;
    run(service_fn(async move |event: LambdaEvent<Value>| {
        let id = event.payload["pathParameters"]["id"].as_str().unwrap_or_default();
        match table.user(id).await? {
            Value::Null => Ok::<_, Error>(json!({ "statusCode": 404 })),
            user => Ok(json!({ "statusCode": 200, "body": user.to_string() })),
        }
    }))
    .await
}

impl Table {
    async fn connect() -> Result<Self, Error> {
        let endpoint = env::var("AWS_ENDPOINT_URL_DYNAMODB")?;
        let uri: Uri = endpoint.parse()?;
        let authority = uri.authority().ok_or("AWS_ENDPOINT_URL_DYNAMODB has no host")?;
        let tcp = TcpStream::connect((authority.host(), uri.port_u16().unwrap_or(443))).await?;
        tcp.set_nodelay(true)?;
        let connection = match uri.scheme_str() {
            Some("http") => connection(tcp).await?,
            _ => connection(tls(authority.host(), tcp).await?).await?,
        };
        let credentials = Credentials::new(
            env::var("AWS_ACCESS_KEY_ID")?,
            env::var("AWS_SECRET_ACCESS_KEY")?,
            env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        Ok(Self {
            name: env::var("TABLE_NAME")?,
            host: HeaderValue::from_str(authority.as_str())?,
            region: env::var("AWS_REGION")?,
            identity: credentials.into(),
            connection: Mutex::new(connection),
            endpoint,
        })
    }

    /// Returns the item of a user, or null.
    async fn user(&self, id: &str) -> Result<Value, Error> {
        let key = json!({ "pk": { "S": format!("USER#{id}") }, "sk": { "S": "USER" } });
        let body = json!({ "TableName": self.name, "Key": key }).to_string();
        let mut request = Request::post("/")
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.GetItem")
            .body(Full::from(body.clone()))?;
        self.sign(&mut request, &body)?;

        let mut connection = self.connection.lock().await;
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        let answer = response.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice::<Value>(&answer)?["Item"].take())
    }

    #[expect(clippy::disallowed_methods, reason = "no test sets this function's clock")]
    fn sign(&self, request: &mut Request<Full<Bytes>>, body: &str) -> Result<(), Error> {
        let parameters = SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable =
            SignableRequest::new("POST", &self.endpoint, headers, SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

async fn tls(host: &str, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(env::var("AWS_CA_BUNDLE")?)? {
        roots.add(certificate?)?;
    }
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())?;
    Ok(TlsConnector::from(Arc::new(tls)).connect(name, tcp).await?)
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<SendRequest<Full<Bytes>>, Error> {
    let (connection, task) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(task);
    Ok(connection)
}
