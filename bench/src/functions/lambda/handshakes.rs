//! TLS handshakes take long with a small share of a processor, so functions make them in their init.

use std::fs;

use super::*;
use crate::functions::account::Account;
use crate::functions::process::Process;

/// Functions whose first request makes handshakes, with their number.
const EXCEPTIONS: &[(&str, u64)] = &[];

#[tokio::test(flavor = "multi_thread")]
async fn no_request_makes_a_handshake_except_the_known_ones() {
    let root = std::path::Path::new(crate::ROOT);
    // The folder of this test's folder.
    let binaries = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let stack = Stack::builder()
        .template(root.join("template.yaml"))
        .binaries(&binaries)
        .without_iam()
        .start()
        .await
        .unwrap();
    let account = Account::make(&stack).await.unwrap();
    let mut subjects = Subject::all(&stack, root, &binaries, &[], &account).unwrap();
    subjects.push(Subject::floor(&stack, &binaries, &account).unwrap());
    // Its other event does not use the table.
    let health = subjects.iter().find(|subject| subject.name == "health").cloned();
    subjects.extend(health.map(|health| Subject {
        event: fs::read(root.join("events/health/get-deep.json")).unwrap().into(),
        ..health
    }));

    let (network, subjects) = connect(&stack, &subjects).await.unwrap();
    let mut wrong = Vec::new();
    for subject in &subjects {
        let mut process = Process::start(subject, &[]).await.unwrap();
        process.polled().await.unwrap();
        let in_init = network.handshakes();
        let (_, answer) = process.invoke(&subject.event).await.unwrap();
        let in_request = network.handshakes() - in_init;
        process.terminate().await.unwrap();
        println!("{} {in_init} {in_request} {:?}", subject.name, crate::functions::sample::status(&answer));
        let known = EXCEPTIONS.iter().find(|(name, _)| *name == subject.name).map_or(0, |(_, known)| *known);
        if in_request != known {
            wrong.push(format!("{}: {in_request} instead of {known}", subject.name));
        }
    }
    assert!(wrong.is_empty(), "handshakes in the first request:\n{}", wrong.join("\n"));
    stack.shutdown().await;
}
