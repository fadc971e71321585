//! `sweep`: what interrupted requests and removed users left is removed, and nothing else.

use std::time::Duration;

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use local::Faults;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{FileId, Role, Timestamp, UserAttributes};
use shared::random::Random;
use shared::store::Outbox;
use tests::{App, Client, PNG};

/// Sweeps as if it were some hours later, and returns the run's line in the log.
async fn sweep(app: &App, hours: u64) -> Result<Value, Value> {
    let now = Clock::system().now().as_millis();
    let later = i64::try_from(Duration::from_hours(hours).as_millis()).unwrap();
    let mut event = app.event("sweep", "daily");
    event["time"] = Timestamp::from_millis(now + later).to_string().into();
    let before = lines(app).len();
    let result = app.stack.invoke("sweep", event).await;
    // A line may arrive after the answer.
    for _ in 0..3000 {
        if let Some(line) = lines(app).get(before) {
            return if result.is_ok() { Ok(line.clone()) } else { Err(line.clone()) };
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no line of the run:\n{}", app.stack.logs());
}

fn lines(app: &App) -> Vec<Value> {
    let logs = app.stack.logs();
    let lines = logs.lines().filter_map(|line| line.strip_prefix("sweep "));
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "swept" || line["message"] == "failed").collect()
}

/// The numbers of a run: objects, removals, orphans, leftovers, files of removed users, foreign objects.
fn numbers(line: &Value) -> Vec<u64> {
    ["objects", "removals", "orphans", "leftovers", "ofRemovedUsers", "foreign"]
        .iter()
        .map(|name| line[name].as_u64().unwrap_or_else(|| panic!("no {name}: {line}")))
        .collect()
}

/// A user who has an account.
async fn account(app: &App) -> Client {
    let email = format!("ada{}@example.com", FileId::new(Clock::system().now(), &Random::system()));
    let attributes = UserAttributes { email: email.parse().unwrap(), name: None, role: Role::User };
    let user = app.users().create(attributes, Outbox::CLOSED, None).await.unwrap().into_parts().0;
    app.user(&user.id.to_string())
}

fn new_id() -> FileId {
    FileId::new(Clock::system().now(), &Random::system())
}

async fn put(app: &App, s3: &S3, key: &str) {
    let body = ByteStream::from_static(b"x");
    s3.put_object().bucket(app.stack.bucket_name()).key(key).body(body).send().await.unwrap();
}

/// Uploads a file and waits until its event is handled, and returns its URL.
async fn upload(app: &App, owner: &Client) -> String {
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    let id = url.rsplit('/').next().unwrap();
    app.logged(&format!("\"fileId\":\"{id}\"")).await;
    url
}

fn id(url: &str) -> FileId {
    url.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_nothing_needs_any_more_is_removed_and_all_else_stays() {
    let app = App::start().await;
    let (owner, ghost) = (account(&app).await, app.caller());
    let (files, s3) = (app.files(), app.s3());
    let kept = upload(&app, &owner).await;
    let of_ghost = upload(&app, &ghost).await;
    let stuck = upload(&app, &owner).await;
    let stuck = files.begin_removal(&files.get_latest(id(&stuck)).await.unwrap().unwrap()).await.unwrap();
    // A file whose objects are gone, and whose item was not removed.
    let without_object = upload(&app, &owner).await;
    let without_object = files.get_latest(id(&without_object)).await.unwrap().unwrap();
    files.begin_removal(&without_object).await.unwrap();
    let bucket = app.stack.bucket_name();
    s3.delete_object().bucket(bucket).key(format!("files/{}", without_object.id)).send().await.unwrap();
    put(&app, &s3, &format!("files/{}", new_id())).await;
    put(&app, &s3, "notes.txt").await;
    let pending = owner.presign("b.png", "image/png", 3).await.expect(201).header("location").to_owned();

    // All of it is young, so it may belong to requests that are under way.
    let line = sweep(&app, 0).await.unwrap();
    assert_eq!(numbers(&line), [9, 0, 0, 0, 0, 0], "{line}");
    let line = sweep(&app, 25).await.unwrap();
    assert_eq!((numbers(&line), &line["complete"]), (vec![8, 2, 3, 2, 1, 1], &json!(true)), "{line}");
    let line = sweep(&app, 25).await.unwrap();
    assert_eq!(numbers(&line), [2, 0, 0, 0, 0, 1], "{line}");

    assert_eq!(app.objects().await, [format!("files/{}", id(&kept)), "notes.txt".to_owned()]);
    assert_eq!(app.download(&owner, &kept).await.expect(200).body, PNG);
    owner.get(&pending).await.expect(200);
    ghost.get(&of_ghost).await.expect(404);
    let items = app.items();
    let of_files = |item: &&Value| item["pk"]["S"].as_str().unwrap().starts_with("FILE#");
    assert_eq!(items.iter().filter(of_files).count(), 2);
    assert_eq!(files.get_latest(stuck.id).await.unwrap(), None);
    app.expect_whole().await;
}

#[tokio::test]
async fn an_upload_is_removed_once_its_url_has_expired() {
    let app = App::start().await;
    let owner = account(&app).await;
    let file = upload(&app, &owner).await;
    assert!(app.objects().await.contains(&format!("incoming/{}", id(&file))));
    let line = sweep(&app, 25).await.unwrap();
    assert_eq!(numbers(&line), [2, 0, 0, 1, 0, 0], "{line}");
    assert_eq!(app.objects().await, [format!("files/{}", id(&file))]);
    assert_eq!(app.download(&owner, &file).await.expect(200).body, PNG);
}

#[tokio::test]
async fn a_run_that_is_interrupted_loses_nothing_and_the_next_one_continues() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let owner = account(&app).await;
    let kept = upload(&app, &owner).await;
    for rule in [
        "dynamodb:Query:500",
        "dynamodb:GetItem:500:from=2",
        "dynamodb:TransactWriteItems:500",
        "dynamodb:TransactWriteItems:500:from=2",
        "dynamodb:PutItem:500",
        "s3:ListObjectsV2:500",
        "s3:DeleteObject:500",
        "s3:DeleteObject:500:from=2",
        "s3:DeleteObject:500:from=3",
    ] {
        let ghost = app.caller();
        let of_ghost = upload(&app, &ghost).await;
        put(&app, &app.s3(), &format!("files/{}", new_id())).await;
        faults.add(rule.parse().unwrap());
        let line = sweep(&app, 25).await.expect_err(rule);
        faults.clear();
        assert!(!line["error"].is_null(), "{rule}: {line}");
        assert_eq!(app.download(&owner, &kept).await.expect(200).body, PNG, "{rule}");
        sweep(&app, 25).await.unwrap();
        ghost.get(&of_ghost).await.expect(404);
        assert_eq!(app.objects().await, [format!("files/{}", id(&kept))], "{rule}");
        app.expect_whole().await;
    }
    assert_eq!(app.download(&owner, &kept).await.expect(200).body, PNG);
}

#[tokio::test]
async fn a_run_is_bounded_and_the_next_one_begins_where_it_ended() {
    let app = App::start().await;
    let s3 = app.s3();
    for _ in 0..501 {
        put(&app, &s3, &format!("files/{}", new_id())).await;
    }
    let line = sweep(&app, 25).await.unwrap();
    assert_eq!((numbers(&line), &line["complete"]), (vec![500, 0, 500, 0, 0, 0], &json!(false)), "{line}");
    let owner = account(&app).await;
    upload(&app, &owner).await;
    let line = sweep(&app, 25).await.unwrap();
    // Its key follows that of the last orphan.
    assert_eq!((numbers(&line), &line["complete"]), (vec![3, 0, 1, 1, 0, 0], &json!(true)), "{line}");
    let line = sweep(&app, 25).await.unwrap();
    assert_eq!(numbers(&line), [1, 0, 0, 0, 0, 0], "{line}");
}

#[tokio::test]
async fn an_upload_that_failed_is_completed_by_a_redrive() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let owner = app.caller();
    faults.add("s3:CopyObject:500".parse().unwrap());
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    app.put(&presigned, b"one").await.expect(200);
    app.logged("is given up after 3 attempts").await;
    let again = app.stack.redrive().await;
    assert_eq!((again.succeeded, again.failed.len()), (0, 1), "{again}");
    faults.clear();
    let done = app.stack.redrive().await;
    assert_eq!((done.succeeded, done.failed.len()), (1, 0), "{done}");
    assert_eq!(owner.get(presigned.header("location")).await.expect(200).text("/state"), "ready");
    assert_eq!(app.stack.redrive().await.succeeded, 0);
}
