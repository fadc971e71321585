//! The commands that the README shows newcomers.

use std::path::Path;
use std::process::Command;

use tests::App;

use crate::interop::{command, is_installed, python};

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_session_works_when_it_is_pasted() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl on this machine");
        return;
    }
    let app = App::start().await;
    let [session, with_stripes_library] = blocks();
    let python = python();
    let has_library = is_installed("stripe for Python", command(&python, &["-c", "import stripe"]));
    let pasted = if has_library { session + with_stripes_library.as_str() } else { session };
    let pasted = pasted.replace("target/debug/", &format!("{}/", App::binaries().display()));
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &pasted])
        .env("PATH", python.parent().map_or(path.clone(), |bin| format!("{}:{path}", bin.display())))
        .env("API", app.stack.url())
        .env("JWT_SECRET", app.stack.secret("JWT_SECRET").unwrap())
        .env("STRIPE_WEBHOOK_SECRET", app.stack.secret("STRIPE_WEBHOOK_SECRET").unwrap())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "not one answer on a line: {line}");
    }
    // The answers come in the order of the session's comments.
    let mut rest = &*printed;
    for shown in [
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
        "the same bytes",
        "\"size\":50000000",
        "Hello World",
        "\"excerpt\":\"It weaves.\"",
        "{\"complete\":true,\"count\":1}",
        "\"users\":[{",
        "HTTP/1.1 204",
        if has_library { "{\"received\":true}" } else { "" },
    ] {
        let at = rest.find(shown).unwrap_or_else(|| panic!("no {shown} after the others in\n{printed}"));
        rest = &rest[at + shown.len()..];
    }
}

/// Returns the two blocks of the chapter: the session, and the one that continues in the same shell.
fn blocks() -> [String; 2] {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let chapter = readme.split_once("## A session").unwrap().1.split_once("\n## ").unwrap().0;
    let blocks = chapter.split("```sh\n").skip(1).map(|block| block.split_once("```").unwrap().0.to_owned());
    blocks.collect::<Vec<_>>().try_into().expect("two blocks")
}
