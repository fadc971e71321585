use std::path::Path;
use std::process::Stdio;

use shared::auth::AccessTokens;
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::random::Random;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{App, Client, just_signed_in};

const SECRET: &str = "the secret of a process that tests start";

/// `make run` as a process of its own, with its data on disk.
pub struct Process {
    child: Child,
    url: String,
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
            .env("JWT_SECRET", SECRET)
            .env("RATE_LIMIT_SCALE", App::NO_LIMITS)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`make test` builds it first");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next_line().await.unwrap().expect("it says where the API is before it ends");
            if let Some(url) = line.strip_prefix("API") {
                break url.trim().trim_end_matches("/api/docs").to_owned();
            }
        };
        // The pipe is read to the end, because a full pipe would stop the process.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url }
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Returns a new user, who has a token and no item in the table.
    pub fn caller(&self) -> Client {
        self.user(&UserId::new(Clock::system().now(), &Random::system()).to_string())
    }

    /// Returns the user with this id.
    pub fn user(&self, id: &str) -> Client {
        let secret = Secret::new("JWT_SECRET", SECRET.to_owned()).unwrap();
        let tokens = AccessTokens::new(&[secret], Clock::system(), Random::system());
        let token = tokens.sign(just_signed_in(id.parse().unwrap(), Role::User)).unwrap();
        Client::new(reqwest::Client::new(), &self.url, Some(token), Some(id.to_owned()))
    }
}
