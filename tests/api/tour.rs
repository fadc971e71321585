//! The sessions in README.md and docs/tour.md work when they are pasted.

use std::path::Path;
use std::process::{Command, Stdio};

use tests::App;

use crate::interop::{command, is_installed, python};

/// The requests of README.md's session, and a text that each response has.
const OF_README: &[(&str, &str)] = &[
    ("/api/auth/register", "\"code\":\"validation_failed\""),
    ("/api/auth/register", "\"field\":\"email\""),
    ("/api/auth/register", "\"field\":\"password\""),
    ("/api/posts", "HTTP/1.1 201"),
    ("/api/posts", "etag: \"1\""),
    ("/api/posts", "\"content\":\"It weaves.\""),
    ("/api/posts", "\"posts\":[{"),
];

/// The requests of the tour, and a text that each response has.
const OF_TOUR: &[(&str, &str)] = &[
    ("/api/auth/register", "\"tokenType\":\"Bearer\""),
    ("/api/protected", "\"user\":{"),
    ("/api/posts", "\"content\":\"It weaves.\""),
    ("/api/posts", "\"posts\":[{"),
    ("/api/posts", "\"category\":null"),
    ("/api/posts", "precondition_failed"),
    ("/api/auth/login", "\"field\":\"password\""),
    ("/api/auth/login", "\"field\":\"pasword\""),
    ("/api/protected", "\"detail\":"),
    ("/api/profile", "\"name\":\"Ada\""),
    ("/api/profile", "\"name\":\"Countess\""),
    ("/api/session", "HTTP/1.1 204"),
    ("/api/auth/email-confirmation/confirm", "HTTP/1.1 204"),
    ("/api/protected", "\"emailVerified\":true"),
    ("/api/auth/password-reset", "HTTP/1.1 202"),
    ("/api/auth/password-reset/confirm", "HTTP/1.1 204"),
    ("/api/problems", "HTTP/1.1 201"),
    ("/api/problems", "HTTP/1.1 201"),
    ("/api/problems", "idempotency-replayed: true"),
    ("/api/search", "\"problems\":[{"),
    ("/api/weather", "x-cache: miss"),
    ("/api/weather", "\"city\":\"Lisbon\""),
    ("/api/weather", "x-cache: hit"),
    ("/api/webhooks/stripe", "{\"received\":true}"),
    ("/api/webhooks/stripe", "{\"received\":true}"),
    ("/api/payments", "\"payments\":[{"),
    ("/api/payments", "\"total\":1"),
    ("/api/upload", "the same bytes"),
    ("/api/upload", "\"size\":50000000"),
    ("/api/upload", "\"state\":\"ready\""),
    ("/lambda-url/stream/api/stream", "Hello World"),
    ("/lambda-url/stream/api/stream/posts", "\"excerpt\":\"It weaves.\""),
    ("/lambda-url/stream/api/stream/posts", "{\"complete\":true,\"count\":1}"),
    ("/api/users", "\"users\":[{"),
    ("/api/auth/logout", "HTTP/1.1 204"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_session_works_when_it_is_pasted() {
    let blocks = blocks("README.md");
    let [start, session] = blocks.as_slice() else { panic!("two blocks: the commands, and a session") };
    assert!(start.contains("make run"), "{start}");
    let Some(printed) = paste(session).await else { return };
    assert_shows(session, &printed, OF_README);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_works_when_it_is_pasted() {
    let python = python();
    let has_library = is_installed("stripe for Python", command(&python, &["-c", "import stripe"]));
    // The library needs the secret, which an API of another program keeps to itself.
    let has_library = has_library && served().is_none();
    let mut blocks = blocks("docs/tour.md");
    blocks.retain(|block| has_library || !block.contains("import os, stripe"));
    let session = blocks.concat();
    let Some(printed) = paste(&session).await else { return };
    assert_shows(&session, &printed, OF_TOUR);
}

/// Returns the URL of an API that another program serves, such as SAM: `tests/docs/commands/sam_local.py` sets it.
fn served() -> Option<String> {
    std::env::var("SESSION_API").ok()
}

/// Runs commands in bash against [`served`] or an API of their own, and returns what they print; `None` without curl.
async fn paste(session: &str) -> Option<String> {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no curl on this machine");
        return None;
    }
    let session = session.replace("cargo xtask ", &format!("{}/xtask ", App::binaries().display()));
    let path = std::env::var("PATH").unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &session])
        .current_dir(root())
        .env("PATH", python().parent().map_or(path.clone(), |bin| format!("{}:{path}", bin.display())));
    let (data, app);
    if let Some(url) = served() {
        bash.env("API", url);
    } else {
        data = tempfile::tempdir().unwrap();
        app = App::kept_in(data.path()).await;
        bash.env("API", app.stack.url()).env("DATA_DIR", data.path()).envs(
            ["ACCESS_TOKEN_SECRET", "STRIPE_WEBHOOK_SECRET"]
                .map(|name| (name, app.stack.secret(name).unwrap_or_default())),
        );
    }
    let output = bash.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "not one response on a line: {line}"
        );
    }
    Some(printed)
}

/// Fails unless the session has each request, and `printed` each text, in this order and in any case: names of headers
/// have none. An API of another program serves no function URLs.
fn assert_shows<'a>(session: &str, printed: &str, shown: impl IntoIterator<Item = &'a (&'a str, &'a str)>) {
    let printed = printed.to_lowercase();
    let (mut rest, mut refused) = (printed.as_str(), "");
    for (path, text) in shown {
        assert!(session.contains(path), "no request of {path}");
        let is_served = served().is_none() || !path.starts_with("/lambda-url/");
        // The one answer of a request that is not served shows one text.
        if !is_served && std::mem::replace(&mut refused, path) == *path {
            continue;
        }
        let text = if is_served { text.to_lowercase() } else { "\"code\":\"not_found\"".to_owned() };
        let at = rest.find(&text).unwrap_or_else(|| panic!("no {text} after the others in\n{printed}"));
        rest = &rest[at + text.len()..];
    }
}

/// The blocks of a document that a shell is meant to run.
fn blocks(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    text.split("```sh\n").skip(1).map(|block| block.split_once("```").unwrap().0.to_owned()).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
