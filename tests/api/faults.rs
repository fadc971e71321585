//! Faults that the client did not cause.

use tests::{App, user};

#[tokio::test]
async fn without_dynamodb_the_answer_is_503_and_all_is_well_when_it_is_back() {
    let app = App::start().await;
    let admin = app.admin();
    admin.post("/api/users", &user("before@example.com")).await.expect(201);

    app.stack.stop_dynamodb().await.unwrap();
    for call in [
        admin.get("/api/users"),
        admin.get("/api/users/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"),
        admin.post("/api/users", &user("during@example.com")),
        admin.get("/api/health?deep=true"),
    ] {
        let answer = call.await;
        answer.expect_error(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("127.0.0.1"), "nothing internal: {answer:?}");
    }
    admin.get("/api/health").await.expect(200);

    app.stack.start_dynamodb().unwrap();
    admin.post("/api/users", &user("after@example.com")).await.expect(201);
    let list = admin.get("/api/users").await.expect(200).json();
    // The admin is a user, too.
    assert_eq!(list["pagination"]["total"], 3);
}
