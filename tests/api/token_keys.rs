//! The keys of access tokens: the functions that sign, the functions that verify, and the published keys.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local::Faults;
use local::template::Template;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{Role, Rotation};
use tests::{Answer, App, Call, Document, Operation, PASSWORD, just_signed_in};
use tokio::process::Command;

const PATH: &str = "/.well-known/jwks.json";
const ISSUERS: [&str; 3] = ["auth-login", "auth-refresh", "auth-register"];

fn with(call: Call, token: &str) -> Call {
    call.header("authorization", &format!("Bearer {token}"))
}

fn key_ids(answer: &Answer) -> Vec<String> {
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn key_id(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// Returns the functions with lists, whose cursors are sealed.
fn lists(template: &Template) -> Vec<&str> {
    let operations = Document::published().operations.iter();
    let lists =
        operations.filter(|operation| operation.parameters.iter().any(|given| given.name == "cursor"));
    let paths: BTreeSet<String> = lists.map(Operation::path).collect();
    let routes = template.routes.iter().filter(|route| paths.contains(&route.path));
    routes.map(|route| route.function.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn only_functions_that_issue_tokens_can_sign_them_or_publish_a_key() {
    let app = App::start().await;
    let template = app.stack.template();
    let holders = |variable: &str| {
        let functions =
            template.functions.iter().filter(|function| function.variables.contains_key(variable));
        let mut names: Vec<&str> = functions.map(|function| function.name.as_str()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(holders("ACCESS_TOKEN_SECRET"), ISSUERS);
    assert_eq!(holders("CURSOR_SECRET"), lists(template));
    let refresh = holders("REFRESH_TOKEN_SECRET");
    assert_eq!(refresh, ["auth-login", "auth-logout", "auth-refresh", "auth-register"]);

    let mut publishers = Vec::new();
    for function in template.access.functions.keys() {
        let grants = template.access.role(function).into_iter().flat_map(|role| &role.statements);
        let mut grants = grants.flat_map(local::iam::Statement::grants).map(|grant| grant.to_string());
        if grants.any(|grant| !grant.contains("GetItem") && grant.contains("KEYS#")) {
            publishers.push(function.as_str());
        }
    }
    publishers.sort_unstable();
    assert_eq!(publishers, ISSUERS);
}

#[tokio::test]
async fn the_first_sign_in_of_any_kind_makes_the_first_key() {
    let app = App::start().await;
    let client = app.anonymous();
    let account = json!({"email": "ada@example.com", "password": PASSWORD});
    let mut ids = Vec::new();
    let admin = format!("/api/users/{}", app.admin().id());
    // Each token goes to another function, because an instance looks for an unknown key once a minute. A token whose key
    // is unknown is 401.
    for (path, body, use_at, status) in [
        ("/api/auth/register", None, "/api/protected", 200),
        ("/api/auth/login", None, &*admin, 200),
        ("/api/auth/refresh", Some("/refreshToken"), "/api/users", 403),
    ] {
        app.forget_token_keys();
        let body = match body {
            None => account.clone(),
            Some(pointer) => {
                let signed_in = client.post("/api/auth/login", &account).await.expect(200);
                app.forget_token_keys();
                json!({"refreshToken": signed_in.text(pointer)})
            }
        };
        let answer = client.post(path, &body).await;
        assert!(answer.status == 200 || answer.status == 201, "{path}: {answer:?}");
        let token = answer.text("/accessToken");
        with(client.get(use_at), &token).await.expect(status);
        ids.push(key_id(&token));
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[tokio::test]
async fn while_the_keys_cannot_be_read_a_token_gets_503_and_nobody_else_waits_for_them() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let one = format!("/api/users/{}", app.admin().id());
    faults.add("dynamodb:GetItem:throttle".parse().unwrap());
    for path in [&*one, "/api/protected", "/api/users"] {
        app.anonymous().get(path).await.expect_error(401, "missing_token");
        let answer = app.caller().get(path).await;
        answer.expect_error(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
    }
    let answer = app.anonymous().get(PATH).await;
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    faults.clear();
    app.caller().get(&one).await.expect(200);
    app.admin().get("/api/users").await.expect(200);
    app.anonymous().get(PATH).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_is_not_used_up_while_the_keys_cannot_be_read() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let account = json!({"email": "ada@example.com", "password": PASSWORD});
    let registered = app.anonymous().post("/api/auth/register", &account).await.expect(201);
    let refresh = || {
        app.anonymous().post("/api/auth/refresh", &json!({"refreshToken": registered.text("/refreshToken")}))
    };
    let before = app.items();
    faults.add("dynamodb:GetItem:throttle".parse().unwrap());
    refresh().await.expect_error(503, "unavailable");
    assert_eq!(app.items(), before);
    faults.clear();
    refresh().await.expect(200);
}

#[tokio::test]
async fn the_published_keys_may_be_cached_for_less_than_a_new_key_waits() {
    let app = App::start().await;
    let answer = app.anonymous().get(PATH).await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300", "{answer:?}");
    let key = &answer.json()["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    // Nothing that helps to sign is published.
    let mut names: Vec<&String> = key.as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!(key_ids(&answer), [key_id(app.caller().token())]);

    let etag = answer.header("etag").to_owned();
    let again = app.anonymous().get(PATH).header("if-none-match", &etag).await.expect(304);
    assert_eq!((again.header("etag"), again.header("cache-control")), (&*etag, "public, max-age=300"));
    app.issuer(Clock::system()).rotate(Rotation::Gradual).await.unwrap();
    let rotated = app.anonymous().get(PATH).header("if-none-match", &etag).await.expect(200);
    assert_eq!(key_ids(&rotated).len(), 2);
}

#[tokio::test]
async fn xtask_rotates_the_keys_of_a_running_api() {
    let app = App::start().await;
    let (old, url) = (app.caller(), format!("/api/users/{}", app.admin().id()));
    old.get(&url).await.expect(200);
    let rotate = async |options: &[&str]| {
        let output = Command::new(App::binaries().join("xtask"))
            .args(["rotate-keys", "--table", app.stack.table_name(), "--endpoint", &app.stack.dynamodb_url()])
            .args(options)
            .env("ACCESS_TOKEN_SECRET", app.stack.secret("ACCESS_TOKEN_SECRET").unwrap())
            .output()
            .await
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).unwrap())
    };
    let (is_done, printed) = rotate(&[]).await;
    assert!(is_done, "{printed}");
    let ids = key_ids(&app.anonymous().get(PATH).await.expect(200));
    assert_eq!(ids.len(), 2);
    for (line, id) in printed.lines().zip(&ids) {
        assert!(line.starts_with(id) && line.contains("signs from"), "{printed}");
    }
    // The old key still signs and verifies.
    let signer = app.issuer(Clock::system()).signer().await.unwrap();
    let subject = just_signed_in(old.id().parse().unwrap(), Role::User);
    assert_eq!(key_id(&signer.sign(subject).unwrap()), ids[0]);
    old.get(&url).await.expect(200);

    let (is_done, printed) = rotate(&[]).await;
    assert!(!is_done && printed.contains("only then can another one follow"), "{printed}");
    let (is_done, printed) = rotate(&["--at-once"]).await;
    assert!(is_done && printed.lines().count() == 1, "{printed}");
    // An instance that starts now has no use for the old key.
    with(app.anonymous().get("/api/protected"), old.token()).await.expect_error(401, "invalid_token");
}
