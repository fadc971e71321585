//! The sessions in README.md and docs/tour.md work when they are pasted.

use std::path::Path;
use std::process::{Command, Stdio};

use tests::App;

use crate::interop::{command, is_installed, python};

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_session_works_when_it_is_pasted() {
    let blocks = blocks("README.md");
    let [start, session] = blocks.as_slice() else { panic!("two blocks: the commands, and a session") };
    assert!(start.contains("make run"), "{start}");
    let Some(printed) = paste(session).await else { return };
    let shown = [
        "HTTP/1.1 201",
        "etag: \"1\"",
        "\"content\":\"It weaves.\"",
        "\"posts\":[{",
        "\"code\":\"validation_failed\"",
        "\"field\":\"title\"",
        "\"field\":\"titel\"",
    ];
    assert_shows(&printed, &shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_works_when_it_is_pasted() {
    let python = python();
    let has_library = is_installed("stripe for Python", command(&python, &["-c", "import stripe"]));
    // The library needs the secret, which an API of another program keeps to itself.
    let has_library = has_library && served().is_none();
    // SAM serves no Function URLs.
    let streamed: &[&str] = if served().is_some() {
        &["\"code\":\"not_found\"", "\"code\":\"not_found\""]
    } else {
        &["Hello World", "\"excerpt\":\"It weaves.\"", "{\"complete\":true,\"count\":1}"]
    };
    let mut blocks = blocks("docs/tour.md");
    blocks.retain(|block| has_library || !block.contains("import os, stripe"));
    let Some(printed) = paste(&blocks.concat()).await else { return };
    let shown = [
        "\"tokenType\":\"Bearer\"",
        "\"user\":{",
        "\"content\":\"It weaves.\"",
        "\"posts\":[{",
        "\"category\":null",
        "precondition_failed",
        "\"field\":\"title\"",
        "\"field\":\"titel\"",
        "\"detail\":",
        "\"name\":\"Ada\"",
        "\"name\":\"Countess\"",
        "HTTP/1.1 204",
        "HTTP/1.1 201",
        "HTTP/1.1 201",
        "idempotency-replayed: true",
        "\"problems\":[{",
        "x-cache: miss",
        "\"city\":\"Lisbon\"",
        "x-cache: hit",
        "{\"received\":true}",
        "{\"received\":true}",
        "\"payments\":[{",
        "\"total\":1",
        if has_library { "{\"received\":true}" } else { "" },
        "the same bytes",
        "\"size\":50000000",
    ];
    assert_shows(&printed, &[&shown, streamed, &["\"users\":[{", "HTTP/1.1 204"]].concat());
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
    let app;
    if let Some(url) = served() {
        bash.env("API", url);
    } else {
        app = App::start().await;
        bash.env("API", app.stack.url())
            .env("DYNAMODB", app.stack.dynamodb_url())
            .env("JWT_SECRET", app.stack.secret("JWT_SECRET").unwrap())
            .env("STRIPE_WEBHOOK_SECRET", app.stack.secret("STRIPE_WEBHOOK_SECRET").unwrap());
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

/// Fails unless `printed` has each of the texts, in this order and in any case: names of headers have none.
fn assert_shows(printed: &str, texts: &[&str]) {
    let printed = printed.to_lowercase();
    let mut rest = printed.as_str();
    for text in texts {
        let at = rest
            .find(&text.to_lowercase())
            .unwrap_or_else(|| panic!("no {text} after the others in\n{printed}"));
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
