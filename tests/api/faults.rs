//! Faults that the client did not cause.

use tests::{App, post};

#[tokio::test]
async fn without_dynamodb_the_answer_is_503_and_all_is_well_when_it_is_back() {
    let app = App::start().await;
    let author = app.caller();
    author.post("/api/posts", &post("Before the fault")).await.expect(201);

    app.stack.stop_dynamodb().await.unwrap();
    for call in [
        author.get("/api/posts"),
        author.get("/api/posts/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"),
        author.post("/api/posts", &post("During the fault")),
        author.get("/api/health?deep=true"),
    ] {
        let answer = call.await;
        answer.expect_error(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("127.0.0.1"), "nothing internal: {answer:?}");
    }
    author.get("/api/health").await.expect(200);

    app.stack.start_dynamodb().unwrap();
    author.post("/api/posts", &post("After the fault")).await.expect(201);
    let list = author.get("/api/posts").await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 2);
}
