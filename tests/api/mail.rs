//! Mails and their transport.

use serde_json::{Value, json};
use tests::{App, PASSWORD};

const ADA: &str = "ada@example.com";

async fn register(app: &App, email: &str) {
    let registration = json!({"email": email, "password": PASSWORD});
    app.anonymous().post("/api/auth/register", &registration).await.expect(201);
}

/// The event of a mail's item, as the stream has it.
fn event(app: &App) -> Value {
    let items = app.items();
    let mail = items.iter().find(|item| item["sk"]["S"] == "MAIL").expect("a mail");
    let mut event = app.event("mail", "insert");
    let change = &mut event["Records"][0]["dynamodb"];
    change["Keys"] = json!({"pk": mail["pk"], "sk": mail["sk"]});
    change["SequenceNumber"] = json!("1");
    event
}

#[tokio::test]
async fn a_record_that_comes_again_sends_nothing() {
    let app = App::start().await;
    register(&app, ADA).await;
    app.mails(ADA, 1).await;
    // The mark is written after the mail is sent; the next record waits for it.
    register(&app, "bob@example.com").await;
    app.mails("bob@example.com", 1).await;
    // The stream also has the users, and the changes of Ada's mail. The function gets none of them.
    let logs = app.stack.logs();
    assert!(!logs.contains("\"message\":\"skipped\"") && !logs.contains("ignored a record"), "{logs}");
    let event = event(&app);
    for _ in 0..2 {
        app.stack.invoke("mail", event.clone()).await.unwrap();
    }
    assert_eq!(app.mails(ADA, 1).await.len(), 1);
}

#[tokio::test]
async fn while_ses_does_not_answer_nothing_is_lost_and_each_mail_is_sent_once() {
    let app = App::start().await;
    app.stack.ses().stop().await.unwrap();
    register(&app, ADA).await;
    register(&app, "bob@example.com").await;
    let failed = app.stack.invoke("mail", event(&app)).await.unwrap();
    assert_eq!(failed, json!({"batchItemFailures": [{"itemIdentifier": "1"}]}));
    app.stack.ses().resume().unwrap();
    app.mails(ADA, 1).await;
    app.mails("bob@example.com", 1).await;
    assert_eq!(app.stack.mails().borrow().len(), 2, "{}", app.stack.logs());
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_sent_by_a_redrive() {
    let app = App::retrying_at_once().await;
    app.stack.ses().stop().await.unwrap();
    register(&app, ADA).await;
    // The queue is empty until the last attempt has failed.
    let failed = loop {
        let redriven = app.stack.redrive().await;
        if !redriven.failed.is_empty() {
            break redriven;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((failed.succeeded, failed.failed.len()), (0, 1), "{failed:?}");
    app.stack.ses().resume().unwrap();
    let done = app.stack.redrive().await;
    assert_eq!((done.succeeded, &*done.failed), (1, &[][..]), "{done:?}");
    app.mails(ADA, 1).await;
    assert_eq!(app.stack.redrive().await.succeeded, 0);
}

#[tokio::test]
async fn a_mail_is_from_the_deployments_address_and_of_two_kinds_of_text() {
    let app = App::start().await;
    register(&app, ADA).await;
    let mail = app.mails(ADA, 1).await.remove(0);
    assert_eq!(
        (mail.from.as_str(), mail.subject.as_str()),
        ("api@example.com", "Confirm your e-mail address")
    );
    let link = mail.link().unwrap();
    assert!(mail.html.as_ref().unwrap().contains(&format!("href=\"{link}\"")), "{mail:?}");
    assert_eq!(mail.headers, [("Auto-Submitted".to_owned(), "auto-generated".to_owned())]);
}

#[tokio::test]
async fn without_a_sender_there_is_no_mail_and_everything_else_works() {
    let app = App::without_mail().await;
    register(&app, ADA).await;
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let id = app.anonymous().post("/api/auth/login", &credentials).await.expect(200).text("/user/id");
    let (path, client) = (format!("/api/users/{id}"), app.user(&id));
    let changed = client.patch(&path, &json!({"email": "zoë@example.com"})).await.expect(200).json();
    assert_eq!((&changed["email"], &changed["emailVerified"]), (&json!("zoë@example.com"), &json!(false)));
    let browser = {
        let mut browser = app.browser();
        browser.sign_in("zoë@example.com", PASSWORD).await.expect(201);
        browser
    };
    let changed = browser.put("/api/profile", &json!({"email": ADA})).await.expect(200).json();
    assert_eq!((&changed["user"]["email"], changed["user"].get("pendingEmail")), (&json!(ADA), None));
    let routes = &app.stack.template().routes;
    assert!(routes.iter().all(|route| !route.path.contains("reset") && !route.path.contains("confirm")));
    assert!(app.items().iter().all(|item| item["sk"]["S"] != "MAIL"));
}
