use serde_json::json;
use tests::{App, user};

const PATH: &str = "/api/auth/email-confirmation";

#[tokio::test]
async fn the_link_is_sent_again_and_both_links_are_good() {
    let app = App::start().await;
    let registration = json!({"email": "ada@example.com", "password": "correct horse"});
    app.anonymous().post("/api/auth/register", &registration).await.expect(201);
    app.mails("ada@example.com", 1).await;
    app.anonymous().post(PATH, &json!({"email": " ADA@Example.com"})).await.expect(202);
    let again = app.link_token("ADA@example.com", 1).await;
    let first = app.link_token("ada@example.com", 1).await;
    assert_ne!(again, first);
    for token in [again, first] {
        app.anonymous().post(&format!("{PATH}/confirm"), &json!({"token": token})).await.expect(204);
    }
}

#[tokio::test]
async fn nobody_learns_who_has_an_account_and_only_who_needs_a_link_gets_one() {
    let app = App::start().await;
    app.confirmed_account("confirmed@example.com").await;
    app.account("new@example.com").await;
    let mut said = Vec::new();
    for email in ["nobody@example.com", "zoë@example.com", "confirmed@example.com", "new@example.com"] {
        let answer = app.anonymous().post(PATH, &json!({"email": email})).await.expect(202);
        said.push((answer.header("content-length").to_owned(), answer.header("content-type").to_owned()));
    }
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    // Mails are sent in the order of the requests.
    app.mails("new@example.com", 1).await;
    assert_eq!(app.stack.mails().borrow().len(), 1);
}

#[tokio::test]
async fn asking_is_limited_by_address_and_by_source() {
    let app = App::limited("0.4").await;
    // Two of each kind for an address, and eight from a source. At most one new window begins meanwhile.
    let paths = [PATH, "/api/auth/password-reset"];
    let ask = async |n: usize, email: &str| {
        let answer = app.anonymous().post(paths[n % 2], &json!({"email": email})).await;
        if answer.status == 429 { Err(answer.header("ratelimit").to_owned()) } else { Ok(answer.expect(202)) }
    };
    let mut denied = Vec::new();
    for n in 0..5 {
        denied.extend(ask(n, if n % 2 == 0 { "ada@example.com" } else { "ADA@example.com" }).await.err());
    }
    assert!(!denied.is_empty() && denied.iter().all(|fields| fields.contains("\"mail\";r=0")), "{denied:?}");
    let mut denied = Vec::new();
    for n in 0..17 {
        denied.extend(ask(n, &format!("{n}@example.com")).await.err());
    }
    assert!(!denied.is_empty(), "of 17 none");
    assert!(denied.iter().all(|fields| fields.contains("\"mail-address\";r=0")), "{denied:?}");
}

#[tokio::test]
async fn an_account_that_an_admin_adds_gets_a_link() {
    let app = App::start().await;
    let added = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    assert_eq!(added.json()["emailVerified"], false);
    let token = app.link_token("ada@example.com", 1).await;
    app.anonymous().post(&format!("{PATH}/confirm"), &json!({"token": token})).await.expect(204);
}
