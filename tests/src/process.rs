use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::{App, Client};

const ADMIN_PASSWORD: &str = "the password of a process that tests start";

/// `make run` as a process of its own, with its data on disk.
pub struct Process {
    child: Child,
    url: String,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Process {
    /// Starts on a free port, with the data in `data`.
    pub async fn start(data: &Path) -> Self {
        let mut child = Command::new(App::binaries().join("local"))
            .args(["--port", "0", "--template", concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")])
            // Other tests run the same binaries.
            .arg("--no-watch")
            .arg("--binaries")
            .arg(App::binaries())
            .arg("--data-dir")
            .arg(data)
            .env("LOCAL_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("RATE_LIMIT_SCALE", App::NO_LIMITS)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`make test` builds it first");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut url = String::new();
        loop {
            let line = lines.next_line().await.unwrap().expect("it says where the API is before it ends");
            if let Some(address) = line.strip_prefix("API") {
                address.trim().trim_end_matches("/api/docs").clone_into(&mut url);
            }
            // The last line of the start.
            if line.starts_with("admin ") {
                break;
            }
        }
        // The pipe is read to the end, because a full pipe would stop the process.
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // The receiver is gone once the process has been killed.
                let _ = sender.send(line);
            }
        });
        Self { child, url, lines: received }
    }

    /// Returns the API's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the next mail, and returns the path of its file.
    pub async fn mail(&mut self) -> String {
        loop {
            let line = self.lines.recv().await.expect("a mail");
            let mail = line.strip_prefix("mail to ").and_then(|mail| mail.split_once(": "));
            if let Some((_, mail)) = mail {
                let path = mail.split_whitespace().find(|word| word.starts_with('/'));
                return path.expect("a file").to_owned();
            }
        }
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Signs in as the administrator that `local` creates.
    pub async fn admin(&self) -> Client {
        let http = reqwest::Client::new();
        let account = json!({"email": "admin@example.com", "password": ADMIN_PASSWORD});
        let anonymous = Client::new(http.clone(), &self.url, None, None);
        let signed_in = anonymous.post("/api/auth/login", &account).await.expect(200);
        let (token, id) = (signed_in.text("/accessToken"), signed_in.text("/user/id"));
        Client::new(http, &self.url, Some(token), Some(id))
    }
}
