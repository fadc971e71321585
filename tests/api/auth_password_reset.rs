use serde_json::json;
use tests::App;

const PATH: &str = "/api/auth/password-reset";

#[tokio::test]
async fn the_answer_and_the_work_are_the_same_whether_or_not_there_is_an_account() {
    let app = App::start().await;
    app.account("ada@example.com").await;
    let mut said = Vec::new();
    for email in ["nobody@example.com", "ada@example.com", "zoë@example.com"] {
        let answer = app.anonymous().post(PATH, &json!({"email": email})).await.expect(202);
        let costs: Vec<String> = app
            .stack
            .logs()
            .lines()
            .rfind(|line| line.contains("\"POST\"") && line.contains(PATH))
            .into_iter()
            .flat_map(|line| line.split(',').filter(|part| part.contains("cu\"") || part.contains("calls")))
            .map(str::to_owned)
            .collect();
        said.push((answer.header("content-length").to_owned(), costs));
    }
    assert!(said.iter().all(|one| *one == said[0]) && said[0].1.len() == 3, "{said:?}");
}

#[tokio::test]
async fn only_an_address_with_an_account_gets_a_mail() {
    let app = App::start().await;
    app.account("ada@example.com").await;
    for email in ["nobody@example.com", "ada@example.com"] {
        app.anonymous().post(PATH, &json!({"email": email})).await.expect(202);
    }
    let mail = app.mails("ada@example.com", 1).await.remove(0);
    assert_eq!(mail.subject, "Reset your password");
    assert!(mail.link().unwrap().starts_with(&format!("{}/api/docs/reset-password#", app.stack.url())));
    assert_eq!(app.stack.mails().borrow().len(), 1);
}
