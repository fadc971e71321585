//! Authorisation of every operation in openapi.json: every kind of caller tries it with every kind of credential.

mod case;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Document, Operation, PASSWORD, user};

use self::case::Credential::{Cookie, StrangeCookie, Token};
use self::case::Resource::{PublishedPost, RefreshToken, User};
use self::case::{Case, Target, case};
use self::world::{WHO, World};

/// Lists a case for every operation. The four statuses are those of an anonymous client, somebody else, the owner and
/// an admin.
#[expect(clippy::too_many_lines, reason = "each case is a line")]
fn cases() -> Vec<Case> {
    let (everybody, changed) = ([200; 4], |_: &Target| json!({"name": "Changed"}));
    vec![
        case("GET /api/docs", Token, everybody),
        case("GET /api/docs/{file}", Token, everybody),
        case("GET /api/health", Token, everybody),
        case("GET /api/openapi.json", Token, everybody),
        case("GET /api/example", Token, everybody),
        case("GET /api/example", StrangeCookie, everybody),
        case("POST /api/example", Token, everybody),
        case("POST /api/example", StrangeCookie, everybody),
        case("GET /api/public", Token, everybody),
        case("GET /.well-known/jwks.json", Token, everybody),
        case("GET /api/weather", Token, everybody),
        case("GET /api/weather", Token, [400; 4]).asking(""),
        // Users
        case("GET /api/users", Token, [401, 403, 403, 200]),
        case("GET /api/users", Cookie, [401; 4]),
        case("POST /api/users", Token, [401, 403, 403, 201]),
        // The answer has less for the admin who is none any more.
        case("GET /api/users/{id}", Token, [401, 200, 200, 200]).on(User).ended([401, 401, 200]),
        case("PUT /api/users/{id}", Token, [401, 403, 200, 200])
            .on(User)
            .with(|to| user(&to.owner.email))
            .ended([401, 401, 403]),
        case("PATCH /api/users/{id}", Token, [401, 403, 200, 200])
            .on(User)
            .with(changed)
            .ended([401, 401, 403]),
        case("PATCH /api/users/{id}", Cookie, [401; 4]).on(User),
        case("PATCH /api/users/{id}", Token, [401, 403, 403, 200])
            .on(User)
            .with(|_| json!({"role": "admin"}))
            .ended([401, 401, 403]),
        case("DELETE /api/users/{id}", Token, [401, 403, 204, 204]).on(User).ended([401, 401, 403]),
        case("DELETE /api/users/{id}", Cookie, [401; 4]).on(User),
        // Posts: the document's example is one that only its author and admins see.
        case("GET /api/posts", Token, everybody),
        case("GET /api/posts", Token, [401, 200, 200, 200]).asking("mine=true"),
        case("POST /api/posts", Token, [401, 201, 201, 201]),
        case("POST /api/posts", Cookie, [401; 4]),
        case("GET /api/posts/{id}", Token, [404, 404, 200, 200]),
        case("GET /api/posts/{id}", Token, everybody).on(PublishedPost),
        case("PUT /api/posts/{id}", Token, [401, 404, 200, 200]),
        case("PUT /api/posts/{id}", Token, [401, 403, 200, 200]).on(PublishedPost),
        case("PATCH /api/posts/{id}", Token, [401, 404, 200, 200]),
        case("PATCH /api/posts/{id}", Token, [401, 403, 200, 200]).on(PublishedPost),
        case("DELETE /api/posts/{id}", Token, [401, 404, 204, 204]),
        case("DELETE /api/posts/{id}", Token, [401, 403, 204, 204]).on(PublishedPost),
        // Problems
        case("GET /api/problems", Token, everybody),
        case("POST /api/problems", Token, [401, 201, 201, 201]),
        case("POST /api/problems", Cookie, [401; 4]),
        case("GET /api/problems/{id}", Token, everybody),
        case("PUT /api/problems/{id}", Token, [401, 403, 200, 200]),
        case("PATCH /api/problems/{id}", Token, [401, 403, 200, 200]),
        case("PATCH /api/problems/{id}", Cookie, [401; 4]),
        case("DELETE /api/problems/{id}", Token, [401, 403, 204, 204]),
        case("DELETE /api/problems/{id}", Cookie, [401; 4]),
        case("GET /api/search", Token, everybody),
        // Accounts and tokens: anybody with the password or the refresh token may.
        case("POST /api/auth/register", Token, [201; 4]),
        case("POST /api/auth/login", Token, everybody).on(User).with(|to| credentials(to, PASSWORD)),
        case("POST /api/auth/login", Token, [401; 4]).on(User).with(|to| credentials(to, "not the password")),
        case("POST /api/auth/refresh", Token, everybody).on(RefreshToken).with(refresh_token),
        case("POST /api/auth/refresh", Token, [401; 4]),
        case("POST /api/auth/logout", Token, [204; 4]).on(RefreshToken).with(refresh_token),
        case("POST /api/auth/logout", Token, [204; 4]),
        // Links of mails: anybody may ask for one, and whoever has one may use it. The document's example is none.
        case("POST /api/auth/email-confirmation", Token, [202; 4]),
        case("POST /api/auth/email-confirmation/confirm", Token, [400; 4]),
        case("POST /api/auth/password-reset", Token, [202; 4]),
        case("POST /api/auth/password-reset/confirm", Token, [400; 4]),
        case("GET /api/protected", Token, [401, 200, 200, 200]).about_oneself().ended([401, 401, 200]),
        case("GET /api/protected", Cookie, [401; 4]),
        // Files: those of others are 404. An admin uploads for any user.
        case("POST /api/upload", Token, [401, 403, 201, 201]),
        case("POST /api/upload", Cookie, [401; 4]),
        case("POST /api/upload/presign", Token, [401, 201, 201, 201]),
        case("POST /api/upload/presign", Cookie, [401; 4]),
        case("GET /api/upload/{id}", Token, [401, 404, 200, 200]),
        case("GET /api/upload/{id}", Cookie, [401; 4]),
        case("DELETE /api/upload/{id}", Token, [401, 404, 204, 204]),
        case("DELETE /api/upload/{id}", Cookie, [401; 4]),
        // Payments: callers list their own, and only Stripe can sign an event.
        case("GET /api/payments", Token, [401, 200, 200, 200]).ended([401, 401, 200]),
        case("GET /api/payments", Cookie, [401; 4]),
        case("POST /api/webhooks/stripe", Token, everybody),
        case("POST /api/webhooks/stripe", Token, [400; 4]).header("stripe-signature", "t=1,v1=00"),
        // Streams, at the function's own URL
        case("GET /api/stream", Token, everybody),
        case("GET /api/stream/posts", Token, everybody),
        // Sessions: callers see and end their own.
        case("POST /api/session", Token, [201; 4]).on(User).with(|to| credentials(to, PASSWORD)),
        case("POST /api/session", Token, [401; 4]).on(User).with(|to| credentials(to, "not the password")),
        case("POST /api/session", StrangeCookie, [201, 403, 403, 403])
            .on(User)
            .with(|to| credentials(to, PASSWORD)),
        case("GET /api/session", Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/session", Token, [401; 4]),
        case("DELETE /api/session", Cookie, [204; 4]),
        case("DELETE /api/session", StrangeCookie, [204, 403, 403, 403]),
        case("GET /api/profile", Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/profile", Token, [401; 4]),
        case("PUT /api/profile", Cookie, [401, 200, 200, 200]).with(changed).about_oneself(),
        case("PUT /api/profile", StrangeCookie, [401, 403, 403, 403]).with(changed),
        case("PUT /api/profile", Token, [401; 4]).with(changed),
        case("GET /api/sessions", Cookie, [401, 200, 200, 200]),
        case("GET /api/sessions", Token, [401; 4]),
        case("DELETE /api/sessions/{id}", Cookie, [401, 404, 204, 404]),
        case("DELETE /api/sessions/{id}", StrangeCookie, [401, 403, 403, 403]),
        case("DELETE /api/sessions/{id}", Token, [401; 4]),
        case("DELETE /api/sessions", StrangeCookie, [401, 403, 403, 403]),
        case("DELETE /api/sessions", Token, [401; 4]),
        // The last case, because it ends the tokens of the people.
        case("DELETE /api/sessions", Cookie, [401, 204, 204, 204]),
    ]
}

fn credentials(to: &Target, password: &str) -> Value {
    json!({"email": to.owner.email, "password": password})
}

fn refresh_token(to: &Target) -> Value {
    json!({"refreshToken": to.refresh_token})
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let operations = &Document::published().operations;
    let tried: BTreeSet<&str> = cases().into_iter().map(|case| case.operation).collect();
    let documented: BTreeSet<&str> = operations.iter().map(|operation| &*operation.name).collect();
    let mut gaps = Vec::new();
    for operation in operations.iter().filter(|operation| !tried.contains(&*operation.name)) {
        let (Operation { name, needs_credential, takes_session, .. }, done) =
            (operation, operation.success());
        let by = if *takes_session { "Cookie" } else { "Token" };
        let anonymous = if *needs_credential { 401 } else { done };
        gaps.push(format!(
            "tests/api/authorisation.rs: no case of {name}; add to `cases()`, with what {} get\n    \
             case(\"{name}\", {by}, [{anonymous}, {done}, {done}, {done}]),",
            WHO.join(", ")
        ));
    }
    for operation in tried.difference(&documented) {
        gaps.push(format!("tests/api/authorisation.rs: openapi.json has no {operation}; remove its cases"));
    }
    assert!(gaps.is_empty(), "\n\n{}\n", gaps.join("\n"));
}

#[test]
fn the_document_says_which_operations_take_nobody_without_a_credential() {
    for Operation { name, needs_credential, .. } in &Document::published().operations {
        let anonymous: BTreeSet<u16> =
            cases().iter().filter(|case| case.operation == name).map(|case| case.statuses[0]).collect();
        let is_refused = anonymous.iter().all(|status| *status == 401) && !anonymous.is_empty();
        // An open operation answers 401, too, if it refuses a password.
        assert!(!needs_credential || is_refused, "{name}: closed in the document, and {anonymous:?}");
        assert!(*needs_credential || !is_refused, "{name}: open in the document, and 401 to the anonymous");
    }
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for case in cases() {
        wrong.extend(world.attempt(&case).await);
    }
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n"));
}

#[tokio::test]
async fn who_was_removed_demoted_or_signed_out_gets_no_more_than_the_case_says() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for case in cases() {
        wrong.extend(world.attempt_after_the_end(&case).await);
    }
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n"));
}
