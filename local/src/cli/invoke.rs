//! `local invoke` and `local redrive`: give events to functions.

use std::io::{IsTerminal, Read};
use std::net::Ipv4Addr;
use std::path::Path;

use bytes::Bytes;
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::error::Error;
use super::options::Options;
use crate::lambda::invoke_api::REDRIVE;
use crate::template::{REGION, Template};
use crate::triggers::schedules;
use crate::{Stack, StartError, clock};

pub(super) async fn invoke(options: &Options, function: &str, event: &Path) -> Result<(), Error> {
    let event: Value =
        serde_json::from_slice(&read(event)?).map_err(|error| Error::Event(event.to_owned(), error))?;
    deliver(options, function, event).await
}

/// Gives a schedule's event to its function, whether the schedule is enabled or not.
pub(super) async fn fire(options: &Options, name: &str) -> Result<(), Error> {
    let template =
        Template::load(&options.template, &options.parameters(), REGION).map_err(StartError::from)?;
    let all = &template.triggers.schedules;
    let found = all.iter().find(|schedule| schedule.name == name || schedule.function == name);
    let Some(trigger) = found else {
        let known: Vec<&str> = all.iter().map(|schedule| schedule.name.as_str()).collect();
        return Err(Error::Schedule(name.to_owned(), known.join(", ")));
    };
    // The template's reader has checked that it is JSON.
    let event = serde_json::from_str(&schedules::event(trigger, clock::now())).unwrap_or_default();
    deliver(options, &trigger.function, event).await
}

async fn deliver(options: &Options, function: &str, event: Value) -> Result<(), Error> {
    let running = match options.invoke_port() {
        None => None,
        Some(port) => invoke_running(port, function, &event).await,
    };
    let answer = if let Some(answer) = running {
        answer?
    } else {
        let stack = alone(options).await?;
        let answer = stack.invoke(function, event).await;
        stack.shutdown().await;
        answer?
    };
    println!("{answer:#}");
    Ok(())
}

/// Gives failed events to their functions again.
pub(super) async fn redrive(options: &Options) -> Result<(), Error> {
    let running = match options.invoke_port() {
        None => None,
        Some(port) => ask(port, REDRIVE, Bytes::new()).await,
    };
    let (report, is_done) = if let Some(answer) = running {
        let (parts, body) = answer?;
        (String::from_utf8_lossy(&body).into_owned(), parts.status.is_success())
    } else {
        let stack = alone(options).await?;
        let redriven = stack.redrive().await;
        stack.shutdown().await;
        (redriven.to_string(), redriven.failed.is_empty())
    };
    if !is_done {
        return Err(Error::Redrive(report));
    }
    println!("{report}");
    Ok(())
}

/// Starts a stack that logs to standard error.
async fn alone(options: &Options) -> Result<Stack, StartError> {
    let colour = std::io::stderr().is_terminal();
    options.builder().log_to(std::io::stderr(), colour).start().await
}

/// Invokes the function in the `local` that listens on `port`. Returns `None` if none listens.
async fn invoke_running(port: u16, function: &str, event: &Value) -> Option<Result<Value, Error>> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let (parts, body) = match ask(port, &path, Bytes::from(event.to_string())).await? {
        Ok(answer) => answer,
        Err(error) => return Some(Err(error)),
    };
    let answer = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    if parts.status.is_success() && !parts.headers.contains_key("x-amz-function-error") {
        Some(Ok(answer))
    } else {
        Some(Err(Error::Remote(answer.to_string())))
    }
}

/// Sends a POST to the `local` that listens on `port`. Returns `None` if none listens.
async fn ask(port: u16, path: &str, body: Bytes) -> Option<Result<(Parts, Bytes), Error>> {
    let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let exchange = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        let request = http::Request::post(path)
            .header(http::header::HOST, format!("127.0.0.1:{port}"))
            .body(Full::new(body))
            .map_err(std::io::Error::other)?;
        let response = sender.send_request(request).await.map_err(std::io::Error::other)?;
        let (parts, body) = response.into_parts();
        Ok((parts, body.collect().await.map_err(std::io::Error::other)?.to_bytes()))
    };
    let what = || format!("asking the local on port {port}");
    Some(exchange.await.map_err(|source| Error::Io { what: what(), source }))
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
