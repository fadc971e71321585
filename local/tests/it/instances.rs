//! The life of instances.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use local::{InvokeError, Stack};
use serde_json::json;

use crate::support::{Place, Reply, TEMPLATE, eventually, example, get, is_running};

async fn pid(stack: &Stack, path: &str) -> String {
    let reply = get(stack, path).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.text()
}

async fn at_once(stack: &Arc<Stack>, path: &str, count: usize) -> Vec<Reply> {
    let requests: Vec<_> = (0..count)
        .map(|_| {
            let (stack, path) = (Arc::clone(stack), path.to_owned());
            tokio::spawn(async move { get(&stack, &path).await })
        })
        .collect();
    let mut replies = Vec::new();
    for request in requests {
        replies.push(request.await.unwrap());
    }
    replies
}

#[tokio::test]
async fn one_after_the_other_are_served_by_one_instance() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let mut pids = BTreeSet::new();
    for _ in 0..20 {
        pids.insert(pid(&stack, "/echo?do=pid").await);
    }
    assert_eq!(pids.len(), 1);
    let logs = stack.logs();
    let lines =
        |kind: &str| logs.lines().filter(|line| line.starts_with("GET") && line.contains(kind)).count();
    assert_eq!((lines(" cold "), lines(" warm ")), (1, 19), "{logs}");
}

#[tokio::test]
async fn requests_at_once_start_instances_up_to_the_limit() {
    let place = Place::new();
    let stack = Arc::new(place.builder().max_instances(3).start().await.unwrap());
    let replies = at_once(&stack, "/echo?do=pid&ms=200", 8).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    let pids: BTreeSet<String> = replies.iter().map(Reply::text).collect();
    assert_eq!(pids.len(), 3);
}

#[tokio::test]
async fn a_crash_fails_its_request_and_no_other() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let first = pid(&stack, "/echo?do=pid").await;
    let crashed = get(&stack, "/echo?do=exit").await;
    assert_eq!((crashed.status, crashed.json()), (500, json!({"message": "Internal Server Error"})));
    assert_ne!(pid(&stack, "/echo?do=pid").await, first);
}

#[tokio::test]
async fn the_timeout_kills_and_the_next_request_is_served() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let first = pid(&stack, "/hurried?do=pid").await;
    assert_eq!(get(&stack, "/hurried?ms=30000").await.status, 500);
    eventually("killed", || !is_running(&first)).await;
    assert_ne!(pid(&stack, "/hurried?do=pid").await, first);
    assert!(stack.logs().contains("timed out after 1.00 seconds"), "{}", stack.logs());
}

#[tokio::test]
async fn a_function_that_does_not_start_is_answered_for_and_tried_again() {
    let place = Place::new();
    let file = place.path("init");
    std::fs::write(&file, "fail").unwrap();
    let stack = Arc::new(place.builder().env("INIT_FILE", file.to_str().unwrap()).start().await.unwrap());
    let replies = at_once(&stack, "/echo", 5).await;
    assert!(replies.iter().all(|reply| reply.status == 500), "{replies:?}");
    for _ in 0..20 {
        assert_eq!(get(&stack, "/echo").await.status, 500);
    }
    let tries = stack.logs().matches("does not start").count();
    assert!(tries < 20, "{tries} starts for 25 requests: no back-off");

    std::fs::remove_file(&file).unwrap();
    let mut status = 500;
    for _ in 0..200 {
        status = get(&stack, "/echo").await.status;
        if status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status, 200);
}

/// Starts a stack with a function that has a timeout of 1 s and whose start does what `init` says.
async fn started_as(init: &str) -> (Place, Stack) {
    let place = Place::with(&TEMPLATE.replace("Timeout: 5", "Timeout: 1"), &example(), &["echo"]);
    let file = place.path("init");
    std::fs::write(&file, init).unwrap();
    let builder = place.builder().init_timeout(Duration::from_millis(300));
    let stack = builder.env("INIT_FILE", file.to_str().unwrap()).start().await.unwrap();
    (place, stack)
}

// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib>
#[tokio::test]
async fn a_start_that_takes_too_long_is_tried_again_in_the_invocation() {
    let (_place, stack) = started_as("hang once").await;
    let answer = stack.invoke("echo", json!({})).await.unwrap();
    assert_eq!(answer["got"], json!({}));
    assert!(stack.logs().contains("did not ask for an event within 300ms"), "{}", stack.logs());
}

#[tokio::test]
async fn a_start_that_hangs_again_runs_into_the_functions_timeout() {
    let (_place, stack) = started_as("hang").await;
    let error = stack.invoke("echo", json!({})).await.unwrap_err();
    assert_eq!(error, InvokeError::TimedOut(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_missing_binary_is_named() {
    let place = Place::new();
    std::fs::remove_file(place.path("echo")).unwrap();
    let stack = place.builder().start().await.unwrap();
    let error = stack.invoke("echo", json!({})).await.unwrap_err().to_string();
    assert!(error.contains("echo is missing: build it"), "{error}");
}

#[tokio::test]
async fn a_rebuilt_binary_is_picked_up() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let first = pid(&stack, "/echo?do=pid").await;
    std::fs::copy(example(), place.path("echo.new")).unwrap();
    std::fs::rename(place.path("echo.new"), place.path("echo")).unwrap();
    let second = pid(&stack, "/echo?do=pid").await;
    assert_ne!(first, second);
    eventually("the old instance ended", || !is_running(&first)).await;
    assert_eq!(pid(&stack, "/echo?do=pid").await, second);
}

#[tokio::test]
async fn idle_instances_are_stopped() {
    let place = Place::new();
    let stack = place.builder().idle_after(Duration::from_millis(100)).start().await.unwrap();
    let first = pid(&stack, "/echo?do=pid").await;
    eventually("stopped", || !is_running(&first)).await;
    assert_ne!(pid(&stack, "/echo?do=pid").await, first);
}

#[tokio::test]
async fn more_than_the_instances_can_take_is_503() {
    let place = Place::new();
    let stack = Arc::new(place.builder().queue_wait(Duration::from_millis(300)).start().await.unwrap());
    assert_eq!(get(&stack, "/narrow").await.status, 200);
    let replies = at_once(&stack, "/narrow?ms=700", 2).await;
    let refused = replies.iter().find(|reply| reply.status == 503).expect("one is refused");
    assert_eq!(refused.json(), json!({"message": "Service Unavailable"}));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(replies.iter().any(|reply| reply.status == 200));

    let stack = Arc::new(place.builder().throttle().start().await.unwrap());
    assert_eq!(get(&stack, "/narrow").await.status, 200);
    let statuses: BTreeSet<u16> =
        at_once(&stack, "/narrow?ms=300", 3).await.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, BTreeSet::from([200, 503]));
}

#[tokio::test]
async fn shutdown_leaves_no_process() {
    let place = Place::new();
    let stack = Arc::new(place.builder().start().await.unwrap());
    let pids: Vec<String> = at_once(&stack, "/echo?do=pid&ms=100", 3).await.iter().map(Reply::text).collect();
    stack.shutdown().await;
    for pid in pids {
        assert!(!is_running(&pid), "{pid}");
    }
}

#[tokio::test]
async fn dropping_a_stack_ends_its_processes() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let pid = pid(&stack, "/echo?do=pid").await;
    drop(stack);
    eventually("ended", || !is_running(&pid)).await;
}

#[tokio::test]
async fn deadlines_are_true() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let first = stack.invoke("hurried", json!({})).await.unwrap()["deadline"].as_u64().unwrap();
    let second = stack.invoke("echo", json!({})).await.unwrap()["deadline"].as_u64().unwrap();
    // The timeouts of 1 s and 5 s begin at about the same moment.
    assert!((3_900..20_000).contains(&(second - first)), "{first} {second}");
}
