//! The binary `local`, as users run it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::database::call;
use crate::s3;
use crate::support::{Place, eventually, example, is_running};

/// A running `local` on free ports.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::of(command(place).args(["--port", "0"]).args(arguments))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Returns the text after `name` in the first line that starts with it.
    pub(crate) fn announced(&self, name: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20)).unwrap();
            if let Some(rest) = line.strip_prefix(name) {
                return rest.trim().to_owned();
            }
        }
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command
        .env_remove("PORT")
        .env_remove("DATA_DIR")
        .arg("--template")
        .arg(place.path("template.yaml"))
        .arg("--binaries")
        .arg(place.dir.path());
    command
}

fn finished(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Returns the body of the answer to a request over HTTP/1.0.
pub(crate) fn body(url: &str, target: &str) -> String {
    let mut stream = std::net::TcpStream::connect(url.replace("http://", "")).unwrap();
    write!(stream, "GET {target} HTTP/1.0\r\n\r\n").unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    answer.rsplit("\r\n").next().unwrap().to_owned()
}

/// Returns the id of the function's process.
fn pid(url: &str) -> String {
    body(url, "/echo?do=pid")
}

#[tokio::test]
async fn it_prints_its_routes_and_ends_all_when_asked_to() {
    for signal in ["-INT", "-TERM"] {
        let place = Place::new();
        let mut running = Running::start(&place, &["--invoke-port", "0"]);
        assert_eq!(running.announced("ANY     /echo/{id}"), "echo");
        let url = running.announced("API");
        assert!(
            running.announced("secret").starts_with("ACCESS_TOKEN_SECRET was not set: one was generated")
        );
        assert!(running.announced("admin").contains("generated"));
        let function = pid(&url);
        assert!(is_running(&function));
        running.signal(signal);
        assert!(running.child.wait().unwrap().success());
        assert!(!is_running(&function));
    }
}

#[tokio::test]
async fn killing_it_leaves_no_function_behind() {
    let place = Place::new();
    let running = Running::start(&place, &["--invoke-port", "0"]);
    let function = pid(&running.announced("API"));
    running.signal("-KILL");
    eventually("the function ends when its Runtime API is gone", || !is_running(&function)).await;
}

#[tokio::test]
async fn a_port_in_use_is_said_so() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (success, _, errors) = finished(command(&place).args(["--port", &port]));
    assert!(!success);
    assert!(errors.contains(&format!("127.0.0.1:{port} is in use")) && errors.contains("--port"), "{errors}");
}

#[tokio::test]
async fn a_mistake_in_the_template_names_file_and_line() {
    let place = Place::new();
    std::fs::write(
        place.path("template.yaml"),
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Timeout: soon\n",
    )
    .unwrap();
    let (success, _, errors) = finished(&mut command(&place));
    assert!(!success);
    assert!(errors.contains("template.yaml:5: Timeout must be a whole number, found soon"), "{errors}");
}

#[tokio::test]
async fn invoke_starts_what_it_needs_or_uses_what_runs() {
    let place = Place::new();
    let event = place.path("event.json");
    std::fs::write(&event, "{\"a\": 1}").unwrap();
    let alone = |function: &str, port: &str| {
        finished(command(&place).args(["--invoke-port", port, "invoke", function]).arg(&event))
    };
    let (success, output, errors) = alone("echo", "0");
    assert!(success, "{errors}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&output).unwrap()["got"]["a"], 1);
    assert!(!alone("nobody", "0").0);

    std::fs::write(&event, "{\"fail\": \"on purpose\"}").unwrap();
    let (success, _, errors) = alone("echo", "0");
    assert!(!success && errors.contains("on purpose"), "{errors}");

    // The port is free now, but another program could take it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let running = Running::start(&place, &["--invoke-port", &port]);
    running.announced("Invoke");
    let (success, _, errors) = alone("echo", &port);
    assert!(!success && errors.contains("on purpose"), "{errors}");
    running.announced("echo INFO  started");
}

#[tokio::test]
async fn a_schedule_fires_when_it_is_told_to() {
    let event = "Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day), State: DISABLED } }";
    let template = format!(
        "Resources:\n  EchoFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        {event}\n"
    );
    let place = Place::with(&template, &example(), &["echo"]);
    let fire =
        |name: &str| finished(command(&place).args(["--invoke-port", "0", "invoke", "--schedule", name]));
    for name in ["EchoFunctionNightly", "echo"] {
        let (success, output, errors) = fire(name);
        assert!(success, "{errors}");
        let mut event = serde_json::from_str::<serde_json::Value>(&output).unwrap()["got"].take();
        for (member, length) in [("id", 36), ("time", 20)] {
            assert_eq!(event[member].take().as_str().unwrap().len(), length, "{member}");
        }
        // The example of "Schedule rules" in the EventBridge user guide, with the local account.
        let expected = json!({
            "version": "0",
            "id": null,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": null,
            "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:000000000000:rule/EchoFunctionNightly"],
            "detail": {},
        });
        assert_eq!(event, expected);
    }
    let (success, _, errors) = fire("weekly");
    let message = "the template has no schedule weekly; it has: EchoFunctionNightly";
    assert!(!success && errors.contains(message), "{errors}");

    let input = template
        .replace("State: DISABLED", "Input: '{\"a\": 1}'")
        .replace("Type: Schedule,", "Type: ScheduleV2,");
    let input = input.replace("Schedule: rate", "ScheduleExpression: rate");
    std::fs::write(place.path("template.yaml"), input).unwrap();
    let (success, output, errors) = fire("echo");
    assert!(success, "{errors}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&output).unwrap()["got"], json!({ "a": 1 }));
}

#[tokio::test]
async fn killing_it_loses_no_acknowledged_write() {
    let place = Place::new();
    let running = Running::start(&place, &["services"]);
    let url = running.announced("DynamoDB").split(' ').next().unwrap().to_owned();
    let put = |number: usize| json!({ "TableName": "Table", "Item": { "pk": { "S": number.to_string() }, "sk": { "S": "a" } } });
    for number in 0..50 {
        assert_eq!(call(&url, "PutItem", &put(number)).await.unwrap(), json!({}));
    }
    running.signal("-KILL");
    drop(running);

    let running = Running::start(&place, &["services"]);
    let url = running.announced("DynamoDB").split(' ').next().unwrap().to_owned();
    // The administrator's items are there, too.
    let scan = json!({
        "TableName": "Table",
        "Select": "COUNT",
        "FilterExpression": "sk = :a",
        "ExpressionAttributeValues": { ":a": { "S": "a" } },
    });
    assert_eq!(call(&url, "Scan", &scan).await.unwrap()["Count"], 50);
}

#[tokio::test]
async fn killing_it_leaves_no_half_object() {
    let place = Place::new();
    let start = || {
        let running = Running::start(
            &place,
            &["--invoke-port", "0", "--data-dir", place.path("data").to_str().unwrap()],
        );
        let url = running.announced("S3").split(' ').next().unwrap().to_owned();
        (running, url)
    };
    let (running, url) = start();
    let client = s3::client(&url);
    s3::put(&client, "a", b"hello").await;
    for key in ["a", "b"] {
        let presigned =
            client.put_object().bucket("files").key(key).presigned(s3::for_a_minute()).await.unwrap();
        let target = presigned.uri().replace(&url, "");
        let head = format!("PUT {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: 100000\r\n\r\n", &url[7..]);
        let mut stream = std::net::TcpStream::connect(&url[7..]).unwrap();
        stream.write_all(&[head.as_bytes(), &vec![b'x'; 50_000]].concat()).unwrap();
        let drafts = || std::fs::read_dir(place.path("data/s3/.drafts")).unwrap();
        // The first half of each upload is on disk when the process is killed.
        eventually("the upload has begun", || {
            drafts().flatten().any(|draft| draft.metadata().is_ok_and(|draft| draft.len() > 0))
        })
        .await;
        std::mem::forget(stream);
    }
    running.signal("-KILL");
    drop(running);

    let (_running, url) = start();
    let client = s3::client(&url);
    assert_eq!(s3::keys(&client).await, ["a"]);
    assert_eq!(s3::get(&client, "a").await.unwrap(), b"hello");
    assert_eq!(std::fs::read_dir(place.path("data/s3/.drafts")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_template_with_nothing_of_this_api_starts_and_answers() {
    let template = "Resources:\n  EchoFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
                    Events: { Any: { Type: HttpApi, Properties: { Path: /echo, Method: ANY } } }\n";
    let place = Place::with(template, &example(), &["echo"]);
    let running = Running::start(&place, &["--invoke-port", "0"]);
    let url = running.announced("API");
    assert!(!running.announced("DynamoDB").contains("table"));
    assert!(!running.announced("S3").contains("bucket"));
    assert_ne!(pid(&url), "");
    // There is no table that could have an administrator, and a 413 is the gateway's own.
    let too_large = format!("POST /echo HTTP/1.0\r\nContent-Length: {}\r\n\r\n", 11 << 20);
    let mut stream = std::net::TcpStream::connect(url.replace("http://", "")).unwrap();
    stream.write_all(too_large.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; 11 << 20]).unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    assert!(answer.ends_with("\r\n\r\n{\"message\":\"Request Entity Too Large\"}"), "{answer}");
    running.signal("-INT");
    assert!(running.lines.iter().all(|line| !line.starts_with("admin")));
}
