//! Files that are uploaded in request bodies.

use std::future::IntoFuture;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{App, Client, Form, PNG};

const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Returns the table's items for files and for their usage.
fn kept(app: &App) -> Vec<Value> {
    let is_kept = |item: &Value| {
        let key = item["pk"]["S"].as_str().unwrap();
        key.starts_with("FILE#") || key.starts_with("USAGE#") && item["fileCount"]["N"] != "0"
    };
    app.items().into_iter().filter(is_kept).collect()
}

/// Sets the recorded usage of the user's files.
fn set_usage(app: &App, owner: &Client, files: u64, bytes: u64) {
    let item = json!({
        "pk": {"S": format!("USAGE#{}", owner.id())}, "sk": {"S": "USAGE"},
        "fileCount": {"N": files.to_string()}, "byteCount": {"N": bytes.to_string()},
    });
    let request = json!({"TableName": app.stack.table_name(), "Item": item});
    app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
}

/// Returns the message of the only error, which must be about `field`.
fn said(answer: &tests::Answer, field: &str) -> String {
    assert_eq!(answer.bad_fields(), [field], "{answer:?}");
    answer.text("/details/0/message")
}

#[tokio::test]
async fn a_file_is_uploaded_and_read_back_byte_for_byte() {
    let app = App::start().await;
    let owner = app.caller();
    let content: Vec<u8> = PNG.iter().copied().chain((0..=255u8).cycle().take(100_000)).collect();
    let created = owner.upload("Ångström; 50%.png", "image/png", &content).await.expect(201);
    let body = created.json();
    assert_eq!(created.header("location"), format!("/api/upload/{}", created.text("/fileId")));
    assert_eq!((&body["success"], &body["size"]), (&json!(true), &json!(content.len())));
    assert_eq!((&body["contentType"], &body["fileName"]), (&json!("image/png"), &json!("Ångström; 50%.png")));

    let url = created.header("location");
    let file = owner.get(url).await.expect(200);
    assert_eq!(file.text("/state"), "ready");
    for member in ["fileId", "fileName", "contentType", "size", "sha256", "createdAt"] {
        assert_eq!(file.json()[member], body[member], "{member}");
    }
    let download = app.download(&owner, url).await.expect(200);
    assert_eq!(download.body, content);
    assert_eq!(download.header("content-type"), "image/png");
    assert_eq!(
        download.header("content-disposition"),
        "attachment; filename=\"_ngstr_m; 50_.png\"; filename*=UTF-8''%C3%85ngstr%C3%B6m%3B%2050%25.png"
    );
}

#[tokio::test]
async fn every_type_that_is_allowed_gets_through() {
    let app = App::start().await;
    let owner = app.caller();
    for (name, content_type, content) in [
        ("a.PNG", "image/png", PNG),
        ("a.jpeg", "image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("a.gif", "image/gif", b"GIF89a\x01\0\x01\0"),
        ("a.webp", "image/webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("a.pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3"),
        ("a.zip", "application/x-zip-compressed", b"PK\x03\x04\x14\0"),
        ("a.mp4", "video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
        ("a.txt", "text/plain; charset=UTF-8", "Grüße\n".as_bytes()),
        ("a.csv", "text/csv", b"a,b\n1,2\n"),
        ("a.json", "application/json", b"{\"a\": 1}"),
    ] {
        let created = owner.upload(name, content_type, content).await.expect(201);
        let download = app.download(&owner, created.header("location")).await.expect(200);
        assert_eq!(download.body, content, "{name}");
        assert_eq!(download.header("content-type"), created.text("/contentType"));
        assert!(download.header("content-disposition").starts_with("attachment; "), "{download:?}");
    }
}

#[tokio::test]
async fn no_part_of_a_name_is_a_path_or_hides_anything() {
    let app = App::start().await;
    let owner = app.caller();
    for name in ["../../../etc/passwd.png", r"C:\fakepath\passwd.png", "..\u{202e}/\u{200b}passwd.png"] {
        let created = owner.upload(name, "image/png", PNG).await.expect(201);
        assert_eq!(created.text("/fileName"), "passwd.png", "{name}");
        let url = owner.get(created.header("location")).await.expect(200).text("/downloadUrl");
        let path = url.split('?').next().unwrap();
        assert_eq!(
            path,
            format!("{}/{}/files/{}", app.stack.s3_url(), app.stack.bucket_name(), created.text("/fileId"))
        );
    }
    let refused = owner.upload("..", "image/png", PNG).await;
    assert_eq!(said(&refused, "file"), "must have a file name");
}

#[tokio::test]
async fn a_form_without_a_file_is_told_so() {
    let app = App::start().await;
    let owner = app.caller();
    let empty = Form::default();
    let user_alone = Form::default().text("userId", owner.id());
    for form in [empty, user_alone.clone(), user_alone.file("", "application/octet-stream", b"")] {
        let body = owner.upload_form(form).await.expect_error(400, "no_file");
        assert_eq!(body["error"], "No file uploaded");
        assert_eq!(body["details"][0], json!({"field": "file", "message": "is required"}));
    }
    let refused = owner.upload("empty.png", "image/png", b"").await;
    assert_eq!(said(&refused, "file"), "must not be empty");
    assert_eq!(kept(&app), Vec::<Value>::new());
}

#[tokio::test]
async fn every_part_that_is_wrong_is_named() {
    let app = App::start().await;
    let owner = app.caller();
    let form = Form::default()
        .file("a.png", "image/png", PNG)
        .file("b.png", "image/png", PNG)
        .text("userId", "me")
        .text("role", "admin");
    assert_eq!(owner.upload_form(form).await.bad_fields(), ["file", "role", "userId"]);
    let without_user = Form::default().file("a.png", "image/png", PNG);
    assert_eq!(said(&owner.upload_form(without_user).await, "userId"), "is required");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let app = App::start().await;
    let owner = app.caller();
    let form = Form::default().text("userId", owner.id()).file("a.png", "image/png", PNG);
    let send = |content_type: &str, body: Vec<u8>| {
        owner.call(Method::POST, "/api/upload").body(body).header("content-type", content_type)
    };
    for content_type in ["application/json", "multipart/mixed; boundary=x", "image/png"] {
        send(content_type, form.clone().end()).await.expect_error(415, "unsupported_media_type");
    }
    let no_boundary = send("multipart/form-data", form.clone().end()).await;
    no_boundary.expect_error(400, "malformed_multipart");
    let whole = form.end();
    let other = "multipart/form-data; boundary=other";
    for (content_type, body) in [
        (other, whole.clone()),
        (&*Form::content_type(), whole[..whole.len() - 60].to_vec()),
        (&*Form::content_type(), Vec::new()),
        (&*Form::content_type(), vec![0xff; 1000]),
    ] {
        send(content_type, body).await.expect_error(400, "malformed_multipart");
    }
    assert_eq!(kept(&app), Vec::<Value>::new());
}

#[tokio::test]
async fn a_thousand_parts_are_too_many() {
    let app = App::start().await;
    let owner = app.caller();
    let form = (0..1000).fold(Form::default(), |form, number| form.text(&format!("part{number}"), "x"));
    assert_eq!(said(&owner.upload_form(form).await, "body"), "must have at most 16 parts");
}

#[tokio::test]
async fn a_file_has_4_mib_at_most() {
    let app = App::start().await;
    let owner = app.caller();
    let mut content = PNG.to_vec();
    content.resize(MAX_BYTES + 1, 7);
    for size in [MAX_BYTES - 1, MAX_BYTES] {
        let created = owner.upload("a.png", "image/png", &content[..size]).await.expect(201);
        assert_eq!(created.json()["size"], size);
        let download = app.download(&owner, created.header("location")).await.expect(200);
        assert!(download.body == content[..size], "read back as it was");
    }
    let before = kept(&app);
    for size in [MAX_BYTES + 1, MAX_BYTES + 200_000] {
        content.resize(size, 7);
        let body = owner.upload("a.png", "image/png", &content).await.expect_error(413, "file_too_large");
        assert!(body["error"].as_str().unwrap().contains("POST /api/upload/presign"), "{body}");
    }
    assert_eq!(kept(&app).len(), before.len());
}

#[tokio::test]
async fn name_declared_type_and_content_must_agree() {
    let app = App::start().await;
    let owner = app.caller();
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    for (name, content_type, content, why) in [
        ("a.html", "text/html", &html[..], "must be declared as one of"),
        ("a.svg", "image/svg+xml", b"<svg onload='alert(1)'/>", "must be declared as one of"),
        ("a.exe", "application/octet-stream", b"MZ\x90", "must be declared as one of"),
        ("a.html", "image/png", PNG, "must end in .png"),
        ("a.png.exe", "image/png", PNG, "must end in .png"),
        ("a", "image/png", PNG, "must end in .png"),
        ("a.jpg", "image/png", PNG, "must end in .png"),
        ("a.jpg", "image/jpeg", PNG, "must hold image/jpeg"),
        ("a.png", "image/png", html, "must hold image/png"),
        ("a.txt", "text/plain", html, "must hold text/plain"),
        ("a.csv", "text/csv", b"\xef\xbb\xbf \n<svg onload='alert(1)'/>", "must hold text/csv"),
        ("a.json", "application/json", b"<?xml version='1.0'?>", "must hold application/json"),
        ("a.txt", "text/plain", b"a\0b", "must hold text/plain"),
        ("a.txt", "text/plain", b"caf\xe9", "must hold text/plain"),
        ("a.txt", "text/plain", b"%PDF-1.7", "must hold text/plain"),
        // The signature comes later in the page. Some readers look for it anywhere in the first kilobyte.
        ("a.pdf", "application/pdf", b"<script>alert(1)</script>%PDF-1.7", "must hold application/pdf"),
    ] {
        let refused = owner.upload(name, content_type, content).await;
        let message = said(&refused, "file");
        assert!(message.starts_with(why), "{name} as {content_type}: {message}");
    }
    assert_eq!(kept(&app), Vec::<Value>::new());
}

#[tokio::test]
async fn a_polyglot_is_saved_and_never_shown() {
    let app = App::start().await;
    let owner = app.caller();
    let script: &[u8] = b"GIF89a/*<svg onload=alert(1)><script>*/=alert(1)//</script>";
    for (name, content_type, content) in [
        ("a.gif", "image/gif", script),
        ("a.zip", "application/zip", b"PK\x03\x04<html><script>alert(1)</script>"),
    ] {
        let created = owner.upload(name, content_type, content).await.expect(201);
        let download = app.download(&owner, created.header("location")).await.expect(200);
        assert_eq!(download.header("content-type"), content_type);
        assert!(download.header("content-disposition").starts_with("attachment; "), "{download:?}");
        // The URL's signature covers these parameters, so its holder cannot change them.
        let url = owner.get(created.header("location")).await.expect(200).text("/downloadUrl");
        for (from, to) in
            [("attachment", "inline"), ("response-content-type=", "response-content-type=text%2Fhtml&x=")]
        {
            assert!(url.contains(from), "{url}");
            app.whole_urls().get(&url.replace(from, to)).await.expect(403);
        }
    }
}

#[tokio::test]
async fn one_uploads_for_oneself_and_an_admin_for_any_user() {
    let app = App::start().await;
    let (owner, admin) = (app.caller(), app.admin());
    let account = app.account("ada@example.com").await;
    let form = |id: &str| Form::default().text("userId", id).file("a.png", "image/png", PNG);
    owner.upload_form(form(&account.id.to_string())).await.expect_error(403, "forbidden");
    owner.upload_form(form(admin.id())).await.expect_error(403, "forbidden");
    app.anonymous().upload_form(form(owner.id())).await.expect_error(401, "missing_token");
    let refused = admin.upload_form(form(owner.id())).await;
    assert_eq!(said(&refused, "userId"), "must be the id of a user");
    assert_eq!(kept(&app), Vec::<Value>::new());

    let created = admin.upload_form(form(&account.id.to_string())).await.expect(201);
    let url = created.header("location");
    app.user(&account.id.to_string()).get(url).await.expect(200);
    owner.get(url).await.expect_error(404, "not_found");
    admin.upload_form(form(admin.id())).await.expect(201);
}

#[tokio::test]
async fn a_user_has_1000_files_and_a_gibibyte_at_most() {
    let app = App::start().await;
    let owner = app.caller();
    let gibibyte = 1 << 30;
    for (files, bytes) in [(1000, 0), (5, gibibyte - PNG.len() as u64 + 1)] {
        set_usage(&app, &owner, files, bytes);
        owner.upload("a.png", "image/png", PNG).await.expect_error(409, "quota_exceeded");
        owner.presign("a.png", "image/png", PNG.len()).await.expect_error(409, "quota_exceeded");
        app.caller().upload("a.png", "image/png", PNG).await.expect(201);
    }
    set_usage(&app, &owner, 999, gibibyte - PNG.len() as u64);
    let url = owner.upload("a.png", "image/png", PNG).await.expect(201).header("location").to_owned();
    owner.upload("a.png", "image/png", PNG).await.expect_error(409, "quota_exceeded");
    owner.delete(&url).await.expect(204);
    owner.upload("a.png", "image/png", PNG).await.expect(201);
}

#[tokio::test]
async fn without_s3_nothing_is_uploaded_and_all_is_well_when_it_is_back() {
    let app = App::start().await;
    let owner = app.caller();
    app.stack.stop_s3().await.unwrap();
    let refused = owner.upload("a.png", "image/png", PNG).await;
    refused.expect_error(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1", "{refused:?}");
    assert!(!String::from_utf8_lossy(&refused.body).contains("127.0.0.1"), "nothing internal: {refused:?}");
    assert_eq!(kept(&app), Vec::<Value>::new());

    app.stack.start_s3().unwrap();
    let created = owner.upload("a.png", "image/png", PNG).await.expect(201);
    assert_eq!(app.download(&owner, created.header("location")).await.expect(200).body, PNG);
}

#[tokio::test]
async fn s3s_event_of_an_upload_finds_it_done() {
    let app = App::start().await;
    let owner = app.caller();
    let uploads = 8;
    let upload = |_| owner.upload("a.png", "image/png", PNG).into_future();
    let created = join_all((0..uploads).map(upload)).await;
    for created in &created {
        let id = created.clone().expect(201).text("/fileId");
        // The file becomes ready once and is counted once, whichever of the two was faster.
        app.logged(&format!("\"fileId\":\"{id}\"")).await;
        let event = json!({"Records": [app.uploaded(&format!("incoming/{id}"))]});
        app.stack.invoke("upload-completed", event).await.unwrap();
        assert_eq!(app.download(&owner, created.header("location")).await.expect(200).body, PNG);
    }
    let usage = kept(&app).into_iter().find(|item| item["sk"]["S"] == "USAGE").unwrap();
    assert_eq!(usage["fileCount"]["N"], uploads.to_string());
    assert_eq!(usage["byteCount"]["N"], (uploads * PNG.len()).to_string());
}
