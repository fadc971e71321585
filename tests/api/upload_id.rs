//! The routes of a single file.

use serde_json::json;
use tests::{App, PNG};

#[tokio::test]
async fn a_file_is_its_users_and_admins() {
    let app = App::start().await;
    let (owner, other) = (app.caller(), app.caller());
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    let file = app.admin().get(&url).await.expect(200);
    assert_eq!(file.text("/userId"), owner.id());
    assert!(file.text("/downloadUrl").contains("X-Amz-Expires=300"), "{file:?}");
    assert!(file.json()["downloadUrlExpiresAt"].is_string());
    other.get(&url).await.expect_error(404, "not_found");
    other.delete(&url).await.expect_error(404, "not_found");
    app.anonymous().get(&url).await.expect_error(401, "missing_token");
    app.anonymous().delete(&url).await.expect_error(401, "missing_token");
    app.admin().delete(&url).await.expect(204);
    owner.get(&url).await.expect_error(404, "not_found");
    for nothing in ["/api/upload/x", "/api/upload/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"] {
        let body = owner.get(nothing).await.expect_error(404, "not_found");
        assert_eq!(body["error"], "File not found");
    }
}

#[tokio::test]
async fn the_entity_tag_says_nothing_of_the_downloads_url() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    let url = presigned.header("location");
    let pending = owner.get(url).await.expect(200).header("etag").to_owned();
    app.put(&presigned, b"one").await.expect(200);
    let ready = app.checked(&owner, url).await.expect(200).header("etag").to_owned();
    assert_ne!(pending, ready);
    owner.get(url).header("if-none-match", &ready).await.expect(304);
    owner.get(url).header("if-none-match", &pending).await.expect(200);
    owner.delete(url).header("if-match", &pending).await.expect_error(412, "precondition_failed");
    owner.delete(url).header("if-match", &ready).await.expect(204);
}

#[tokio::test]
async fn a_removed_file_is_gone_everywhere() {
    let app = App::start().await;
    let owner = app.caller();
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    let download = owner.get(&url).await.expect(200).text("/downloadUrl");
    owner.delete(&url).await.expect(204);
    owner.get(&url).await.expect_error(404, "not_found");
    owner.delete(&url).await.expect_error(404, "not_found");
    // S3 does not tell a missing object from a denied one, because the function may not list the bucket.
    app.whole_urls().get(&download).await.expect(403);
    let items = app.items();
    assert!(!items.iter().any(|item| item["sk"]["S"] == "FILE"), "{items:?}");
    let usage = items.iter().find(|item| item["sk"]["S"] == "USAGE").unwrap();
    assert_eq!((&usage["fileCount"]["N"], &usage["byteCount"]["N"]), (&json!("0"), &json!("0")));
}

#[tokio::test]
async fn a_removal_that_s3_interrupts_is_finished_by_the_next() {
    let app = App::start().await;
    let owner = app.caller();
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    let shown = owner.get(&url).await.expect(200);
    app.stack.stop_s3().await.unwrap();
    let interrupted = owner.delete(&url).await;
    interrupted.expect_error(503, "unavailable");
    assert_eq!(interrupted.header("retry-after"), "1", "{interrupted:?}");
    // The file is hidden and no longer counts.
    owner.get(&url).await.expect_error(404, "not_found");
    let items = app.items();
    let usage = items.iter().find(|item| item["sk"]["S"] == "USAGE").unwrap();
    assert_eq!(usage["fileCount"]["N"], "0");
    app.caller().delete(&url).await.expect_error(404, "not_found");

    app.stack.start_s3().unwrap();
    app.whole_urls().get(&shown.text("/downloadUrl")).await.expect(200);
    owner.delete(&url).header("if-match", shown.header("etag")).await.expect(204);
    app.whole_urls().get(&shown.text("/downloadUrl")).await.expect(403);
    owner.delete(&url).await.expect_error(404, "not_found");
    assert!(!app.items().iter().any(|item| item["sk"]["S"] == "FILE"));
}
