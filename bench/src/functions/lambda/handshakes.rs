//! A TLS handshake takes long with a small share of a processor, so functions make theirs in the init.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::connect;
use crate::functions::process::Process;
use crate::functions::subject::{Functions, Subject};

/// Events for which a fresh process makes handshakes, with their number. `search` makes five calls at the same time, some of
/// which wait for a connection of another one; the others seldom need theirs, or nobody waits for them.
const EXCEPTIONS: &[(&str, &str, RangeInclusive<u64>)] = &[
    ("health", "get-deep", 1..=1),
    ("search", "get", 1..=3),
    ("sweep", "daily", 1..=1),
    ("upload-completed", "unknown-file", 1..=1),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_first_request_makes_a_handshake_except_these() {
    let root = Path::new(crate::ROOT);
    // The test is in `deps` of the folder with the functions.
    let binaries = env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let functions = Functions::start(root, &binaries).await.unwrap();
    let subjects = functions.named(&[]).unwrap();
    let (network, subjects) = connect(&functions.stack, &subjects).await.unwrap();

    let mut cases: Vec<_> = subjects.iter().flat_map(|subject| cases(root, subject)).collect();
    // One of the removals removes the account.
    cases.sort_by_cached_key(|(_, case)| (case.ends_with("delete.json"), case.clone()));
    let (mut in_inits, mut others) = (0, Vec::new());
    for (subject, case) in &cases {
        let case = case.file_stem().unwrap().to_str().unwrap();
        let event = functions.request(&subject.name, case).unwrap().event();
        let before = network.handshakes();
        let mut process = Process::start(subject, &[]).await.unwrap();
        process.polled().await.unwrap();
        let polled = network.handshakes();
        process.invoke(&event).await.unwrap();
        process.terminate().await.unwrap();
        let in_request = network.handshakes() - polled;
        in_inits += polled - before;
        let exception =
            EXCEPTIONS.iter().find(|(function, event, _)| *function == subject.name && *event == case);
        if !exception.map_or(&(0..=0), |(.., handshakes)| handshakes).contains(&in_request) {
            others.push((&subject.name, case, in_request));
        }
    }
    functions.stack.shutdown().await;
    assert!(in_inits > 20, "{in_inits} handshakes in the inits of {} processes", cases.len());
    assert!(others.is_empty(), "handshakes in the first request: {others:#?}");
}

/// Returns the recorded events of a function.
fn cases<'a>(root: &Path, subject: &'a Subject) -> impl Iterator<Item = (&'a Subject, PathBuf)> {
    let files = fs::read_dir(root.join("events").join(&subject.name)).into_iter().flatten();
    files.map(move |file| (subject, file.unwrap().path()))
}
