//! Files in the table, and the quota of their users.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::{FileAttributes, FileSize, FileState, Sha256Digest, Timestamp, UserId};
use shared::random::Random;
use shared::store::{Error, Files};
use tests::App;

const SHA256: Sha256Digest = Sha256Digest::from_bytes([7; 32]);

fn attributes(bytes: u64) -> FileAttributes {
    FileAttributes {
        name: "engine.zip".parse().unwrap(),
        kind: "application/zip".to_owned().try_into().unwrap(),
        size: FileSize::try_from(bytes).unwrap(),
        sha256: None,
    }
}

/// Returns the recorded usage of the user's files: their number and their bytes.
fn usage(app: &App, owner: UserId) -> (i64, i64) {
    let key = format!("USAGE#{owner}");
    let number = |item: &Value, name: &str| item[name]["N"].as_str().unwrap().parse().unwrap();
    let items = app.items();
    let item = items.iter().find(|item| item["pk"]["S"] == *key);
    item.map_or((0, 0), |item| (number(item, "fileCount"), number(item, "byteCount")))
}

#[tokio::test]
async fn a_file_counts_from_when_it_is_ready_until_its_removal_begins() {
    let app = App::start().await;
    let (files, owner) = (app.files(), app.caller().id().parse().unwrap());
    let pending = files.begin(owner, attributes(500), None).await.unwrap().into_parts().0;
    assert_eq!((pending.state, usage(&app, owner)), (FileState::Pending, (0, 0)));
    let ready = files.complete(&pending, SHA256, None).await.unwrap();
    assert_eq!(
        (ready.state, ready.attributes.sha256, usage(&app, owner)),
        (FileState::Ready, Some(SHA256), (1, 500))
    );
    assert_eq!(files.get_latest(ready.id).await.unwrap(), Some(ready.clone()));
    let deleting = files.begin_removal(&ready).await.unwrap();
    assert_eq!((deleting.state, usage(&app, owner)), (FileState::Deleting, (0, 0)));
    files.remove(&deleting).await.unwrap();
    assert_eq!(files.get_latest(ready.id).await.unwrap(), None);

    let never_ready = files.begin(owner, attributes(500), None).await.unwrap().into_parts().0;
    files.begin_removal(&never_ready).await.unwrap();
    assert_eq!(usage(&app, owner), (0, 0));
}

#[tokio::test]
async fn of_many_who_make_a_file_ready_one_does() {
    let app = App::start().await;
    let (files, owner) = (app.files(), app.caller().id().parse().unwrap());
    let pending = files.begin(owner, attributes(500), None).await.unwrap().into_parts().0;
    let outcomes = join_all((0..20).map(|_| files.complete(&pending, SHA256, None))).await;
    let stale = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Stale))).count();
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), stale), (1, 19), "{outcomes:?}");
    assert_eq!(usage(&app, owner), (1, 500));
}

#[tokio::test]
async fn of_files_that_get_ready_at_once_as_many_do_as_there_is_room_for() {
    let app = App::start().await;
    let (files, owner) = (app.files(), app.caller().id().parse().unwrap());
    // Ten of these files fill the quota of one gibibyte, except for a remainder.
    let size = 100 * 1024 * 1024;
    let pending: Vec<_> = join_all((0..15).map(|_| files.begin(owner, attributes(size), None)))
        .await
        .into_iter()
        .map(|begun| begun.unwrap().into_parts().0)
        .collect();
    let outcomes = join_all(pending.iter().map(|file| files.complete(file, SHA256, None))).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::QuotaExceeded))).count();
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), refused), (10, 5), "{outcomes:?}");
    assert_eq!(usage(&app, owner), (10, 10 * i64::try_from(size).unwrap()));
    assert!(matches!(files.begin(owner, attributes(size), None).await, Err(Error::QuotaExceeded)));
    files.begin(owner, attributes(1024), None).await.unwrap();
}

#[tokio::test]
async fn a_pending_file_ends_after_a_day_although_its_item_is_there() {
    let app = App::start().await;
    // A moment so far ahead that no item expires during the test.
    let clock = Clock::set_to("2100-01-31T12:00:00Z".parse::<Timestamp>().unwrap());
    let files = Files::new(app.table(), clock.clone(), Random::system());
    let owner = app.caller().id().parse().unwrap();
    let pending = files.begin(owner, attributes(1), None).await.unwrap().into_parts().0;
    let begun = files.begin(owner, attributes(1), None).await.unwrap().into_parts().0;
    let ready = files.complete(&begun, SHA256, None).await.unwrap();
    clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert!(files.get(pending.id).await.unwrap().is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(files.get(pending.id).await.unwrap(), None);
    assert!(files.get(ready.id).await.unwrap().is_some(), "what is ready stays");
    let items = app.items();
    assert_eq!(items.iter().filter(|item| item["sk"]["S"] == "FILE").count(), 2);
}
