use serde_json::json;
use tests::{App, problem};

#[tokio::test]
async fn a_problem_is_changed_by_its_author_and_admins_only() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let created = author.post(collection, &problem("Two Sum")).await.expect(201);
    let (url, other) = (created.header("location"), app.caller());
    other.put(url, &problem("Mine now")).await.expect_error(403, "forbidden");
    other.patch(url, &json!({"name": "Mine now"})).await.expect_error(403, "forbidden");
    other.delete(url).await.expect_error(403, "forbidden");
    app.anonymous().delete(url).await.expect_error(401, "missing_token");
    assert_eq!(app.anonymous().get(url).await.expect(200).json(), created.json());
    let changed = app.admin().patch(url, &json!({"name": "Three Sum"})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["authorId"]), (&json!("Three Sum"), &json!(author.id())));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = App::start().await;
    let collection = "/api/problems";
    let caller = app.caller();
    for id in ["1", "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f", "01931A3E-5B1C-7C3D-8E4F-1A2B3C4D5E6F"] {
        let url = &format!("{collection}/{id}");
        for answer in [
            app.anonymous().get(url).await,
            caller.put(url, &problem("Two Sum")).await,
            caller.patch(url, &json!({})).await,
            caller.delete(url).await,
        ] {
            assert_eq!(answer.expect_error(404, "not_found")["error"], "Problem not found");
        }
    }
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_and_a_replacement_all() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let body = json!({"name": "Two Sum", "description": "Find two.", "difficulty": "easy"});
    let url = author.post(collection, &body).await.expect(201).header("location").to_owned();
    let patched = author.patch(&url, &json!({"difficulty": "hard"})).await.expect(200).json();
    assert_eq!(
        (&patched["name"], &patched["description"], &patched["difficulty"]),
        (&json!("Two Sum"), &json!("Find two."), &json!("hard"))
    );
    let removed = author.patch(&url, &json!({"description": null})).await.expect(200).json();
    assert_eq!(removed["description"], json!(null));
    assert_eq!(author.patch(&url, &json!({})).await.expect(200).json(), removed);
    let wrong = author.patch(&url, &json!({"name": null, "difficulty": null, "authorId": "x"})).await;
    assert_eq!(wrong.bad_fields(), ["authorId", "difficulty", "name"]);
    author.patch(&url, &json!({"description": "Again."})).await.expect(200);
    let replaced = author.put(&url, &problem("Three Sum")).await.expect(200).json();
    assert_eq!((&replaced["name"], &replaced["description"]), (&json!("Three Sum"), &json!(null)));
    assert_eq!(author.put(&url, &json!({"name": "Four Sum"})).await.bad_fields(), ["difficulty"]);
    let shown = app.anonymous().get(&url).await.expect(200).json();
    let listed = app.anonymous().get(collection).await.expect(200).json();
    assert_eq!((&shown, &listed["problems"][0]["name"]), (&replaced, &json!("Three Sum")));
}

#[tokio::test]
async fn a_stale_client_changes_nothing_and_a_fresh_one_needs_no_body() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let created = author.post(collection, &problem("Two Sum")).await.expect(201);
    let (url, stale) = (created.header("location"), created.header("etag"));
    let fresh = author.get(url).header("if-none-match", stale).await.expect(304);
    assert_eq!((fresh.body.len(), fresh.header("last-modified")), (0, created.header("last-modified")));
    let changed =
        author.patch(url, &json!({"name": "Three Sum"})).header("if-match", stale).await.expect(200);
    for answer in [
        author.patch(url, &json!({"name": "Lost"})).header("if-match", stale).await,
        author.put(url, &problem("Lost")).header("if-match", stale).await,
        author.delete(url).header("if-match", stale).await,
        author.delete(url).header("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT").await,
    ] {
        answer.expect_error(412, "precondition_failed");
    }
    assert_eq!(author.get(url).await.expect(200).json(), changed.json());
    author.delete(url).header("if-match", changed.header("etag")).await.expect(204);
    author.get(url).await.expect_error(404, "not_found");
    author.delete(url).await.expect_error(404, "not_found");
}
