//! Acknowledged writes survive a kill of the process at any moment.

use std::sync::atomic::{AtomicUsize, Ordering};

use tests::{Process, user};
use tokio::sync::Notify;

const WRITERS: usize = 8;

#[tokio::test]
async fn a_killed_process_loses_no_acknowledged_write() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..3 {
        let process = Process::start(data.path()).await;
        let admin = process.admin().await;
        for url in &acknowledged {
            admin.get(url).await.expect(200);
        }
        let (written, enough) = (AtomicUsize::new(0), Notify::new());
        let write = async |writer: usize| {
            let mut urls = Vec::new();
            for n in 0.. {
                let body = user(&format!("{round}-{writer}-{n}@example.com"));
                // The connection breaks when the process is killed.
                let Some(answer) = admin.post("/api/users", &body).try_send().await else { break };
                urls.push(answer.expect(201).header("location").to_owned());
                if written.fetch_add(1, Ordering::Relaxed) == 10 * (round + 1) {
                    enough.notify_one();
                }
            }
            urls
        };
        let kill = async {
            enough.notified().await;
            process.kill().await;
        };
        let (urls, ()) = tokio::join!(futures_util::future::join_all((0..WRITERS).map(write)), kill);
        acknowledged.extend(urls.into_iter().flatten());
    }
    let process = Process::start(data.path()).await;
    let admin = process.admin().await;
    for url in &acknowledged {
        admin.get(url).await.expect(200);
    }
    let total = admin.get("/api/users").await.expect(200).json()["pagination"]["total"].as_u64().unwrap();
    // The administrator is a user, too.
    let found = usize::try_from(total).unwrap() - 1;
    // A write may have been done before the kill without an acknowledgement.
    assert!(
        (acknowledged.len()..=acknowledged.len() + 3 * WRITERS).contains(&found),
        "{found} {}",
        acknowledged.len()
    );
}
