//! A function for the tests that misbehaves as each event says. It speaks the Runtime API without a runtime.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::{env, thread};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API")?;
    loop {
        let (connection, id, event) = next(&address)?;
        let mut answer = String::from("null");
        match event.trim_matches('"') {
            "close" => {
                drop(connection);
                sleep();
            }
            "half" => {
                let mut connection = TcpStream::connect(&address)?;
                write!(connection, "{}12345", head(&address, &id, 100))?;
                drop(connection);
                sleep();
            }
            "slow" => {
                let mut connection = TcpStream::connect(&address)?;
                write!(connection, "{}12345", head(&address, &id, 100))?;
                sleep();
            }
            "flood" => flood(),
            "flood afterwards" => drop(thread::spawn(flood)),
            "endless line" => loop {
                std::io::stdout().write_all(&[b'x'; 4096])?;
            },
            "fork" => answer = child()?,
            "fork and exit" => {
                println!("child {}", child()?);
                std::process::exit(4);
            }
            "twice" => {
                send(&address, &id, "1")?;
                "2".clone_into(&mut answer);
            }
            "pid" => answer = std::process::id().to_string(),
            "limits" => {
                let limits = std::fs::read_to_string("/proc/self/limits")?;
                let files =
                    limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
                answer = format!("{files:?}");
            }
            _ => {}
        }
        send(&address, &id, &answer)?;
    }
}

fn next(address: &str) -> Result<(TcpStream, String, String)> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "lambda-runtime-aws-request-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse()?,
            _ => {}
        }
    }
    let mut event = vec![0; length];
    reader.read_exact(&mut event)?;
    Ok((connection, id, String::from_utf8(event)?))
}

fn head(address: &str, id: &str, length: usize) -> String {
    format!(
        "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

fn send(address: &str, id: &str, answer: &str) -> Result<()> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "{}{answer}", head(address, id, answer.len()))?;
    connection.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Starts a process that keeps the output open, and returns its id.
fn child() -> Result<String> {
    Ok(Command::new("sleep").arg("600").spawn()?.id().to_string())
}

fn flood() {
    loop {
        println!("again");
    }
}

fn sleep() -> ! {
    loop {
        thread::park();
    }
}
