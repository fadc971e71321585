//! A file is an item in the table and an object in the bucket, and no transaction covers both. After a failed request
//! the next request or the S3 event for `upload-completed` finishes or removes the parts that are left.

use std::time::Duration;

use local::Faults;
use serde_json::Value;
use tests::{App, Client, PNG};

use super::{FAILURES, expect_unavailable};

/// Each operation that these requests call, and the number of the call that fails: an upload has two transactions.
const CALLS: [(&str, u32); 7] = [
    ("dynamodb:UpdateItem", 1),
    ("dynamodb:GetItem", 1),
    ("dynamodb:TransactWriteItems", 1),
    ("dynamodb:TransactWriteItems", 2),
    ("s3:PutObject", 1),
    ("s3:CopyObject", 1),
    ("s3:DeleteObject", 1),
];

#[tokio::test]
async fn an_upload_is_done_or_leaves_nothing_that_lasts() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    for rule in rules() {
        let owner = app.caller();
        faults.add(rule.parse().unwrap());
        let answer = owner.upload("a.png", "image/png", PNG).await;
        faults.clear();
        let answer = if answer.status == 201 {
            answer
        } else {
            assert!(rule.contains("from="), "one failure is got over: {rule}, {answer:?}");
            expect_unavailable(&answer);
            settled(&app, &owner, &rule).await;
            owner.upload("a.png", "image/png", PNG).await.expect(201)
        };
        settled(&app, &owner, &rule).await;
        let download = app.download(&owner, answer.header("location")).await.expect(200);
        assert_eq!(download.body, PNG, "{rule}");
    }
}

#[tokio::test]
async fn a_file_is_removed_as_a_whole_or_by_the_next_request() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    for rule in rules() {
        let owner = app.caller();
        let file = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
        settled(&app, &owner, &rule).await;
        faults.add(rule.parse().unwrap());
        let answer = owner.delete(&file).await;
        faults.clear();
        if answer.status != 204 {
            assert!(rule.contains("from="), "one failure is got over: {rule}, {answer:?}");
            expect_unavailable(&answer);
            let again = owner.delete(&file).await;
            assert!([204, 404].contains(&again.status), "{rule}, {again:?}");
        }
        until(&app, &owner, &rule, |left| *left == Left::default()).await;
    }
}

fn rules() -> impl Iterator<Item = String> {
    let faults = FAILURES.iter().map(|failure| failure.fault).filter(|fault| *fault != "conflict");
    let ways = faults.flat_map(|fault| ["nth", "from"].map(|which| (fault, which)));
    ways.flat_map(|(fault, which)| CALLS.map(|(call, n)| format!("{call}:{fault}:{which}={n}")))
}

/// Waits until each ready file has its object and is counted, and only items that expire by TTL are left besides.
///
/// A file may be ready although its request was answered with 503, because the S3 event finished it.
async fn settled(app: &App, owner: &Client, context: &str) {
    until(app, owner, context, |Left { states, count, objects }| {
        let in_state = |wanted: &str| states.iter().filter(|state| *state == wanted).count();
        let (ready, pending) = (in_state("ready"), in_state("pending"));
        ready + pending == states.len() && *count == ready && objects.len() == ready
    })
    .await;
}

/// What is left of the requests of a user.
#[derive(Debug, Default, PartialEq)]
struct Left {
    /// The states of the user's files.
    states: Vec<String>,
    /// The number of them that is counted.
    count: usize,
    /// All objects that last and belong to no other user.
    objects: Vec<String>,
}

/// Waits until `is_whole`. The S3 event of an upload may be handled later than the requests about its file.
async fn until(app: &App, owner: &Client, context: &str, is_whole: impl Fn(&Left) -> bool) {
    let mut last = None;
    for _ in 0..500 {
        let left = left(app, owner).await;
        if is_whole(&left) {
            return;
        }
        last = Some(left);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not whole after 10 s: {context}: {last:?}\n{}", app.stack.logs());
}

async fn left(app: &App, owner: &Client) -> Left {
    let items = app.items();
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let files: Vec<&Value> =
        items.iter().filter(|item| item["sk"]["S"] == "FILE" && item["userId"]["S"] == owner.id()).collect();
    let usage = items.iter().find(|item| item["pk"]["S"] == format!("USAGE#{}", owner.id()));
    let count = usage.map_or(0, |item| item["fileCount"]["N"].as_str().unwrap().parse().unwrap());
    let mut objects = app.objects().await;
    let others: Vec<String> = items
        .iter()
        .filter(|item| item["sk"]["S"] == "FILE" && item["userId"]["S"] != owner.id())
        .map(|item| text(item, "pk").replace("FILE#", "files/"))
        .collect();
    // S3 removes uploads by a lifecycle rule.
    objects.retain(|key| !key.starts_with("incoming/") && !others.contains(key));
    Left { states: files.into_iter().map(|item| text(item, "state")).collect(), count, objects }
}
