//! DynamoDB as a function on AWS meets it, with a meter: each call takes a while, and its cost is counted, whether or not
//! the function asks for it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use shared::cost::Cost;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The time of a call on AWS, which promises milliseconds of a single digit.
const CALL: Duration = Duration::from_millis(5);

/// The calls that write; all others read.
const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// A proxy in front of the database. Dropping it closes the listener.
pub(super) struct Meter {
    pub(super) url: String,
    spent: Arc<Mutex<Cost>>,
    server: JoinHandle<()>,
}

impl Meter {
    /// Starts a meter in front of the database at this address.
    pub(super) async fn start(database: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let spent = Arc::new(Mutex::new(Cost::default()));
        let total = Arc::clone(&spent);
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let _ = connection.set_nodelay(true);
                let total = Arc::clone(&total);
                let service = service_fn(move |request| {
                    let total = Arc::clone(&total);
                    async move { Ok::<_, Infallible>(answer(request, database, &total).await) }
                });
                tokio::spawn(server::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
        });
        Ok(Self { url, spent, server })
    }

    /// Returns the cost since the last time.
    pub(super) fn take(&self) -> Cost {
        std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    request: Request<Incoming>,
    database: SocketAddr,
    spent: &Mutex<Cost>,
) -> Response<Full<Bytes>> {
    match forward(request, database).await {
        Ok((answer, cost)) => {
            *spent.lock().unwrap_or_else(PoisonError::into_inner) += cost;
            tokio::time::sleep(CALL).await;
            answer
        }
        Err(error) => {
            let mut answer = Response::new(Full::from(error.to_string()));
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        }
    }
}

async fn forward(
    request: Request<Incoming>,
    database: SocketAddr,
) -> Result<(Response<Full<Bytes>>, Cost), Box<dyn std::error::Error + Send + Sync>> {
    let (mut parts, body) = request.into_parts();
    let mut call: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
    call["ReturnConsumedCapacity"] = json!("TOTAL");
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
    let is_write = WRITES.contains(&operation);
    parts.headers.remove(header::CONTENT_LENGTH);
    let connection = TcpStream::connect(database).await?;
    connection.set_nodelay(true)?;
    let (mut sender, connection) = client::handshake(TokioIo::new(connection)).await?;
    tokio::spawn(connection);
    let request = Request::from_parts(parts, Full::new(Bytes::from(call.to_string())));
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    let units = units(&serde_json::from_slice(&body)?);
    let (rcu, wcu) = if is_write { (0.0, units) } else { (units, 0.0) };
    Ok((Response::from_parts(parts, Full::new(body)), Cost { calls: 1, rcu, wcu }))
}

/// Returns the units in an answer, which are of one table or of several.
fn units(answer: &Value) -> f64 {
    let capacity = &answer["ConsumedCapacity"];
    let tables = capacity.as_array().map_or(std::slice::from_ref(capacity), Vec::as_slice);
    tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum()
}
