//! Files that go to S3 directly by a presigned URL, and their checks afterwards.

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::domain::{FileType, Inspection};
use shared::objects;
use tests::{Answer, App, Client};

/// Returns content of this size that begins like an MP4 and varies everywhere.
fn video(size: usize) -> Vec<u8> {
    let mut content = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    let mut state = 1u64;
    while content.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        content.extend_from_slice(&state.to_be_bytes());
    }
    content.truncate(size);
    content
}

/// Requests a URL to upload this content as an MP4.
async fn presigned(owner: &Client, content: &[u8]) -> Answer {
    owner.presign("film.mp4", "video/mp4", content.len()).await.expect(201)
}

async fn invoke(app: &App, key: &str) -> Result<Value, String> {
    let event = json!({"Records": [app.uploaded(key)]});
    app.stack.invoke("upload-completed", event).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_file_of_50_mb_goes_to_s3_and_is_read_in_constant_memory() {
    let app = App::start().await;
    let owner = app.caller();
    let small = presigned(&owner, &video(1000)).await;
    app.put(&small, &video(1000)).await.expect(200);
    app.checked(&owner, small.header("location")).await.expect(200);
    let (_, before) = app.memory("upload-completed");

    let content = video(50_000_000);
    let presigned = presigned(&owner, &content).await;
    assert_eq!(presigned.text("/method"), "PUT");
    assert!(presigned.text("/url").contains("X-Amz-Expires=900"), "{presigned:?}");
    let url = presigned.header("location");
    let pending = owner.get(url).await.expect(200).json();
    assert_eq!((&pending["state"], &pending["downloadUrl"]), (&json!("pending"), &json!(null)));
    app.put(&presigned, &content).await.expect(200);

    let ready = app.checked(&owner, url).await.expect(200);
    assert_eq!((ready.text("/state"), ready.json()["size"].as_u64()), ("ready".to_owned(), Some(50_000_000)));
    assert!(app.download(&owner, url).await.expect(200).body == content, "read back as it was");
    let (_, after) = app.memory("upload-completed");
    assert!(after < before + 16_000, "{before} kB before, {after} kB after a file of 50 MB");
}

#[tokio::test]
async fn s3_takes_what_was_announced_and_nothing_else() {
    let app = App::start().await;
    let owner = app.caller();
    let content = video(5000);
    let presigned = presigned(&owner, &content).await;
    let url = presigned.header("location");
    for size in [0, 4999, 5001, 6000] {
        app.put(&presigned, &video(size)).await.expect(403);
    }
    app.put_as(&presigned, &content, &json!({"content-type": "text/html"})).await.expect(403);
    app.put_as(&presigned, &content, &json!({})).await.expect(403);
    let elsewhere = presigned.text("/url").replace("incoming/", "files/");
    app.whole_urls().call(reqwest::Method::PUT, &elsewhere).body(content.clone()).await.expect(403);
    assert_eq!(owner.get(url).await.expect(200).text("/state"), "pending");

    app.put(&presigned, &content).await.expect(200);
    assert_eq!(app.checked(&owner, url).await.expect(200).text("/state"), "ready");
}

#[tokio::test]
async fn an_announced_digest_is_part_of_the_signature() {
    let app = App::start().await;
    let owner = app.caller();
    let (content, sha256) = (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let file =
        json!({"fileName": "a.txt", "contentType": "text/plain", "size": 3, "sha256": sha256.to_uppercase()});
    let presigned = owner.post("/api/upload/presign", &file).await.expect(201);
    let headers = presigned.json()["headers"].clone();
    assert_eq!(headers["x-amz-checksum-sha256"], "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    let other = app.put(&presigned, b"abd").await;
    assert_eq!(other.status, 400, "S3 compares the digest: {other:?}");
    app.put_as(&presigned, b"abd", &json!({"content-type": "text/plain"})).await.expect(403);

    app.put(&presigned, content).await.expect(200);
    let ready = app.checked(&owner, presigned.header("location")).await.expect(200);
    assert_eq!((ready.text("/state"), ready.text("/sha256")), ("ready".to_owned(), sha256.to_owned()));
}

/// Returns the headers that a presigned URL's signature covers.
fn signed_headers(url: &str) -> Vec<String> {
    let (_, query) = url.split_once('?').unwrap();
    let (_, names) =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-SignedHeaders").unwrap();
    names.split(';').map(str::to_owned).collect()
}

#[tokio::test]
async fn the_headers_to_send_are_those_that_are_signed() {
    let app = App::start().await;
    let owner = app.caller();
    let mut file = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 3});
    for digest in [None, Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")] {
        file["sha256"] = json!(digest);
        let presigned = owner.post("/api/upload/presign", &file).await.expect(201);
        let mut signed = signed_headers(&presigned.text("/url"));
        signed.retain(|name| !["host", "content-length"].contains(&&**name));
        let headers = presigned.json()["headers"].as_object().unwrap().clone();
        assert_eq!(headers.keys().collect::<Vec<_>>(), signed.iter().collect::<Vec<_>>(), "{presigned:?}");
        app.put(&presigned, b"abc").await.expect(200);
        let file = app.checked(&owner, presigned.header("location")).await.expect(200);
        assert_eq!(signed_headers(&file.text("/downloadUrl")), ["host"], "a link can be followed: {file:?}");
    }
}

#[tokio::test]
async fn a_file_that_lies_about_its_type_is_removed() {
    let app = App::start().await;
    let owner = app.caller();
    for (name, content_type, content) in [
        ("a.png", "image/png", &b"<!DOCTYPE html><script>alert(1)</script>"[..]),
        ("a.txt", "text/plain", b"<svg onload='alert(1)'/>"),
        ("a.csv", "text/csv", b"a,b\n\0"),
    ] {
        let presigned = owner.presign(name, content_type, content.len()).await.expect(201);
        app.put(&presigned, content).await.expect(200);
        app.checked(&owner, presigned.header("location")).await.expect_error(404, "not_found");
        app.logged(&format!(
            "\"fileId\":\"{}\",\"outcome\":\"refused\",\"reason\":\"content_differs\"",
            presigned.text("/fileId")
        ))
        .await;
    }
    assert_eq!(
        app.items().iter().filter(|item| item["sk"]["S"] == "FILE" || item["sk"]["S"] == "USAGE").count(),
        0
    );
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let app = App::start().await;
    let owner = app.caller();
    let presign = |file: Value| owner.post("/api/upload/presign", &file);
    let bad =
        json!({"fileName": "..", "contentType": "text/html", "size": 0, "sha256": "x", "userId": owner.id()});
    assert_eq!(presign(bad).await.bad_fields(), ["contentType", "fileName", "sha256", "size", "userId"]);
    assert_eq!(presign(json!({})).await.bad_fields(), ["contentType", "fileName", "size"]);
    let mut file = json!({"fileName": "a.png", "contentType": "image/jpeg", "size": 1});
    assert_eq!(presign(file.clone()).await.bad_fields(), ["fileName"]);
    file["contentType"] = json!("image/png");
    for (size, status) in
        [(json!(104_857_600), 201), (json!(104_857_601), 400), (json!(-1), 400), (json!(1.5), 400)]
    {
        file["size"] = size;
        presign(file.clone()).await.expect(status);
    }
}

#[tokio::test]
async fn of_the_same_event_twice_and_at_once_there_is_one_effect() {
    let app = App::start().await;
    let owner = app.caller();
    let content = video(200_000);
    let presigned = presigned(&owner, &content).await;
    app.put(&presigned, &content).await.expect(200);
    let key = format!("incoming/{}", presigned.text("/fileId"));
    let outcomes = join_all((0..10).map(|_| invoke(&app, &key))).await;
    assert!(outcomes.iter().all(|outcome| outcome == &Ok(Value::Null)), "{outcomes:?}");
    let url = presigned.header("location");
    assert_eq!(app.checked(&owner, url).await.expect(200).text("/state"), "ready");
    assert!(app.download(&owner, url).await.expect(200).body == content);
    let items = app.items();
    let usage = items.iter().find(|item| item["sk"]["S"] == "USAGE").unwrap();
    assert_eq!((&usage["fileCount"]["N"], &usage["byteCount"]["N"]), (&json!("1"), &json!("200000")));
}

#[tokio::test]
async fn nothing_of_an_upload_that_was_not_checked_is_in_its_download() {
    let app = App::start().await;
    let owner = app.caller();
    let content = video(1000);
    let presigned = presigned(&owner, &content).await;
    let mut headers = presigned.json()["headers"].clone();
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("cache-control", "public, max-age=31536000"),
        ("content-language", "tlh"),
        ("content-disposition", "inline"),
        ("expires", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ] {
        headers[name] = json!(value);
    }
    app.put_as(&presigned, &content, &headers).await.expect(200);
    let url = presigned.header("location");
    app.checked(&owner, url).await.expect(200);
    let download = app.download(&owner, url).await.expect(200);
    for name in ["content-encoding", "cache-control", "content-language", "expires"] {
        assert_eq!(download.header(name), "", "{name}: {download:?}");
    }
    assert_eq!(download.header("content-type"), "video/mp4");
    assert!(download.header("content-disposition").starts_with("attachment;"), "{download:?}");
}

#[tokio::test]
async fn s3_takes_no_header_of_its_own_that_was_not_signed() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    for (name, value) in [
        ("x-amz-meta-role", "admin"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "https://evil.example"),
    ] {
        let mut headers = presigned.json()["headers"].clone();
        headers[name] = json!(value);
        let refused = app.put_as(&presigned, b"one", &headers).await.expect(403);
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(text.contains("<Code>AccessDenied</Code>") && text.contains("were not signed"), "{text}");
    }
    app.put(&presigned, b"one").await.expect(200);
}

#[tokio::test]
async fn one_url_stores_one_upload_whatever_becomes_of_it() {
    let app = App::start().await;
    let owner = app.caller();
    let ready = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    let refused = owner.presign("a.png", "image/png", 3).await.expect(201);
    for (presigned, status) in [(&ready, 200), (&refused, 404)] {
        app.put(presigned, b"one").await.expect(200);
        app.checked(&owner, presigned.header("location")).await.expect(status);
        // S3 refuses each of these, so none of them invokes a function.
        for _ in 0..150 {
            app.put(presigned, b"two").await.expect(412);
        }
    }
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    assert_eq!(
        logs.lines()
            .filter(|line| line.starts_with("upload-completed ") && line.contains("\"fileId\""))
            .count(),
        2,
        "{logs}"
    );
}

/// Returns two contents of one MD5 (X. Wang et al., "Collisions for Hash Functions MD4, MD5, HAVAL-128 and RIPEMD").
fn of_one_md5() -> [Vec<u8>; 2] {
    let digits = "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a\
                  085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0\
                  e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70";
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let one: Vec<u8> = digits.as_bytes().chunks(2).map(byte).collect();
    let mut other = one.clone();
    for at in [19, 45, 59, 83, 109, 123] {
        other[at] ^= 0x80;
    }
    [one, other]
}

#[tokio::test]
async fn a_content_that_is_swapped_for_another_of_its_md5_is_not_published() {
    let app = App::start().await;
    let owner = app.caller();
    let [checked, other] = of_one_md5();
    let presigned = owner.presign("a.zip", "application/zip", checked.len()).await.expect(201);
    let id = presigned.text("/fileId").parse().unwrap();
    let file = app.files().get(id).await.unwrap().unwrap();
    let inspected = |content: &[u8]| Inspection::of(FileType::Zip, content).sha256;
    let bucket = app.bucket();
    let put = async |content: &[u8]| {
        let content = Bytes::copy_from_slice(content);
        bucket.put_incoming(id, &file.attributes, inspected(&content), content).await.unwrap()
    };
    let etag = put(&checked).await;
    assert_eq!(put(&other).await, etag, "they have one MD5");

    let swapped = bucket.accept(&file, &etag, inspected(&checked)).await;
    assert!(matches!(swapped, Err(objects::Error::Changed)), "{swapped:?}");
    assert!(!app.objects().await.contains(&format!("files/{id}")), "the copy is removed");
    bucket.accept(&file, &etag, inspected(&other)).await.unwrap();
}

#[tokio::test]
async fn what_is_uploaded_again_changes_nothing() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    app.put(&presigned, b"one").await.expect(200);
    let url = presigned.header("location");
    app.put(&presigned, b"two").await.expect(412);
    let ready = app.checked(&owner, url).await.expect(200);
    app.put(&presigned, b"two").await.expect(412);
    assert_eq!(app.download(&owner, url).await.expect(200).body, b"one");
    assert_eq!(owner.get(url).await.expect(200).header("etag"), ready.header("etag"));
}

#[tokio::test]
async fn an_object_of_no_file_is_removed_and_one_that_is_no_upload_is_left_alone() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    owner.delete(presigned.header("location")).await.expect(204);
    // The URL is still valid.
    app.put(&presigned, b"one").await.expect(200);
    app.logged("\"outcome\":\"unknown\"").await;
    // The object of an event may be gone.
    let never_uploaded = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    let key = format!("incoming/{}", never_uploaded.text("/fileId"));
    assert_eq!(invoke(&app, &key).await, Ok(Value::Null));
    app.logged("\"outcome\":\"superseded\"").await;
    for key in [
        "incoming/",
        "incoming/x",
        "incoming/../files/x",
        "files/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f",
        "%ff",
    ] {
        assert_eq!(invoke(&app, key).await, Ok(Value::Null), "{key}");
    }
    app.logged("ignored an object that is not an upload").await;
}

#[tokio::test]
async fn what_can_not_be_handled_now_fails_and_is_handled_when_it_comes_again() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    let key = format!("incoming/{}", presigned.text("/fileId"));
    app.stack.stop_s3().await.unwrap();
    let mut records = vec![app.uploaded("incoming/x"), app.uploaded(&key), app.uploaded("incoming/y")];
    let failed = app.stack.invoke("upload-completed", json!({"Records": records})).await.unwrap_err();
    assert!(failed.to_string().contains("1 of 3 records failed"), "{failed}");
    app.stack.start_s3().unwrap();
    app.put(&presigned, b"one").await.expect(200);
    records.reverse();
    app.stack.invoke("upload-completed", json!({"Records": records})).await.unwrap();
    assert_eq!(app.checked(&owner, presigned.header("location")).await.expect(200).text("/state"), "ready");
}

#[tokio::test]
async fn of_files_for_which_there_is_no_room_nothing_stays() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    let item = json!({
        "pk": {"S": format!("USAGE#{}", owner.id())}, "sk": {"S": "USAGE"},
        "fileCount": {"N": "1000"}, "byteCount": {"N": "1000"},
    });
    let request = json!({"TableName": app.stack.table_name(), "Item": item});
    app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
    app.put(&presigned, b"one").await.expect(200);
    app.checked(&owner, presigned.header("location")).await.expect_error(404, "not_found");
    app.logged("\"reason\":\"quota_exceeded\"").await;
}

#[tokio::test]
async fn no_presigned_url_is_printed() {
    let app = App::start().await;
    let owner = app.caller();
    let presigned = owner.presign("a.txt", "text/plain", 3).await.expect(201);
    app.put(&presigned, b"one").await.expect(200);
    let file = app.checked(&owner, presigned.header("location")).await.expect(200);
    app.stack.stop_s3().await.unwrap();
    owner.upload("a.txt", "text/plain", b"one").await.expect(503);
    owner.delete(presigned.header("location")).await.expect(503);
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    assert!(logs.contains("\"level\":\"ERROR\""), "errors are logged with their causes:\n{logs}");
    for url in [presigned.text("/url"), file.text("/downloadUrl")] {
        let (_, signature) = url.split_once("X-Amz-Signature=").unwrap();
        let signature = signature.split('&').next().unwrap();
        assert!(!logs.contains(signature), "{signature} in\n{logs}");
    }
    assert!(!logs.contains("X-Amz-Signature"), "{logs}");
}
