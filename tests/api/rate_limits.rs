//! Rate limits: the number of requests a caller may send, and the answers beyond it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Client, Document, Operation, Process, Sender, user};

/// The scale that leaves three writes a minute.
const SCALE: &str = "0.05";

/// A number of requests of which at least one is over the limit, even if a new minute begins among them.
const ENOUGH: usize = 7;

/// Returns the remaining requests and the seconds until there are more, from the answer's `RateLimit` for `policy`.
#[track_caller]
fn remaining(answer: &Answer, policy: &str) -> (u32, u32) {
    let (name, rest) = answer.header("ratelimit").split_once(";r=").unwrap_or_else(|| panic!("{answer:?}"));
    assert_eq!(name, format!("\"{policy}\""), "{answer:?}");
    let (remaining, seconds) = rest.split_once(";t=").unwrap_or_else(|| panic!("{answer:?}"));
    (remaining.parse().unwrap(), seconds.parse().unwrap())
}

/// Writes as `client` until an answer is over the limit, and returns it.
async fn first_denied(client: &Client) -> Answer {
    let mut before = None;
    for _ in 0..ENOUGH {
        let answer = client.post("/api/users", &user("ada@example.com")).await;
        if answer.status == 429 {
            assert_eq!(before, Some(0), "the one before was the last: {answer:?}");
            return answer;
        }
        before = Some(remaining(&answer, "write").0);
    }
    panic!("none of {ENOUGH} was denied");
}

#[tokio::test]
async fn every_operation_that_a_caller_writes_with_counts_it() {
    let app = App::limited("1").await;
    let operations = &Document::published().operations;
    let is_write = |operation: &&Operation| operation.method != Method::GET && operation.takes_token;
    let mut wrong = Vec::new();
    for operation in operations.iter().filter(is_write) {
        let answer = Sender::new(&app, operation).await.send().await;
        assert!(answer.status < 300, "{answer:?}");
        let fields = ["ratelimit-policy", "ratelimit"].map(|name| answer.header(name).to_owned());
        // Each request has a caller of its own, so 59 remaining requests show that it was counted exactly once. Another
        // address is counted as well.
        let policy = fields[0].split(", ").next();
        if policy != Some(r#""write";q=60;w=60"#) || !fields[1].starts_with(r#""write";r=59;t="#) {
            wrong.push(format!(
                "{}: {fields:?}; in its handler, add as the first line\n    \
                 let caller = ...; limits.take(QuotaPolicy::WRITE, caller.id).await?;",
                operation.name
            ));
        }
    }
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_not_counted_says_nothing_of_limits() {
    let app = App::start().await;
    for answer in [
        app.admin().get("/api/users").await.expect(200),
        app.anonymous().post("/api/users", &user("ada@example.com")).await.expect(401),
        app.admin().post("/api/users", &json!({})).await.expect(400),
    ] {
        let names = ["ratelimit", "ratelimit-policy"];
        assert_eq!(names.map(|name| answer.header(name)), ["", ""], "{answer:?}");
    }
}

#[tokio::test]
async fn who_writes_too_much_is_told_when_to_come_back() {
    let app = App::limited(SCALE).await;
    let caller = app.admin();
    let denied = first_denied(&caller).await;
    denied.expect_error(429, "rate_limited");
    assert_eq!(denied.header("ratelimit-policy"), r#""write";q=3;w=60"#, "{denied:?}");
    let (remaining, seconds) = remaining(&denied, "write");
    assert_eq!((remaining, seconds.to_string()), (0, denied.header("retry-after").to_owned()), "{denied:?}");
    assert!((1..=60).contains(&seconds), "{denied:?}");
}

#[tokio::test]
async fn who_writes_too_much_can_still_read_and_others_can_still_write() {
    let app = App::limited(SCALE).await;
    let (caller, other) = (app.admin(), app.another_admin());
    first_denied(&caller).await;
    caller.get("/api/users").await.expect(200);
    other.post("/api/users", &user("eva@example.com")).await.expect(201);
}

#[tokio::test]
async fn a_problem_names_the_violated_policy() {
    let app = App::limited(SCALE).await;
    let caller = app.admin();
    for _ in 0..ENOUGH {
        let call = caller.post("/api/users", &user("ada@example.com"));
        let answer = call.header("accept", "application/problem+json").await;
        if answer.status == 429 {
            let problem = answer.json();
            assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
            assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
            assert_eq!(problem["violated-policies"], json!(["write"]), "{answer:?}");
            assert_eq!((&problem["status"], &problem["code"]), (&json!(429), &json!("rate_limited")));
            return;
        }
        assert_eq!(answer.json()["violated-policies"], json!(null), "{answer:?}");
    }
    panic!("none of {ENOUGH} was denied");
}

/// Sends attempts that each claim, in a header, to be forwarded for another address.
async fn spoofed(app: &App, path: &str, attempts: usize, body: impl Fn(usize) -> Value) -> Vec<Answer> {
    let mut answers = Vec::new();
    for n in 0..attempts {
        let call = app.anonymous().post(path, &body(n)).header("accept", "application/problem+json");
        answers.push(call.header("x-forwarded-for", &format!("192.0.2.{n}")).await);
    }
    answers
}

/// Returns the violated policies of the denied answers.
fn violated(answers: &[Answer]) -> Vec<Value> {
    let denied = answers.iter().filter(|answer| answer.status == 429);
    denied.map(|answer| answer.json()["violated-policies"].clone()).collect()
}

#[tokio::test]
async fn a_spoofed_header_gains_nothing_at_sign_in() {
    let app = App::limited("0.05").await;
    let answers = spoofed(
        &app,
        "/api/auth/login",
        3,
        |n| json!({"email": format!("somebody{n}@example.com"), "password": "not the right one"}),
    );
    let answers = answers.await;
    assert_eq!(answers[0].status, 401, "{answers:?}");
    let policies = r#""login-address";q=1;w=60, "login";q=1;w=60"#;
    assert_eq!(answers[0].header("ratelimit-policy"), policies, "{answers:?}");
    let violated = violated(&answers);
    assert!(!violated.is_empty(), "{answers:?}");
    assert!(violated.iter().all(|policies| *policies == json!(["login-address"])), "{answers:?}");
}

#[tokio::test]
async fn a_spoofed_header_gains_nothing_at_registration() {
    let app = App::limited("0.1").await;
    let answers = spoofed(
        &app,
        "/api/auth/register",
        3,
        |n| json!({"email": format!("somebody{n}@example.com"), "password": "correct horse battery staple"}),
    );
    let answers = answers.await;
    assert_eq!(answers[0].status, 201, "{answers:?}");
    assert_eq!(answers[0].header("ratelimit-policy"), r#""register";q=1;w=3600"#, "{answers:?}");
    let violated = violated(&answers);
    assert!(!violated.is_empty(), "{answers:?}");
    assert!(violated.iter().all(|policies| *policies == json!(["register"])), "{answers:?}");
}

/// Signs in from each of these addresses, as an event of API Gateway, and returns how many were not denied.
async fn let_through(app: &App, addresses: impl Iterator<Item = String>) -> usize {
    let mut count = 0;
    for address in addresses {
        let mut event = app.event("auth-login", "login");
        event["requestContext"]["http"]["sourceIp"] = json!(address);
        let email = format!("{}@example.com", address.replace("::", "-").replace(':', "."));
        event["body"] = json!(json!({"email": email, "password": "guessed it"}).to_string());
        let answer = app.stack.invoke("auth-login", event).await.unwrap();
        count += usize::from(answer["statusCode"] != 429);
    }
    count
}

#[tokio::test]
async fn a_network_of_addresses_is_limited_as_a_whole() {
    // One sign-in a minute from a network of 64 bits, 4 from one of 56 and 16 from one of 48. A minute can end in
    // between, so each can have twice as many.
    let app = App::limited("0.05").await;
    let of_64 = let_through(&app, (0..10).map(|n| format!("2001:db8:1::{n:x}"))).await;
    assert!((1..=2).contains(&of_64), "{of_64}");
    let of_56 = let_through(&app, (0..20).map(|n| format!("2001:db8:2:{n:x}::1"))).await;
    assert!((4..=8).contains(&of_56), "{of_56}");
    let of_48 = let_through(&app, (0..60).map(|n| format!("2001:db8:3:{n:x}00::1"))).await;
    assert!((16..=32).contains(&of_48), "{of_48}");
    let others = let_through(&app, (4..30).map(|n| format!("2001:db8:{n:x}::1"))).await;
    assert_eq!(others, 26, "networks of others");
}

#[tokio::test]
async fn an_account_is_one_however_its_address_is_written() {
    let app = App::limited("0.2").await;
    let spellings = ["ada@example.com", "ADA@example.com", " Ada@Example.COM "];
    let answers = spoofed(
        &app,
        "/api/auth/login",
        spellings.len(),
        |n| json!({"email": spellings[n], "password": "not the right one"}),
    );
    let answers = answers.await;
    assert_eq!(answers[0].status, 401, "{answers:?}");
    assert!(violated(&answers).contains(&json!(["login"])), "{answers:?}");
}

#[tokio::test]
async fn a_sign_in_that_can_not_be_counted_is_refused() {
    let app = App::start().await;
    app.stack.stop_dynamodb().await.unwrap();
    let guess = json!({"email": "ada@example.com", "password": "not the right one"});
    let answer = app.anonymous().post("/api/auth/login", &guess).await;
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
}

#[tokio::test]
async fn who_could_not_be_counted_is_let_through_and_the_log_says_so() {
    let app = App::start().await;
    let caller = app.caller();
    let change = || caller.patch(&format!("/api/users/{}", caller.id()), &json!({"name": "Ada"}));
    // The first request makes the instance read the keys of access tokens.
    change().await.expect(401);
    app.stack.stop_dynamodb().await.unwrap();
    // The limit lets the request pass, and then the handler's own call fails.
    let answer = change().await;
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("ratelimit"), "", "{answer:?}");
    assert!(app.stack.logs().contains("a request was allowed without being counted"), "{}", app.stack.logs());
}

#[tokio::test]
async fn make_run_takes_the_scale_from_its_environment() {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let answer = process.admin().await.post("/api/users", &user("ada@example.com")).await.expect(201);
    assert_eq!(answer.header("ratelimit-policy"), r#""write";q=60000000;w=60"#, "{answer:?}");
}
