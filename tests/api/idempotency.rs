use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, App, Call, Client, Process, user};
use tokio::sync::Notify;

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn keyed(call: Call, key: &str) -> Call {
    call.header("idempotency-key", key)
}

/// Returns the number of users.
async fn total(admin: &Client) -> u64 {
    admin.get("/api/users").await.expect(200).json()["pagination"]["total"].as_u64().unwrap()
}

/// Checks that `again` repeats the answer `first`.
#[track_caller]
fn expect_replayed(first: &Answer, again: &Answer) {
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{again:?}");
    for header in ["location", "etag", "last-modified", "content-type"] {
        assert_eq!(again.header(header), first.header(header), "{again:?}");
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_again() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, path, body) = (&resource.client, resource.path(), resource.body());
        let first = keyed(client.post(&path, &body), KEY).await.expect(201);
        expect_replayed(&first, &keyed(client.post(&path, &body), KEY).await);
        assert_eq!(resource.total().await, 1);
    }
}

/// API Gateway joins the two lines with a comma.
#[tokio::test]
async fn a_key_that_is_there_twice_is_none() {
    let app = App::start().await;
    for resource in app.resources() {
        for key in [format!("{KEY},{KEY}"), format!("{KEY}, {KEY}"), format!("{KEY},another")] {
            let refused = keyed(resource.create(), &key).await;
            assert_eq!(refused.bad_fields(), ["Idempotency-Key"], "{refused:?}");
        }
        keyed(resource.create(), KEY).await.expect(201);
    }
    let admin = app.admin();
    let (token, body) = (admin.token(), user("ada@example.com").to_string());
    let before = total(&admin).await;
    let request = format!(
        "POST /api/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: {KEY}\r\nIdempotency-Key: {KEY}\r\n\
         \r\n{body}",
        body.len()
    );
    let answer = app.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Idempotency-Key"), "{answer}");
    assert_eq!(total(&admin).await, before);
}

#[tokio::test]
async fn the_first_answer_comes_again_after_the_entity_changed_and_went() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, path, body) = (&resource.client, resource.path(), resource.body());
        let first = keyed(client.post(&path, &body), KEY).await.expect(201);
        client.patch(first.header("location"), &resource.change()).await.expect(200);
        expect_replayed(&first, &keyed(client.post(&path, &body), KEY).await);
        client.delete(first.header("location")).await.expect(204);
        expect_replayed(&first, &keyed(client.post(&path, &body), KEY).await);
        assert_eq!(resource.total().await, 0);
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let app = App::start().await;
    for resource in app.resources() {
        keyed(resource.create(), KEY).await.expect(201);
        keyed(resource.create(), KEY).await.expect_error(422, "idempotency_key_reused");
        assert_eq!(resource.total().await, 1);
    }
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let app = App::start().await;
    let (admin, other) = (app.admin(), app.another_admin());
    let before = total(&admin).await;
    keyed(admin.post("/api/users", &user("ada@example.com")), KEY).await.expect(201);
    keyed(other.post("/api/users", &user("eva@example.com")), KEY).await.expect(201);
    assert_eq!(total(&admin).await, before + 2);
}

#[tokio::test]
async fn a_key_is_its_operations_own() {
    let app = App::start().await;
    let admin = app.admin();
    for resource in app.resources() {
        keyed(admin.post(&resource.path(), &resource.body()), KEY).await.expect(201);
    }
}

#[tokio::test]
async fn a_request_that_failed_has_used_no_key() {
    let app = App::start().await;
    let admin = app.admin();
    let create = || admin.post("/api/users", &user("ada@example.com"));
    let taken = create().await.expect(201);
    keyed(create(), KEY).await.expect_error(409, "email_taken");
    admin.delete(taken.header("location")).await.expect(204);
    keyed(create(), KEY).await.expect(201);
}

#[tokio::test]
async fn without_a_key_each_request_counts() {
    let app = App::start().await;
    let admin = app.admin();
    admin.post("/api/users", &user("ada@example.com")).await.expect(201);
    admin.post("/api/users", &user("ada@example.com")).await.expect_error(409, "email_taken");
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let app = App::start().await;
    for resource in app.resources() {
        keyed(resource.create(), &"k".repeat(255)).await.expect(201);
        for key in ["", " ", "two words", &"k".repeat(256)] {
            let refused = keyed(resource.create(), key).await;
            assert_eq!(refused.bad_fields(), ["Idempotency-Key"]);
        }
        assert_eq!(resource.total().await, 1);
    }
}

#[tokio::test]
async fn of_20_at_once_one_does_it_and_all_are_answered_alike() {
    let app = App::start().await;
    for resource in app.resources() {
        let (client, path, body) = (&resource.client, resource.path(), resource.body());
        let answers = join_all((0..20).map(|_| async { keyed(client.post(&path, &body), KEY).await })).await;
        assert_eq!(resource.total().await, 1);
        let done = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
        assert_eq!(done, 1, "{answers:?}");
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_repeated_is_one_file() {
    let app = App::start().await;
    let user = app.caller();
    let upload = async |content: &[u8]| keyed(user.upload("notes.txt", "text/plain", content), KEY).await;
    let first = upload(b"It weaves.").await.expect(201);
    let again = upload(b"It weaves.").await.expect(201);
    assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    upload(b"It spins.").await.expect_error(422, "idempotency_key_reused");
    user.delete(first.header("location")).await.expect(204);
    assert_eq!(upload(b"It weaves.").await.expect(201).json(), first.json());
    user.get(first.header("location")).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn an_upload_that_failed_goes_on_when_it_is_repeated() {
    let app = App::start().await;
    let user = app.caller();
    let upload = async || keyed(user.upload("notes.txt", "text/plain", b"It weaves."), KEY).await;
    app.stack.stop_s3().await.unwrap();
    upload().await.expect_error(503, "unavailable");
    app.stack.start_s3().unwrap();
    let done = upload().await.expect(201);
    assert_eq!(done.header("idempotency-replayed"), "");
    assert_eq!(upload().await.expect(201).json(), done.json());
    let files = app.items().iter().filter(|item| item["sk"]["S"] == "FILE").count();
    assert_eq!(files, 1);
}

#[tokio::test]
async fn of_10_uploads_at_once_one_file_is_made() {
    let app = App::start().await;
    let user = app.caller();
    let upload =
        async |_| keyed(user.upload("notes.txt", "text/plain", b"It weaves."), KEY).await.expect(201);
    let answers = join_all((0..10).map(upload)).await;
    for answer in &answers {
        assert_eq!(answer.json(), answers[0].json());
    }
    assert_eq!(app.items().iter().filter(|item| item["sk"]["S"] == "FILE").count(), 1);
}

#[tokio::test]
async fn an_upload_is_prepared_once() {
    let app = App::start().await;
    let user = app.caller();
    let presign = async |size| keyed(user.presign("notes.txt", "text/plain", size), KEY).await;
    let first = presign(10).await.expect(201);
    let again = presign(10).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text("/fileId"), first.text("/fileId"));
    presign(11).await.expect_error(422, "idempotency_key_reused");
    assert_eq!(app.items().iter().filter(|item| item["sk"]["S"] == "FILE").count(), 1);
}

#[tokio::test]
async fn a_registration_that_is_repeated_signs_in_to_the_same_account() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let account = json!({"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"});
    let first = keyed(anonymous.post("/api/auth/register", &account), KEY).await.expect(201);
    let again = keyed(anonymous.post("/api/auth/register", &account), KEY).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json()["user"], first.json()["user"]);
    for answer in [&first, &again] {
        let token = format!("Bearer {}", answer.text("/accessToken"));
        anonymous.get("/api/protected").header("authorization", &token).await.expect(200);
        anonymous
            .post("/api/auth/refresh", &json!({"refreshToken": answer.text("/refreshToken")}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_registration_that_is_repeated_does_not_sign_in_to_a_later_account_of_the_address() {
    let app = App::start().await;
    let account = json!({"email": "ada@example.com", "password": "correct horse battery"});
    let register = || app.anonymous().post("/api/auth/register", &account);
    let first = keyed(register(), KEY).await.expect(201);
    app.user(&first.text("/user/id")).delete(first.header("location")).await.expect(204);
    register().await.expect(201);
    keyed(register(), KEY).await.expect_error(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_registration_is_repeated_with_the_same_password_only() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let account =
        |name: &str, password: &str| json!({"email": "ada@example.com", "password": password, "name": name});
    let register = async |body: Value| keyed(anonymous.post("/api/auth/register", &body), KEY).await;
    register(account("Ada", "correct horse battery")).await.expect(201);
    for body in [account("Ada", "another password"), account("Eva", "correct horse battery")] {
        register(body).await.expect_error(422, "idempotency_key_reused");
    }
    anonymous
        .post("/api/auth/register", &account("Ada", "correct horse battery"))
        .await
        .expect_error(409, "email_taken");
}

#[tokio::test]
async fn a_password_leaves_no_trace_under_a_key() {
    let app = App::start().await;
    let account = json!({"email": "ada@example.com", "password": "correct horse battery"});
    let first = keyed(app.anonymous().post("/api/auth/register", &account), KEY).await.expect(201);
    let other = json!({"email": "eva@example.com", "password": "correct horse battery"});
    keyed(app.anonymous().post("/api/auth/register", &other), KEY).await.expect(201);
    let id = first.text("/user/id");
    let items = app.items();
    let record = items.iter().find(|item| item["made"]["S"] == id.as_str()).unwrap();
    // The fingerprint is the SHA-256 of address and name alone.
    let expected = "e2503c98e1e63608fb2222882c1af13645ed8e9871db42b82ca87787af788bac";
    assert_eq!(record["fingerprint"]["S"], expected);
}

/// Each writer repeats its request with one key until it is answered, while the process is killed and started again.
#[tokio::test]
async fn a_request_whose_process_was_killed_is_done_once_when_it_is_repeated() {
    const WRITERS: usize = 8;
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(data.path()).await;
    let admin = process.admin().await;
    let before = total(&admin).await;
    let (sent, enough) = (AtomicUsize::new(0), Notify::new());
    let create = |admin: &Client, writer: usize, n: usize| {
        let name = format!("{writer}-{n}");
        keyed(admin.post("/api/users", &user(&format!("{name}@example.com"))), &name)
    };
    // The number of acknowledged users of each writer before the kill.
    let write = async |writer: usize| {
        for n in 0.. {
            if sent.fetch_add(1, Ordering::Relaxed) == 4 * WRITERS {
                enough.notify_one();
            }
            let Some(answer) = create(&admin, writer, n).try_send().await else { return n };
            answer.expect(201);
        }
        unreachable!("the process is killed")
    };
    let kill = async {
        enough.notified().await;
        process.kill().await;
    };
    let (acknowledged, ()) = tokio::join!(join_all((0..WRITERS).map(write)), kill);

    let process = Process::start(data.path()).await;
    let admin = process.admin().await;
    for (writer, acknowledged) in acknowledged.iter().enumerate() {
        for n in 0..=*acknowledged {
            create(&admin, writer, n).await.expect(201);
        }
    }
    let expected: usize = acknowledged.iter().map(|n| n + 1).sum();
    assert_eq!(total(&admin).await - before, expected as u64);
}
