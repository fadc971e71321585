//! Signing in and what follows, as the functions themselves log it.

use serde_json::{Value, json};
use shared::cost::Cost;
use tests::App;

use super::row::Row;

/// Each request, its function, and its limits of calls, RCU and WCU.
///
/// Signing in reads the credential, the user and the user's other sessions, and writes two rate limits and the session,
/// whatever the size of the table.
const LIMITS: [(&str, &str, (u32, f64, f64)); 10] = [
    ("POST /api/auth/register", "auth-register", (2, 0.0, 12.0)),
    ("POST /api/auth/login", "auth-login", (6, 3.0, 3.0)),
    ("POST /api/auth/refresh", "auth-refresh", (2, 1.0, 1.0)),
    ("POST /api/auth/logout", "auth-logout", (1, 0.0, 1.0)),
    ("GET /api/protected", "protected", (1, 0.5, 0.0)),
    ("POST /api/session", "session", (6, 3.0, 4.0)),
    ("POST /api/auth/email-confirmation/confirm", "auth-email-confirmation-confirm", (3, 2.0, 8.0)),
    ("POST /api/auth/password-reset", "auth-password-reset", (3, 0.0, 3.0)),
    ("POST /api/auth/password-reset/confirm", "auth-password-reset-confirm", (3, 2.0, 10.0)),
    ("mail, with a link", "mail", (4, 3.0, 2.0)),
];

pub(super) async fn rows() -> Vec<Row> {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let account = json!({"email": "ada@example.com", "password": "correct horse battery staple"});
    anonymous.post("/api/auth/register", &account).await.expect(201);
    let signed_in = anonymous.post("/api/auth/login", &account).await.expect(200);
    let authorization = format!("Bearer {}", signed_in.text("/accessToken"));
    anonymous.get("/api/protected").header("authorization", &authorization).await.expect(200);
    anonymous.post("/api/session", &account).await.expect(201);
    let token = json!({"refreshToken": signed_in.text("/refreshToken")});
    anonymous.post("/api/auth/refresh", &token).await.expect(200);
    anonymous.post("/api/auth/logout", &token).await.expect(204);
    let link = json!({"token": app.link_token("ada@example.com", 1).await});
    anonymous.post("/api/auth/email-confirmation/confirm", &link).await.expect(204);
    anonymous.post("/api/auth/password-reset", &json!({"email": "ada@example.com"})).await.expect(202);
    let token = app.link_token("ada@example.com", 2).await;
    let reset = json!({"token": token, "password": "another fine password"});
    anonymous.post("/api/auth/password-reset/confirm", &reset).await.expect(204);
    // A function may log its line after the answer, but not after its process has ended.
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    LIMITS
        .map(|(request, function, (calls, rcu, wcu))| {
            let measured = logged(&logs, function);
            Row { request, limit: Cost { calls, rcu, wcu }, measured }
        })
        .into()
}

/// Returns the cost that the function logged for its only request.
pub(super) fn logged(logs: &str, function: &str) -> Cost {
    let line = logs
        .lines()
        .filter_map(|line| line.strip_prefix(function)?.trim_start().parse::<Value>().ok())
        .find(|line| line["calls"].is_u64())
        .unwrap_or_else(|| panic!("no request of {function} in\n{logs}"));
    let number = |name: &str| line[name].as_f64().unwrap_or_else(|| panic!("no {name} in {line}"));
    let calls = u32::try_from(line["calls"].as_u64().unwrap()).unwrap();
    Cost { calls, rcu: number("rcu"), wcu: number("wcu") }
}
