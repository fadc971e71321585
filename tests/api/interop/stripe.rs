//! Stripe's own libraries accept our signatures, we accept theirs, and both refuse the same wrong ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::json;
use tests::{App, checkout_event};

use super::{command, is_installed, output, python, run};

const SECRET: &str = "whsec_that_the_libraries_and_the_API_share";

/// The output of a program that verified our signatures and made others of one body with the same secret.
#[derive(Deserialize)]
struct Verified {
    /// The names of our signatures that it accepts.
    accepted: BTreeSet<String>,
    /// Signatures by name.
    good: BTreeMap<String, String>,
    /// Bad signatures, by the name of their fault.
    bad: BTreeMap<String, String>,
}

#[tokio::test]
async fn stripes_python_library_and_the_api_accept_the_same_signatures() {
    let python = python();
    let probe = || command(&python, &["-c", "import stripe"]);
    compare("stripe for Python", probe, || command(&python, &["stripe_signatures.py"])).await;
}

#[tokio::test]
async fn stripes_node_library_and_the_api_accept_the_same_signatures() {
    let node = Path::new("node");
    let probe = || command(node, &["--input-type=module", "--eval", "import 'stripe'"]);
    compare("stripe for Node.js", probe, || command(node, &["stripe_signatures.mjs"])).await;
}

async fn compare(package: &str, probe: impl Fn() -> Command, script: impl Fn() -> Command) {
    if !is_installed(package, probe()) {
        return;
    }
    let app = App::with_variable("STRIPE_WEBHOOK_SECRET", SECRET).await;
    let event = checkout_event("checkout.session.completed", &json!({"metadata": {"name": "Zoë"}}));
    let payload = serde_json::to_string_pretty(&event).unwrap();
    let send = async |header: &str| app.stripe().send(payload.as_bytes(), header).await;

    let signed = stripe_sign(&payload);
    let (time, signature) = signed.split_once(',').unwrap();
    let wrong = "0".repeat(64);
    let good = BTreeMap::from([
        ("xtask's", signed.clone()),
        ("the second of two", format!("{time},v1={wrong},{signature}")),
        ("time last", format!("{signature},{time}")),
    ]);
    let bad = BTreeMap::from([
        ("another body", stripe_sign(&payload.replace("1999", "1"))),
        ("in capitals", format!("{time},v1={}", signature[3..].to_uppercase())),
        ("cut", format!("{time},{}", &signature[..60])),
        ("zeros", format!("{time},v1={wrong}")),
        ("another scheme", format!("{time},v0={}", &signature[3..])),
        ("no time", signature.to_owned()),
        ("no signature", time.to_owned()),
        ("no number", format!("t=now,{signature}")),
        ("long ago", format!("t=1,{signature}")),
        ("nonsense", "nonsense".to_owned()),
    ]);
    let ours: BTreeMap<_, _> = good.iter().chain(&bad).collect();
    let theirs: Verified = run(script(), &json!({"secret": SECRET, "payload": payload, "ours": ours}));

    assert!(theirs.accepted.iter().eq(good.keys()), "{package} accepts {:?}", theirs.accepted);
    for (name, header) in &good {
        assert_eq!(send(header).await.status, 200, "ours, {name}");
    }
    for (name, header) in &bad {
        assert_eq!(send(header).await.status, 400, "ours, {name}");
    }
    assert!(theirs.good.len() >= 4 && theirs.bad.len() >= 9, "{package} tries fewer");
    for (name, header) in &theirs.good {
        assert_eq!(send(header).await.status, 200, "{package}, {name}");
    }
    for (name, header) in &theirs.bad {
        let answer = send(header).await;
        assert_eq!(answer.status, 400, "{package}, {name}: {answer:?}");
        answer.expect_error(400, "invalid_signature");
    }
    // All good signatures deliver one event, so it is recorded once.
    let ada = app.confirmed_account("ada@example.com").await;
    let list = app.user(&ada.id.to_string()).get("/api/payments").await.expect(200);
    assert_eq!(list.json()["pagination"]["total"], 1, "{list:?}");
}

/// Returns the output of `cargo xtask stripe-sign`.
fn stripe_sign(body: &str) -> String {
    let mut xtask = Command::new(App::binaries().join("xtask"));
    xtask.arg("stripe-sign").env("STRIPE_WEBHOOK_SECRET", SECRET);
    String::from_utf8(output(xtask, body.as_bytes())).unwrap().trim().to_owned()
}
