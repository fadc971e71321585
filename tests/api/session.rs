//! Signing in with a cookie.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shared::clock::Clock;
use shared::domain::Timestamp;
use shared::random::Random;
use shared::store::{SESSION_IDLE_TIMEOUT, Sessions};
use tests::{Answer, App, Browser, PASSWORD};

const ADA: &str = "ada@example.com";

/// A well-formed id that no session has.
const NOBODYS: &str =
    "__Host-sessionId=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[track_caller]
fn expect_401(answer: &Answer, code: &str, message: &str) {
    assert_eq!(answer.expect_error(401, code)["error"], message, "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), "", "a cookie is no HTTP authentication: {answer:?}");
}

/// Checks that the browser has a cookie but no valid session.
async fn expect_signed_out(browser: &Browser) {
    expect_401(&browser.get("/api/session").await, "invalid_session", "Invalid session");
    expect_401(&browser.get("/api/profile").await, "not_authenticated", "Not authenticated");
    let change = browser.put("/api/profile", &json!({"name": "Mallory"})).await;
    expect_401(&change, "not_authenticated", "Not authenticated");
    expect_401(&browser.get("/api/sessions").await, "not_authenticated", "Not authenticated");
    expect_401(&browser.delete("/api/sessions").await, "not_authenticated", "Not authenticated");
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_shows_who_is_signed_in() {
    let app = App::start().await;
    let user = app.account(ADA).await;
    let mut browser = app.browser();
    let signed_in = browser.sign_in("ADA@example.com", PASSWORD).await.expect(201);
    assert_eq!((&*signed_in.text("/user/id"), &*signed_in.text("/user/email")), (&*user.id.to_string(), ADA));
    assert_eq!(
        signed_in.header("set-cookie"),
        format!("{}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800", browser.cookie())
    );
    for path in ["/api/session", "/api/profile"] {
        let shown = browser.get(path).await.expect(200);
        assert_eq!(shown.json(), signed_in.json());
        assert_eq!(shown.header("cache-control"), "no-store", "{shown:?}");
        assert_eq!((shown.header("vary"), shown.header("set-cookie")), ("Accept, Cookie", ""), "{shown:?}");
    }
}

#[tokio::test]
async fn without_a_cookie_there_is_no_session() {
    let app = App::start().await;
    expect_401(&app.browser().get("/api/session").await, "no_session", "No session");
    expect_401(&app.browser().get("/api/profile").await, "not_authenticated", "Not authenticated");
    for (path, code) in [("/api/session", "no_session"), ("/api/profile", "not_authenticated")] {
        let refused = app.caller().get(path).await.expect_error(401, code);
        let message = refused["error"].as_str().unwrap();
        assert!(message.contains("POST /api/session") && message.ends_with("no access token"), "{message}");
    }
    let other =
        app.browser().with_cookie("theme=dark; sessionId=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    expect_401(&other.get("/api/session").await, "no_session", "No session");
}

#[tokio::test]
async fn a_cookie_that_is_unknown_malformed_or_enormous_is_nobodys() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let cookie = browser.cookie().to_owned();
    for wrong in [
        NOBODYS,
        "__Host-sessionId=",
        "__Host-sessionId=\"\"",
        "__Host-sessionId=../../etc/passwd",
        "__Host-sessionId=%00%ff",
        &format!("{cookie}A"),
        &cookie[..cookie.len() - 1],
        &format!("__Host-sessionId={}", "A".repeat(8_000)),
    ] {
        expect_signed_out(&browser.with_cookie(wrong)).await;
    }
}

#[tokio::test]
async fn a_planted_cookie_locks_nobody_out() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let cookie = browser.cookie();
    for planted in [NOBODYS, "__Host-sessionId=", "__Host-sessionId=x"] {
        for cookies in [format!("{planted}; {cookie}"), format!("{cookie}; {planted}")] {
            let both = browser.with_cookie(&cookies);
            both.get("/api/session").await.expect(200);
            both.put("/api/profile", &json!({"name": "Ada"})).await.expect(200);
        }
    }
}

#[tokio::test]
async fn the_session_of_somebody_else_beside_ones_own_is_nobodys_until_one_signs_in() {
    const MALLORY: &str = "mallory@example.com";
    let app = App::start().await;
    app.account(ADA).await;
    app.account(MALLORY).await;
    let mallory = app.signed_in_browser(MALLORY).await;
    let ada = app.signed_in_browser(ADA).await;
    for cookies in
        [[mallory.cookie(), ada.cookie()], [ada.cookie(), mallory.cookie()], [ada.cookie(), ada.cookie()]]
    {
        expect_signed_out(&ada.with_cookie(&cookies.join("; "))).await;
    }
    let mut both = ada.with_cookie(&[mallory.cookie(), ada.cookie(), ada.cookie()].join("; "));
    both.sign_in(ADA, PASSWORD).await.expect(201);
    expect_signed_out(&ada).await;
    expect_signed_out(&mallory).await;
    let both = both.with_cookie(&[mallory.cookie(), both.cookie()].join("; "));
    assert_eq!(both.get("/api/session").await.expect(200).text("/user/email"), ADA);

    // Signing out ends every session that the request names.
    let mallory = app.signed_in_browser(MALLORY).await;
    let both = ada.with_cookie(&[mallory.cookie(), both.cookie()].join("; "));
    both.delete("/api/session").await.expect(204);
    expect_signed_out(&mallory).await;
}

#[tokio::test]
async fn no_cookie_beside_the_sessions_breaks_it() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let cookie = browser.cookie();
    for other in [
        "a=b",
        "a",
        "=",
        "=x",
        ";;",
        " ",
        "sig=aabb==",
        "a=\"b; c\"",
        "a=\"b",
        "a={\"j\":[\"k\"]}",
        "a=%ff",
        "n=Zoë",
        "\u{a0}__Host-sessionId=x",
        "__Host-sessionId\u{2003}=x",
        "__host-sessionid=x",
        "__Host-sessionId",
        "$Version=1",
        "a=b,c",
    ] {
        for cookies in [format!("{other}; {cookie}"), format!("{cookie};{other}")] {
            browser.with_cookie(&cookies).get("/api/session").await.expect(200);
            browser.with_cookie(&cookies).get("/api/profile").await.expect(200);
        }
    }
    for other in [&b"a=\xff\xfe"[..], b"\xc3=1", b"Zo\xeb=x"] {
        let lines =
            [&b"\r\nCookie: "[..], other, b"; ", cookie.as_bytes(), b"\r\nCookie: b=c\r\n\r\n"].concat();
        let head = b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        let answer = app.raw(&[&head[..], &lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{}: {answer}", other.escape_ascii());
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let app = App::start().await;
    app.account(ADA).await;
    for (email, password) in [(ADA, "not her password"), ("grace@example.com", PASSWORD), (ADA, "")] {
        let refused = app.browser().sign_in(email, password).await;
        let error = refused.expect_error(401, "invalid_credentials");
        assert_eq!(error["error"], "Invalid email or password", "{refused:?}");
        assert_eq!(refused.header("set-cookie"), "", "{refused:?}");
    }
}

#[tokio::test]
async fn signing_in_always_begins_another_session_and_ends_the_old_one() {
    let app = App::start().await;
    app.account(ADA).await;
    let mut browser = app.browser().with_cookie(NOBODYS);
    browser.sign_in(ADA, PASSWORD).await.expect(201);
    assert_ne!(browser.cookie(), NOBODYS, "an id that somebody planted is not used");
    let first = browser.clone();
    browser.sign_in(ADA, PASSWORD).await.expect(201);
    assert_ne!(browser.cookie(), first.cookie());
    browser.get("/api/session").await.expect(200);
    expect_signed_out(&first).await;

    // A failed sign-in leaves the session unchanged.
    let mut other = browser.clone();
    other.sign_in(ADA, "not her password").await.expect(401);
    browser.get("/api/session").await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_the_session_in_the_table_and_removes_its_cookie() {
    let app = App::start().await;
    app.account(ADA).await;
    let (browser, other) = (app.signed_in_browser(ADA).await, app.signed_in_browser(ADA).await);
    for browser in [&browser, &browser, &app.browser(), &app.browser().with_cookie("__Host-sessionId=x")] {
        let signed_out = browser.delete("/api/session").await.expect(204);
        assert_eq!(signed_out.header("clear-site-data"), "", "other cookies are not ours to remove");
        assert_eq!(
            signed_out.header("set-cookie"),
            "__Host-sessionId=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
        );
    }
    expect_signed_out(&browser).await;
    other.get("/api/session").await.expect(200);
}

#[tokio::test]
async fn a_request_with_a_session_comes_from_the_apis_own_pages() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let attempts = || {
        [
            browser
                .call_from_nowhere(Method::POST, "/api/session")
                .json(&json!({"email": ADA, "password": PASSWORD})),
            browser.call_from_nowhere(Method::DELETE, "/api/session"),
            browser.call_from_nowhere(Method::PUT, "/api/profile").json(&json!({"name": "Mallory"})),
        ]
    };
    for (name, value) in [
        ("x-none", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("referer", &app.stack.url()),
    ] {
        for attempt in attempts() {
            attempt.header(name, value).await.expect_error(403, "forbidden");
        }
    }
    let profile = browser.get("/api/profile").header("origin", "https://evil.example").await.expect(200);
    assert_eq!(profile.json()["user"]["name"], json!(null));

    let own = &app.stack.url();
    for (name, value) in
        [("origin", &**own), ("sec-fetch-site", "same-origin"), ("origin", "http://localhost:5173")]
    {
        let [_, _, change] = attempts();
        change.header(name, value).await.expect(200);
    }
}

#[tokio::test]
async fn a_wrong_cookie_does_not_excuse_from_the_check_either() {
    let app = App::start().await;
    for cookie in [NOBODYS, "__Host-sessionId=x"] {
        let browser = app.browser().with_cookie(cookie);
        browser.call_from_nowhere(Method::DELETE, "/api/session").await.expect_error(403, "forbidden");
    }
    app.browser().call_from_nowhere(Method::DELETE, "/api/session").await.expect(204);
}

#[tokio::test]
async fn a_session_that_expired_is_over_although_its_item_is_there() {
    let app = App::start().await;
    let user = app.account(ADA).await;
    let began = async |ago: Duration| {
        let ago = i64::try_from(ago.as_millis()).unwrap();
        let clock = Clock::set_to(Timestamp::from_millis(Clock::system().now().as_millis() - ago));
        let sessions = Sessions::new(app.table(), clock, Random::system());
        let session = sessions.begin(user.id, user.auth_epoch, None).await.unwrap();
        app.browser().with_cookie(&format!("__Host-sessionId={}", session.token.reveal()))
    };
    for path in ["/api/session", "/api/profile", "/api/sessions"] {
        let in_time = began(SESSION_IDLE_TIMEOUT.saturating_sub(Duration::from_hours(1))).await;
        in_time.get(path).await.expect(200);
    }
    let items = app.items();
    let mut sessions = items.iter().filter(|item| item.get("secretHash").is_some());
    let an_hour_ago = Timestamp::from_millis(Clock::system().now().as_millis() - 60 * 60 * 1000);
    assert!(
        sessions.all(|item| item["seenAt"]["S"].as_str().unwrap() > &*an_hour_ago.to_string()),
        "all are in use from now on: {items:?}"
    );
    expect_signed_out(&began(SESSION_IDLE_TIMEOUT).await).await;
}

#[tokio::test]
async fn a_removed_user_is_signed_out_at_once() {
    let app = App::start().await;
    let id = app.account(ADA).await.id.to_string();
    let browser = app.signed_in_browser(ADA).await;
    app.user(&id).delete(&format!("/api/users/{id}")).await.expect(204);
    expect_signed_out(&browser).await;
    // A new user with the same address is another user.
    app.account(ADA).await;
    expect_signed_out(&browser).await;
}

#[tokio::test]
async fn signing_in_is_limited_by_account() {
    let app = App::limited("0.2").await;
    app.account(ADA).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(app.browser().sign_in(ADA, "not her password").await);
    }
    let denied = answers.iter().find(|answer| answer.status == 429).unwrap_or_else(|| panic!("{answers:?}"));
    denied.expect_error(429, "rate_limited");
    assert!(!denied.header("retry-after").is_empty(), "{denied:?}");
}

#[tokio::test]
async fn members_that_are_missing_or_unknown_are_named() {
    let app = App::start().await;
    let post = async |body| app.anonymous().post("/api/session", &body).await;
    assert_eq!(post(json!({})).await.bad_fields(), ["email", "password"]);
    assert_eq!(
        post(json!({"email": 1, "password": 2, "sessionId": "A", "role": "admin"})).await.bad_fields(),
        ["email", "password", "role", "sessionId"]
    );
}

#[tokio::test]
async fn without_dynamodb_nobody_is_signed_in_or_out() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    app.stack.stop_dynamodb().await.unwrap();
    browser.get("/api/session").await.expect_error(503, "unavailable");
    browser.get("/api/profile").await.expect_error(503, "unavailable");
    browser.clone().sign_in(ADA, PASSWORD).await.expect_error(503, "unavailable");
    let signed_out = browser.delete("/api/session").await;
    signed_out.expect_error(503, "unavailable");
    assert_eq!(signed_out.header("set-cookie"), "", "the session goes on: {signed_out:?}");
    app.stack.start_dynamodb().unwrap();
    browser.get("/api/session").await.expect(200);
}
