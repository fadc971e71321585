//! Administrators who are added with `cargo xtask admin`, past the API.

use std::process::Output;

use local::cli::admin::{self, Admin, EnsureError};
use serde_json::json;
use shared::domain::User;
use tests::{Answer, App};
use tokio::process::Command;

async fn login(app: &App, email: &str, password: &str) -> Answer {
    app.anonymous().post("/api/auth/login", &json!({"email": email, "password": password})).await
}

async fn ensure(app: &mut App, password: Option<&str>) -> Result<User, EnsureError> {
    let admin = Admin { email: admin::DEFAULT_EMAIL.to_owned(), password: password.map(str::to_owned) };
    admin::ensure(&mut app.stack, admin).await
}

/// Runs `cargo xtask admin` against the app's table, as for a deployment.
async fn xtask(app: &App, email: &str, password: &str) -> Output {
    Command::new(App::binaries().join("xtask"))
        .args(["admin", "--email", email, "--table", app.stack.table_name()])
        .env("ADMIN_PASSWORD", password)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", app.stack.dynamodb_url())
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_local_admin_signs_in_with_the_password_that_is_printed() {
    let mut app = App::start().await;
    ensure(&mut app, None).await.unwrap();
    let logs = app.stack.logs();
    let password = logs.split_once(", password ").unwrap().1.split_once(" (generated)").unwrap().0;
    let signed_in = login(&app, admin::DEFAULT_EMAIL, password).await.expect(200);
    assert_eq!(signed_in.text("/user/role"), "admin");
    let authorization = format!("Bearer {}", signed_in.text("/accessToken"));
    let add = app.anonymous().post("/api/users", &tests::user("ada@example.com"));
    add.header("authorization", &authorization).await.expect(201);
}

#[tokio::test]
async fn the_local_admin_stays_signed_in_over_a_restart_until_the_password_is_another() {
    let mut app = App::start().await;
    ensure(&mut app, Some("the first password")).await.unwrap();
    let signed_in = login(&app, admin::DEFAULT_EMAIL, "the first password").await.expect(200);
    ensure(&mut app, Some("the first password")).await.unwrap();
    let refresh = json!({"refreshToken": signed_in.text("/refreshToken")});
    let refreshed = app.anonymous().post("/api/auth/refresh", &refresh).await.expect(200);

    ensure(&mut app, Some("the second password")).await.unwrap();
    login(&app, admin::DEFAULT_EMAIL, "the first password").await.expect(401);
    login(&app, admin::DEFAULT_EMAIL, "the second password").await.expect(200);
    let refresh = json!({"refreshToken": refreshed.text("/refreshToken")});
    app.anonymous().post("/api/auth/refresh", &refresh).await.expect(401);
    let error = ensure(&mut app, Some("short")).await.unwrap_err().to_string();
    assert_eq!(error, "--admin-password must have 8 to 256 characters, but has 5");
}

#[tokio::test]
async fn a_deployments_first_admin_is_made_on_the_command_line() {
    let app = App::start().await;
    let done = xtask(&app, "root@example.com", "a fine password").await;
    assert!(done.status.success(), "{done:?}");
    let signed_in = login(&app, "root@example.com", "a fine password").await.expect(200);
    assert_eq!(signed_in.text("/user/role"), "admin");
    let printed = String::from_utf8(done.stdout).unwrap();
    assert!(
        printed.contains(&signed_in.text("/user/id")) && !printed.contains("a fine password"),
        "{printed}"
    );
}

#[tokio::test]
async fn who_has_an_account_becomes_an_admin_on_the_command_line() {
    let app = App::start().await;
    let account = json!({"email": "ada@example.com", "password": "the first password", "name": "Ada"});
    let registered = app.anonymous().post("/api/auth/register", &account).await.expect(201);
    let done = xtask(&app, "ADA@example.com", "the second password").await;
    assert!(done.status.success(), "{done:?}");
    let signed_in = login(&app, "ada@example.com", "the second password").await.expect(200);
    assert_eq!(
        (signed_in.text("/user/id"), signed_in.text("/user/role")),
        (registered.text("/user/id"), "admin".to_owned())
    );
    assert_eq!(
        (signed_in.text("/user/name"), signed_in.text("/user/email")),
        ("Ada".to_owned(), "ada@example.com".to_owned())
    );
    login(&app, "ada@example.com", "the first password").await.expect(401);
}

#[tokio::test]
async fn a_password_that_nobody_may_choose_makes_no_admin() {
    let app = App::start().await;
    let done = xtask(&app, "root@example.com", "password").await;
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && said.contains("most common passwords"), "{said}");
    assert_eq!(app.users().count().await.unwrap(), 0);
}
