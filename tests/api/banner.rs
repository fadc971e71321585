//! The banner of `make run`: the printed address and token work.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tests::App;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SECRET: &str = "a secret of the environment of at least 32 bytes";

struct Running {
    child: Child,
    /// The value of `API`.
    address: String,
    /// The line that sets `TOKEN`.
    token: String,
}

#[tokio::test]
async fn the_address_is_one_that_a_browser_can_open() {
    let running = start(terminal("local").args(["--in-memory"])).await;
    let page = reqwest::get(&running.address).await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn the_token_is_good_wherever_the_secret_is() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("two words");
    for (options, secret) in [(&["--in-memory"][..], None), (&[], None), (&[], Some(SECRET))] {
        let mut local = terminal("local");
        local.args(options).env("DATA_DIR", &data).envs(secret.map(|secret| ("ACCESS_TOKEN_SECRET", secret)));
        let mut running = start(&mut local).await;
        let mut bash = terminal("bash");
        bash.args(["-euc", &format!("{}; printf %s \"$TOKEN\"", running.token)]);
        let output = bash.envs(secret.map(|secret| ("ACCESS_TOKEN_SECRET", secret))).output().await.unwrap();
        assert!(output.status.success(), "{}: {}", running.token, String::from_utf8_lossy(&output.stderr));
        let token = String::from_utf8(output.stdout).unwrap();
        let users = running.address.replace("/api/docs", "/api/users");
        let answer = reqwest::Client::new().get(users).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", running.token);
        // The next one wants the same data.
        running.child.kill().await.unwrap();
    }
}

/// Makes a command that has none of this process's variables for `local`, as in a new terminal.
fn terminal(program: &str) -> Command {
    let program = if program == "local" { App::binaries().join(program) } else { PathBuf::from(program) };
    let mut command = Command::new(&program);
    if program.ends_with("local") {
        // Other tests run the same binaries.
        command.arg("--no-watch");
    }
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).kill_on_drop(true);
    for name in ["DATA_DIR", "ACCESS_TOKEN_SECRET", "PORT", "HOST", "INVOKE_PORT", "S3_PORT", "DYNAMODB_PORT"]
    {
        command.env_remove(name);
    }
    command
}

async fn start(local: &mut Command) -> Running {
    let local = local.args(["--port", "0"]).arg("--binaries").arg(App::binaries());
    let mut child = local.stdout(Stdio::piped()).spawn().expect("`make test` builds it first");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut address = None;
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(rest) = line.strip_prefix("API") {
            address = Some(rest.trim().to_owned());
        } else if line.trim_start().starts_with("TOKEN=") {
            // The pipe is read to the end, because a full pipe would stop the process.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Running { child, address: address.unwrap(), token: line.trim().to_owned() };
        }
    }
    panic!("it ended before it printed a token");
}
