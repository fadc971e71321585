//! `local invoke`: gives one event to one function.

use std::io::{IsTerminal, Read};
use std::net::Ipv4Addr;
use std::path::Path;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::error::Error;
use super::options::Options;

pub(super) async fn invoke(options: &Options, function: &str, event: &Path) -> Result<(), Error> {
    let event: Value =
        serde_json::from_slice(&read(event)?).map_err(|error| Error::Event(event.to_owned(), error))?;
    let running = match options.invoke_port() {
        None => None,
        Some(port) => invoke_running(port, function, &event).await,
    };
    let answer = if let Some(answer) = running {
        answer?
    } else {
        let colour = std::io::stderr().is_terminal();
        let stack = options.builder().log_to(std::io::stderr(), colour).start().await?;
        let answer = stack.invoke(function, event).await;
        stack.shutdown().await;
        answer?
    };
    println!("{answer:#}");
    Ok(())
}

/// Invokes the function in the `local` that listens on `port`. Returns `None` if none listens.
async fn invoke_running(port: u16, function: &str, event: &Value) -> Option<Result<Value, Error>> {
    let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let exchange = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        let request = http::Request::post(format!("/2015-03-31/functions/{function}/invocations"))
            .header(http::header::HOST, format!("127.0.0.1:{port}"))
            .body(Full::new(Bytes::from(event.to_string())))
            .map_err(std::io::Error::other)?;
        let response = sender.send_request(request).await.map_err(std::io::Error::other)?;
        let (parts, body) = response.into_parts();
        Ok((parts, body.collect().await.map_err(std::io::Error::other)?.to_bytes()))
    };
    let (parts, body) = match exchange.await {
        Ok(answer) => answer,
        Err(source) => {
            return Some(Err(Error::Io { what: format!("asking the local on port {port}"), source }));
        }
    };
    let answer = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    if parts.status.is_success() && !parts.headers.contains_key("x-amz-function-error") {
        Some(Ok(answer))
    } else {
        Some(Err(Error::Remote(answer.to_string())))
    }
}

fn read(event: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if event == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(event)
    }
    .map_err(|source| Error::Io { what: event.display().to_string(), source })
}
