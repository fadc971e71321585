//! The session's cookie in a real browser.

use serde_json::{Value, json};
use tests::{App, Chromium, PASSWORD, Page, Site};
use thirtyfour::common::cookie::SameSite;

const ADA: &str = "ada@example.com";

/// Sends a request from the API's own page; returns the status, and the message of an error.
async fn fetch(page: &Page, method: &str, path: &str, body: Option<Value>) -> (u64, Value) {
    let mut init = json!({"method": method});
    if let Some(body) = body {
        init["headers"] = json!({"Content-Type": "application/json"});
        init["body"] = json!(body.to_string());
    }
    let answer = page.fetch(path, init).await;
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
    (answer["status"].as_u64().unwrap(), body["error"].clone())
}

/// Submits a form of this page and waits for the answer's page.
async fn submit_form(page: &Page, action: &str) {
    let script = "const form = document.createElement('form');
        [form.method, form.action] = ['POST', args];
        document.body.append(form);
        form.submit();";
    page.run(script, json!(action)).await;
    page.until("document.querySelector('pre')").await;
}

/// Expects that the browser has the session's cookie with all of its attributes, and that no script sees it.
async fn expect_the_cookie(page: &Page) {
    let cookies = page.cookies().await;
    let [cookie] = &*cookies else { panic!("{cookies:?}") };
    assert_eq!((&*cookie.name, cookie.path.as_deref()), ("__Host-sessionId", Some("/")));
    assert_eq!(cookie.domain.as_deref(), Some("localhost"), "without a dot: this host alone");
    assert_eq!((cookie.http_only, cookie.secure), (Some(true), Some(true)));
    assert!(matches!(cookie.same_site, Some(SameSite::Strict)), "{cookie:?}");
    assert!(cookie.expiry.is_some(), "it outlives the browser");
    assert_eq!(page.run("return document.cookie", Value::Null).await, json!(""));
}

#[tokio::test]
async fn a_session_in_a_real_browser() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    app.account(ADA).await;
    let api = app.stack.url().replace("127.0.0.1", "localhost");
    let page = chromium.open(&format!("{api}/api/docs")).await;

    // A page of the API signs in.
    assert_eq!(fetch(&page, "GET", "/api/session", None).await, (401, json!("No session")));
    let credentials = json!({"email": ADA, "password": PASSWORD});
    assert_eq!(fetch(&page, "POST", "/api/session", Some(credentials)).await, (201, json!(null)));
    assert_eq!(fetch(&page, "GET", "/api/profile", None).await, (200, json!(null)));
    expect_the_cookie(&page).await;

    // A page of the API changes the profile. The session outlives a visit to another page.
    let name = json!({"name": "Ada"});
    assert_eq!(fetch(&page, "PUT", "/api/profile", Some(name)).await, (200, json!(null)));
    page.go(&format!("{api}/api/profile")).await;
    assert!(page.text().await.contains(r#""name":"Ada""#), "{}", page.text().await);

    // On a page of another site the browser withholds the cookie. The API refuses the form because it is no JSON.
    let elsewhere = Site::of_empty_pages().await;
    page.go(&elsewhere.origin_at("127.0.0.1")).await;
    submit_form(&page, &format!("{api}/api/session")).await;
    assert!(page.text().await.contains("unsupported_media_type"), "{}", page.text().await);

    // On a page of the same site with another origin (another port) the browser sends the cookie, and the API refuses
    // it.
    page.go(&elsewhere.origin()).await;
    submit_form(&page, &format!("{api}/api/session")).await;
    assert!(page.text().await.contains("forbidden"), "{}", page.text().await);

    // Scripts of either page get no answer that they can read.
    for host in ["127.0.0.1", "localhost"] {
        page.go(&elsewhere.origin_at(host)).await;
        for (method, path, mode) in [
            ("POST", "/api/session", "no-cors"),
            ("DELETE", "/api/session", "cors"),
            ("PUT", "/api/profile", "cors"),
            ("GET", "/api/profile", "cors"),
        ] {
            let mut init = json!({"method": method, "mode": mode, "credentials": "include"});
            if method != "GET" {
                init["body"] = json!("x");
            }
            let seen = page.fetch(&format!("{api}{path}"), init).await;
            assert!(seen.is_null() || seen["type"] == "opaque", "{host} {method} {path}: {seen}");
        }
    }

    // The session is unchanged until the API's own page signs out.
    page.go(&format!("{api}/api/docs")).await;
    expect_the_cookie(&page).await;
    assert_eq!(fetch(&page, "GET", "/api/session", None).await, (200, json!(null)));
    assert_eq!(fetch(&page, "DELETE", "/api/session", None).await, (204, json!(null)));
    assert!(page.cookies().await.is_empty());
    assert_eq!(fetch(&page, "GET", "/api/session", None).await, (401, json!("No session")));
    page.close().await;
}

#[tokio::test]
async fn a_sibling_host_plants_no_session() {
    const MALLORY: &str = "mallory@example.com";
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    app.account(ADA).await;
    app.account(MALLORY).await;
    let planted = app.signed_in_browser(MALLORY).await.cookie().to_owned();
    let at = |host: &str| app.stack.url().replace("127.0.0.1", host);
    let (api, sibling) = (at("api.app.localhost"), at("www.app.localhost"));
    let page = chromium.open(&format!("{sibling}/api/docs")).await;
    // The browser keeps those whose name is not `__Host-sessionId` to it: here those that begin with white space of
    // Unicode.
    for before in ["", "=", "\u{a0}", "\u{2000}", "\u{3000}", "\u{feff}"] {
        for path in ["/", "/api/session"] {
            let cookie = format!("{before}{planted}; Domain=app.localhost; Path={path}; Secure");
            page.run("document.cookie = args", json!(cookie)).await;
        }
    }
    let kept = page.run("return document.cookie", Value::Null).await;
    assert!(kept.as_str().unwrap().contains(&format!("\u{2000}{planted}")), "it is kept: {kept}");

    page.go(&format!("{api}/api/docs")).await;
    assert_eq!(fetch(&page, "GET", "/api/session", None).await, (401, json!("No session")));
    let credentials = json!({"email": ADA, "password": PASSWORD});
    assert_eq!(fetch(&page, "POST", "/api/session", Some(credentials)).await, (201, json!(null)));
    let signed_in = page.fetch("/api/session", json!({})).await;
    assert!(signed_in["body"].as_str().unwrap().contains(ADA), "{signed_in}");
    page.close().await;
}

#[tokio::test]
async fn signing_out_leaves_all_other_cookies_and_storage() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    app.account(ADA).await;
    // Browsers take `app.localhost` for a registrable domain: the API's host and the other one are siblings on it.
    let at = |host: &str| app.stack.url().replace("127.0.0.1", host);
    let (api, sibling) = (at("api.app.localhost"), at("www.app.localhost"));
    let leave_cookies = "document.cookie = `${args}=1; Path=/; Max-Age=1000`;
        document.cookie = `${args}-domain=1; Domain=app.localhost; Path=/; Max-Age=1000`;
        localStorage.setItem(args, '1');";
    let page = chromium.open(&format!("{sibling}/api/docs")).await;
    page.run(leave_cookies, json!("sibling")).await;
    page.go(&format!("{api}/api/docs")).await;
    page.run(leave_cookies, json!("own")).await;

    let credentials = json!({"email": ADA, "password": PASSWORD});
    assert_eq!(fetch(&page, "POST", "/api/session", Some(credentials)).await, (201, json!(null)));
    let names = async || {
        let mut names: Vec<String> = page.cookies().await.into_iter().map(|cookie| cookie.name).collect();
        names.sort();
        names
    };
    assert_eq!(names().await, ["__Host-sessionId", "own", "own-domain", "sibling-domain"]);
    assert_eq!(fetch(&page, "DELETE", "/api/session", None).await, (204, json!(null)));
    assert_eq!(names().await, ["own", "own-domain", "sibling-domain"]);
    assert_eq!(page.run("return localStorage.getItem('own')", Value::Null).await, json!("1"));
    page.go(&format!("{sibling}/api/docs")).await;
    assert_eq!(names().await, ["own-domain", "sibling", "sibling-domain"]);
    assert_eq!(page.run("return localStorage.getItem('sibling')", Value::Null).await, json!("1"));
    page.close().await;
}
