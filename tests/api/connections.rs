//! The connections of functions to the table, which are slow to open while a request waits.

use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::App;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

/// Functions that have made the only connection they need when the first event comes, each with a recorded event.
const FUNCTIONS: &[(&str, &str)] = &[
    ("posts-id", "get"),
    ("problems-id", "get"),
    ("jwks", "get"),
    ("users-id", "get"),
    ("health", "get-deep"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_request_opens_a_connection_to_the_table() {
    let app = App::start().await;
    for (name, case) in FUNCTIONS {
        let (table, connections) = counted(&app).await;
        let runtime = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let function =
            app.stack.template().functions.iter().find(|function| function.binary == *name).unwrap();
        let _process = Command::new(App::binaries().join(name))
            .env_clear()
            .envs(&app.stack.environments()[&function.logical_id])
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{table}"))
            .env("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();

        let (mut poll, _) = runtime.accept().await.unwrap();
        assert!(read(&mut poll).await.starts_with("GET "));
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{name}, before its first event");

        let event =
            fs::read_to_string(format!("{}/../events/{name}/{case}.json", env!("CARGO_MANIFEST_DIR")));
        let event = event.unwrap().replace("{{CALLER_TOKEN}}", "eyJhbGciOiJFZERTQSJ9.e30.AAAA");
        let head = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            event.len()
        );
        poll.write_all((head + event.as_str()).as_bytes()).await.unwrap();

        let (mut answer, _) = runtime.accept().await.unwrap();
        let answer = read(&mut answer).await;
        assert!(answer.starts_with("POST ") && answer.contains("\"statusCode\""), "{answer}");
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{name}, after its first event");
    }
}

/// Returns the address of a server that passes bytes to the table and back, and the number of its connections.
async fn counted(app: &App) -> (SocketAddr, Arc<AtomicUsize>) {
    let table = app.stack.dynamodb().address();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(table).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, connections)
}

/// Reads a request of the Runtime API's client.
async fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.is_none_or(|length| body.len() >= length.parse().unwrap()) && !head.contains("chunked") {
            return text.into_owned();
        }
        if head.contains("chunked") && body.ends_with("0\r\n\r\n") {
            return text.into_owned();
        }
    }
}
