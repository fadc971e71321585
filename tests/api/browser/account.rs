//! An account from the registration to a new password, by the links in the mails that `make run` keeps.

use serde_json::{Value, json};
use tests::{Chromium, Page, Process};

const PASSWORD: &str = "correct horse battery staple";
const NEW: &str = "another fine password";

async fn post(page: &Page, path: &str, body: Value) -> (u64, Value) {
    let headers = json!({"Content-Type": "application/json"});
    let init = json!({"method": "POST", "headers": headers, "body": body.to_string()});
    let answer = page.fetch(path, init).await;
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
    (answer["status"].as_u64().unwrap(), body)
}

/// Follows the link of a file with a mail.
async fn follow(page: &Page, process: &mut Process) {
    let mail = std::fs::read_to_string(process.mail().await).unwrap();
    // Quoted-printable, as long lines need it.
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let link = text.split_whitespace().find(|word| word.starts_with("http://"));
    page.go(link.unwrap_or_else(|| panic!("no link: {mail}"))).await;
    page.until("document.querySelector('form')").await;
}

/// Presses the page's button, and returns what the page says then.
async fn press(page: &Page) -> Value {
    page.run("document.querySelector('button').click()", Value::Null).await;
    page.until("document.querySelector('[role=status]').textContent").await;
    page.run("return document.querySelector('[role=status]').textContent", Value::Null).await
}

#[tokio::test]
async fn an_account_from_the_registration_to_a_new_password() {
    let Some(chromium) = Chromium::start().await else { return };
    let data = tempfile::TempDir::new().unwrap();
    let mut process = Process::start(data.path()).await;
    let docs = format!("{}/api/docs", process.url());
    let page = chromium.open(&docs).await;
    let credentials = |password: &str| json!({"email": "ada@example.com", "password": password});
    let (status, account) = post(&page, "/api/auth/register", credentials(PASSWORD)).await;
    assert_eq!((status, &account["user"]["emailVerified"]), (201, &json!(false)));

    follow(&page, &mut process).await;
    assert_eq!(press(&page).await, "Your e-mail address is confirmed.");
    let (_, account) = post(&page, "/api/auth/login", credentials(PASSWORD)).await;
    assert_eq!(account["user"]["emailVerified"], true);

    let (status, _) = post(&page, "/api/auth/password-reset", json!({"email": "ada@example.com"})).await;
    assert_eq!(status, 202);
    follow(&page, &mut process).await;
    let link = page.run("return location.href", Value::Null).await;
    let fill = "document.querySelector('input').value = args";
    page.run(fill, json!("password1")).await;
    assert_eq!(press(&page).await, "password must not be one of the most common passwords");
    page.run("document.querySelector('[role=status]').textContent = ''", Value::Null).await;
    page.run(fill, json!(NEW)).await;
    assert_eq!(press(&page).await, "You can sign in with your new password.");
    assert_eq!(post(&page, "/api/auth/login", credentials(PASSWORD)).await.0, 401);
    assert_eq!(post(&page, "/api/auth/login", credentials(NEW)).await.0, 200);

    // Another browser that has the link is too late.
    let other = chromium.open(link.as_str().unwrap()).await;
    other.until("document.querySelector('form')").await;
    other.run(fill, json!(PASSWORD)).await;
    assert_eq!(press(&other).await, "The link has been used, has expired, or never existed");
    other.close().await;
    page.close().await;
}
