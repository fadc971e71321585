use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::App;
use crate::conformance::{Exchange, expect_documented};

impl App {
    /// Sends these bytes and reads the answer until the gateway closes the connection.
    pub async fn raw(&self, request: &[u8]) -> String {
        let address = self.stack.url().trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        check(request, &answer, &text);
        text
    }

    /// Sends a GET whose path is not normalised.
    pub async fn raw_get(&self, path: &str) -> String {
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
            .await
    }
}

/// Checks that openapi.json promises the answer, if the bytes were a request.
fn check(request: &[u8], answer: &[u8], shown: &str) {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut sent = httparse::Request::new(&mut fields);
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut got = httparse::Response::new(&mut fields);
    let (Ok(httparse::Status::Complete(_)), Ok(httparse::Status::Complete(head))) =
        (sent.parse(request), got.parse(answer))
    else {
        return;
    };
    let (method, path) = (sent.method.unwrap().parse().unwrap(), sent.path.unwrap());
    let headers = header_map(got.headers);
    let exchange = Exchange {
        method: &method,
        path: path.split('?').next().unwrap(),
        sent: &header_map(sent.headers),
        status: got.code.unwrap(),
        headers: &headers,
        body: Some(&answer[head..]),
    };
    expect_documented(&exchange, &shown);
}

fn header_map(fields: &[httparse::Header<'_>]) -> HeaderMap {
    let field = |field: &httparse::Header<'_>| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    };
    fields.iter().filter_map(field).collect()
}
