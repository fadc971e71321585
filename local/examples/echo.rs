//! A function for the tests: it returns the request that it got, or does what `?do=` asks for.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use lambda_runtime::{Context, Error, FunctionResponse, LambdaEvent, StreamResponse, service_fn};
use serde_json::{Value, json};

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // The file, if it exists, says how the start fails.
    if let Ok(file) = env::var("INIT_FILE")
        && Path::new(&file).exists()
    {
        match std::fs::read_to_string(&file)?.trim() {
            "hang once" => {
                std::fs::remove_file(file)?;
                std::thread::sleep(Duration::from_mins(1));
            }
            "hang" => std::thread::sleep(Duration::from_mins(1)),
            "report" => report()?,
            _ => return Err("no start today".into()),
        }
    }
    println!(r#"{{"level":"INFO","message":"started","pid":{}}}"#, std::process::id());
    lambda_runtime::run(service_fn(answer)).await
}

/// Reports an error of the start, as a runtime does, and ends.
fn report() -> Result<(), Error> {
    let body = r#"{"errorType":"Config.Missing","errorMessage":"no config","stackTrace":[]}"#;
    let address = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut stream = TcpStream::connect(&address)?;
    let head = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}",
        body.len()
    );
    write!(stream, "{head}\r\n\r\n{body}")?;
    // The process is killed when the answer comes, or shortly before.
    stream.read_exact(&mut [0])?;
    std::process::exit(1)
}

async fn answer(event: LambdaEvent<Value>) -> Result<FunctionResponse<Value, Pieces>, Error> {
    let parameters = &event.payload["queryStringParameters"];
    let pieces: Pieces = match parameters["do"].as_str() {
        Some("stream") => Box::pin(pieces(parameters.clone())),
        Some("many") => {
            Box::pin(many(parameters["bytes"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)))
        }
        _ => return whole(event).await.map(FunctionResponse::BufferedResponse),
    };
    let mut answer = StreamResponse::from(pieces);
    answer.metadata_prelude.headers.append("x-many", "1".parse()?);
    answer.metadata_prelude.headers.append("x-many", "2".parse()?);
    answer.metadata_prelude.cookies = vec!["a=1".to_owned()];
    Ok(FunctionResponse::StreamingResponse(answer))
}

/// Sends `first`, waits for the file `until`, and then sends `last` or ends as told. `done` is written once the reader
/// has taken everything.
fn pieces(parameters: Value) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold((0, parameters), |(index, parameters)| async move {
        let file = |name: &str| parameters[name].as_str().map(str::to_owned);
        if index == 1 {
            while file("until").is_some_and(|file| !Path::new(&file).exists()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            match parameters["then"].as_str() {
                Some("exit") => std::process::exit(7),
                Some("hang") => std::future::pending().await,
                _ => {}
            }
        }
        if index == 2 {
            file("done").map(|file| std::fs::write(file, ""));
        }
        let piece = ["first", "last"].get(index)?;
        Some((Ok(Bytes::from_static(piece.as_bytes())), (index + 1, parameters)))
    })
}

/// Sends this many bytes as fast as they are read, and logs a line for each megabyte.
fn many(bytes: usize) -> impl Stream<Item = Result<Bytes, Error>> {
    const PIECE: usize = 64 * 1024;
    stream::unfold(0, move |sent| async move {
        if sent > 0 && sent % (16 * PIECE) == 0 {
            println!(r#"{{"level":"INFO","message":"megabytes: {}"}}"#, sent / (16 * PIECE));
        }
        let piece = PIECE.min(bytes.checked_sub(sent).filter(|left| *left > 0)?);
        Some((Ok(Bytes::from(vec![b'x'; piece])), sent + piece))
    })
}

/// Answers an event that is no request.
fn invoked(event: &Value, context: &Context) -> Result<Value, Error> {
    if let Some(size) = event["megabytes"].as_u64() {
        // Each byte is written, so that the memory is really used.
        let bytes = std::hint::black_box(vec![1u8; usize::try_from(size)? << 20]);
        return Ok(bytes.len().into());
    }
    if let Some(length) = event["long"].as_u64() {
        return Ok("x".repeat(usize::try_from(length)?).into());
    }
    if event["hang"] == true {
        std::thread::sleep(Duration::from_mins(1));
    }
    if let Some(line) = event["print"].as_str() {
        println!("{line}");
    }
    match (event["fail"].as_str(), event["exit"].as_i64()) {
        (Some(reason), _) => Err(reason.into()),
        (None, Some(status)) => std::process::exit(i32::try_from(status)?),
        (None, None) => Ok(json!({
            "got": event,
            "id": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "client": context.client_context,
        })),
    }
}

async fn whole(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    let Some(parameters) = event.get("requestContext").map(|_| &event["queryStringParameters"]) else {
        return invoked(&event, &context);
    };
    let milliseconds = parameters["ms"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok(match parameters["do"].as_str().unwrap_or("echo") {
        "exit" => std::process::exit(7),
        "fail" => return Err("asked to fail".into()),
        "pid" => json!({ "statusCode": 200, "body": std::process::id().to_string() }),
        "env" => json!({ "statusCode": 200, "body": json!(env::vars().collect::<Vec<_>>()).to_string() }),
        "large" => json!({ "statusCode": 200, "body": "x".repeat(7_000_000) }),
        "bytes" => json!({ "statusCode": 200, "body": "AAH/", "isBase64Encoded": true }),
        "cookies" => json!({ "statusCode": 204, "cookies": ["a=1; Path=/", "b=2"] }),
        "cors" => {
            json!({ "statusCode": 200, "headers": { "Access-Control-Allow-Origin": "*" }, "body": "x" })
        }
        "head" => json!({ "statusCode": 200, "headers": { "content-length": "1234" } }),
        "plain" => json!({ "hello": "world" }),
        "place" => json!({ "statusCode": 200, "body": env::current_dir()?.display().to_string() }),
        "request" => json!({ "statusCode": 200, "body": context.request_id }),
        "nonsense" => json!({ "statusCode": 42 }),
        "length" => {
            json!({ "statusCode": 200, "body": event["body"].as_str().map_or(0, str::len).to_string() })
        }
        _ => {
            json!({ "statusCode": 200, "headers": { "content-type": "application/json" }, "body": event.to_string() })
        }
    })
}
