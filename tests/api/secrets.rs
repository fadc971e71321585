//! Secrets and personal data are never printed or sent back. All of them contain `canary` or were issued here, and the
//! test looks for them in everything that the functions print or answer.

mod payments;
mod posts;
mod seen;

use serde_json::{Value, json};
use tests::App;

use self::seen::May::{SetSession, ShowEmail, ShowNothing, ShowTokens};
use self::seen::{EMAIL, NEW_EMAIL, QUERY, Seen};

const UNKNOWN_EMAIL: &str = "canary-unknown-address@example.com";
const PASSWORD: &str = "canary-password";
const NEW_PASSWORD: &str = "canary-new-password";
const WRONG_PASSWORD: &str = "canary-wrong-password";

/// Routes whose requests are logged, and variables with secrets. A template without the function has no such variable.
const LOGGED: &[&str] = &["/api/auth/login", "/api/session", "/api/profile"];
const SECRETS: [&str; 4] =
    ["ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET", "CURSOR_SECRET", "STRIPE_WEBHOOK_SECRET"];

#[tokio::test]
async fn no_secret_is_printed_or_sent_to_somebody_else() {
    let app = App::start().await;
    let mut seen = Seen::default();
    let tokens = accounts(&app, &mut seen).await;
    let cookie = sessions(&app, &mut seen).await;
    requests(&app, &mut seen).await;
    wrong_credentials(&app, &mut seen).await;
    without_dynamodb(&app, &mut seen, &tokens, &cookie).await;
    removal(&app, &mut seen, &tokens).await;

    let own: Vec<String> =
        SECRETS.iter().filter_map(|name| Some(app.stack.secret(name)?.to_owned())).collect();
    assert!(!own.is_empty());
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    for route in LOGGED {
        assert!(
            logs.contains(&format!("\"route\":\"{route}\"")),
            "requests are logged: no {route} in\n{logs}"
        );
    }
    assert!(logs.contains("\"level\":\"ERROR\""), "and errors with their causes:\n{logs}");
    // The payload and the signature of a JWT are secret; its header is the same in every token.
    let parts = seen.tokens.iter().flat_map(|token| token.split('.').skip(usize::from(token.contains('.'))));
    let tokens: Vec<String> = parts.map(str::to_owned).collect();
    let mut secrets = seen.sessions.clone();
    secrets.extend(own);
    // `local` prints mails for the developer.
    for line in logs.lines().filter(|line| !line.starts_with("mail to ")) {
        // The hash of a password begins with `$argon2`.
        for word in ["canary", "$argon2"] {
            assert!(!line.to_lowercase().contains(word), "printed: {line}");
        }
        for secret in secrets.iter().chain(&tokens) {
            assert!(!line.contains(secret.as_str()), "printed {secret}: {line}");
        }
    }
    seen.check(&secrets, &tokens);
}

/// Registers and signs in, fails to do so in every way, and returns tokens that are valid afterwards.
async fn accounts(app: &App, seen: &mut Seen) -> Value {
    let client = app.anonymous();
    let registration = json!({"email": EMAIL, "password": PASSWORD, "name": "Ada"});
    seen.see(201, ShowTokens, client.post("/api/auth/register", &registration)).await;
    seen.see(409, ShowNothing, client.post("/api/auth/register", &registration)).await;
    for refused in [
        json!({"email": "canary-no-address", "password": "canary7"}),
        json!({"email": EMAIL, "password": [PASSWORD]}),
        json!({"email": EMAIL, "password": PASSWORD.repeat(20)}),
        json!({"email": EMAIL, "password": PASSWORD, "role": "canary-role"}),
    ] {
        seen.see(400, ShowNothing, client.post("/api/auth/register", &refused)).await;
    }
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let tokens = seen.see(200, ShowTokens, client.post("/api/auth/login", &login)).await.json();
    for path in ["/api/auth/login", "/api/session", "/api/auth/register"] {
        let broken = format!("{{\"email\": \"{EMAIL}\", \"password\": \"{PASSWORD}\", {WRONG_PASSWORD}");
        let call = client.post(path, &json!({})).body(broken);
        seen.see(400, ShowNothing, call).await;
    }
    for wrong in [
        json!({"email": EMAIL, "password": WRONG_PASSWORD}),
        json!({"email": UNKNOWN_EMAIL, "password": PASSWORD}),
    ] {
        seen.see(401, ShowNothing, client.post("/api/auth/login", &wrong)).await;
        seen.see(401, ShowNothing, client.post("/api/session", &wrong)).await;
    }
    let refreshed =
        seen.see(200, ShowTokens, client.post("/api/auth/refresh", &refresh(&tokens))).await.json();
    let wrong = json!({"refreshToken": "canary-refresh-token"});
    seen.see(401, ShowNothing, client.post("/api/auth/refresh", &wrong)).await;
    seen.see(204, ShowNothing, client.post("/api/auth/logout", &wrong)).await;
    refreshed
}

/// Signs in with a cookie, changes everything that can be changed, and returns a cookie that is valid afterwards.
async fn sessions(app: &App, seen: &mut Seen) -> String {
    let client = app.anonymous();
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let answer = seen.see(201, SetSession, client.post("/api/session", &login)).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let change = |body: Value| {
        let call = client.put("/api/profile", &body);
        call.header("cookie", &cookie).header("sec-fetch-site", "same-origin")
    };
    seen.see(200, ShowEmail, client.get("/api/session").header("cookie", &cookie)).await;
    seen.see(200, ShowEmail, client.get("/api/profile").header("cookie", &cookie)).await;
    let strange = client.put("/api/profile", &json!({"email": NEW_EMAIL})).header("cookie", &cookie);
    seen.see(403, ShowNothing, strange).await;
    for refused in [
        json!({"currentPassword": WRONG_PASSWORD, "newPassword": NEW_PASSWORD}),
        json!({"newPassword": NEW_PASSWORD}),
        json!({"currentPassword": PASSWORD, "newPassword": "canary7"}),
    ] {
        seen.see(400, ShowNothing, change(refused)).await;
    }
    seen.see(200, ShowEmail, change(json!({"email": NEW_EMAIL}))).await;
    let link = app.link_token(NEW_EMAIL, 1).await;
    let confirmation = client.post("/api/auth/email-confirmation/confirm", &json!({"token": link}));
    seen.see(204, ShowNothing, confirmation).await;
    seen.tokens.push(link);
    seen.see(200, ShowEmail, change(json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}))).await;
    cookie
}

/// Sends all other requests that carry personal data.
async fn requests(app: &App, seen: &mut Seen) {
    let client = app.anonymous();
    // Tokens from before the password changed show no account.
    let login = json!({"email": NEW_EMAIL, "password": NEW_PASSWORD});
    let tokens = seen.see(200, ShowTokens, client.post("/api/auth/login", &login)).await.json();
    let caller = bearer(&tokens);
    seen.see(200, ShowEmail, client.get("/api/protected").header("authorization", &caller)).await;
    posts::requests(app, seen, &caller).await;
    payments::requests(app, seen, &caller).await;
    // Another caller sees no address.
    seen.see(403, ShowNothing, app.caller().get("/api/users")).await;
    let path = format!("/api/users/{}", tokens["user"]["id"].as_str().unwrap());
    seen.see(200, ShowNothing, app.caller().get(&path)).await;
    let admin = app.admin();
    seen.see(200, ShowNothing, client.get(&format!("/api/health?unknown={QUERY}"))).await;
    for name in ["page", "limit", "cursor"] {
        seen.see(400, ShowNothing, admin.get(&format!("/api/users?{name}={QUERY}"))).await;
    }
    seen.see(404, ShowNothing, client.get(&format!("/api/nowhere?q={QUERY}"))).await;
}

/// Sends malformed tokens and cookies.
async fn wrong_credentials(app: &App, seen: &mut Seen) {
    let client = app.anonymous();
    for authorization in
        ["Bearer canary-token", "Bearer canary.canary.canary", "Basic canary", "canary-scheme x"]
    {
        for path in ["/api/users", "/api/protected"] {
            seen.see(401, ShowNothing, client.get(path).header("authorization", authorization)).await;
        }
    }
    for cookie in ["__Host-sessionId=canary-session", "canary-name=canary-value", "canary"] {
        for path in ["/api/session", "/api/profile"] {
            seen.see(401, ShowNothing, client.get(path).header("cookie", cookie)).await;
        }
    }
}

/// Sends every request that needs the table while the table cannot be reached.
async fn without_dynamodb(app: &App, seen: &mut Seen, tokens: &Value, cookie: &str) {
    app.stack.stop_dynamodb().await.unwrap();
    let client = app.anonymous();
    let login = json!({"email": NEW_EMAIL, "password": NEW_PASSWORD});
    for call in [
        client.post("/api/auth/register", &json!({"email": UNKNOWN_EMAIL, "password": PASSWORD})),
        client.post("/api/auth/login", &login),
        client.post("/api/session", &login),
        client.post("/api/auth/refresh", &refresh(tokens)),
        client.post("/api/auth/logout", &refresh(tokens)),
        client.get("/api/session").header("cookie", cookie),
        client.get("/api/profile").header("cookie", cookie),
        client.get("/api/protected").header("authorization", &bearer(tokens)),
    ] {
        seen.see(503, ShowNothing, call).await;
    }
    posts::without_dynamodb(app, seen, &bearer(tokens)).await;
    payments::without_dynamodb(app, seen, &bearer(tokens)).await;
    app.stack.start_dynamodb().unwrap();
}

/// Removes everything that was created.
async fn removal(app: &App, seen: &mut Seen, tokens: &Value) {
    let client = app.anonymous();
    // The password has changed, so the refresh token is invalid.
    seen.see(401, ShowNothing, client.post("/api/auth/refresh", &refresh(tokens))).await;
    let login = json!({"email": NEW_EMAIL, "password": NEW_PASSWORD});
    let tokens = seen.see(200, ShowTokens, client.post("/api/auth/login", &login)).await.json();
    seen.see(204, ShowNothing, client.post("/api/auth/logout", &refresh(&tokens))).await;
    let path = format!("/api/users/{}", tokens["user"]["id"].as_str().unwrap());
    seen.see(204, ShowNothing, client.delete(&path).header("authorization", &bearer(&tokens))).await;
    seen.see(401, ShowNothing, client.post("/api/auth/login", &login)).await;
}

fn bearer(tokens: &Value) -> String {
    format!("Bearer {}", tokens["accessToken"].as_str().unwrap())
}

fn refresh(tokens: &Value) -> Value {
    json!({"refreshToken": tokens["refreshToken"]})
}
