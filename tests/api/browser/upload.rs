//! Uploads from a page of another origin, in a form and to S3 directly, and downloads.

use serde_json::{Value, json};
use tests::{App, Chromium, Page, Site};

/// The largest file of a form.
const SIZE: usize = 4_000_000;

/// Bytes a second that make an upload of `SIZE` long enough for progress events, which a browser sends every 50 ms.
const SLOW: u32 = 4_000_000;

/// Sends `args.size` bytes of a ZIP file, in a form if `args.userId` is present.
const UPLOAD: &str = "const content = new Uint8Array(args.size);
    content.set([0x50, 0x4b, 3, 4]);
    let body = new Blob([content], {type: 'application/zip'});
    if (args.userId) {
        const form = new FormData();
        form.append('userId', args.userId);
        form.append('file', body, 'a.zip');
        body = form;
    }
    const request = new XMLHttpRequest();
    request.open(args.method, args.url);
    for (const [name, value] of Object.entries(args.headers)) request.setRequestHeader(name, value);
    const progress = [];
    request.upload.onprogress = (event) => progress.push([event.loaded, event.total]);
    await new Promise((ended) => {
        request.onloadend = ended;
        request.send(body);
    });
    return {status: request.status, body: request.responseText, etag: request.getResponseHeader('ETag'), progress};";

/// Checks that the page was told of some bytes first and of all bytes last.
fn expect_progress(sent: &Value) {
    let progress = sent["progress"].as_array().unwrap();
    let [.., last] = &**progress else { panic!("no progress: {sent}") };
    assert!(progress.len() > 1, "progress comes on the way, too: {sent}");
    assert_eq!(last[0], last[1], "{sent}");
    assert!(last[0].as_u64().unwrap() >= SIZE as u64, "{sent}");
}

/// Sends a request from a script, with this token, and returns its JSON.
async fn fetch(page: &Page, url: &str, token: &str, method: &str, body: Option<&Value>) -> Value {
    let mut init = json!({"method": method, "headers": {"Authorization": format!("Bearer {token}")}});
    if let Some(body) = body {
        init["headers"]["Content-Type"] = json!("application/json");
        init["body"] = json!(body.to_string());
    }
    let answer = page.fetch(url, init).await;
    serde_json::from_str(answer["body"].as_str().unwrap_or_else(|| panic!("{url}: {answer}"))).unwrap()
}

#[tokio::test]
async fn a_page_uploads_to_s3_by_a_presigned_url_and_downloads() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&site.origin()).await;
    page.slow_down(SLOW).await;
    let (owner, api) = (app.caller(), app.stack.url().replace("127.0.0.1", "localhost"));
    let presign = async |file: &Value| {
        fetch(&page, &format!("{api}/api/upload/presign"), owner.token(), "POST", Some(file)).await
    };

    let file = json!({"fileName": "a.zip", "contentType": "application/zip", "size": SIZE});
    let mut presigned = presign(&file).await;
    // A header that tracing libraries add.
    presigned["headers"]["traceparent"] = json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    presigned["size"] = json!(SIZE);
    let sent = page.run(UPLOAD, presigned.clone()).await;
    assert_eq!(sent["status"], 200, "{sent}");
    assert!(sent["etag"].is_string(), "the page can read the entity tag: {sent}");
    expect_progress(&sent);

    let url = format!("/api/upload/{}", presigned["fileId"].as_str().unwrap());
    app.checked(&owner, &url).await.expect(200);
    let ready = fetch(&page, &format!("{api}{url}"), owner.token(), "GET", None).await;
    let part = json!({"headers": {"Range": "bytes=0-3"}});
    let part = page.fetch(ready["downloadUrl"].as_str().unwrap(), part).await;
    assert_eq!((&part["status"], &part["body"]), (&json!(206), &json!("PK\u{3}\u{4}")));
    assert_eq!(part["headers"]["content-range"], format!("bytes 0-3/{SIZE}"));
    let name = part["headers"]["content-disposition"].as_str().unwrap();
    assert!(name.contains("a.zip"), "the page can read the name: {part}");

    // The upload carries a digest, which S3 verifies.
    let sha256 = page.run(
        "const digest = await crypto.subtle.digest('SHA-256', new Uint8Array([0x50, 0x4b, 3, 4, 0]));
        return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')",
        Value::Null,
    );
    let file =
        json!({"fileName": "b.zip", "contentType": "application/zip", "size": 5, "sha256": sha256.await});
    let mut presigned = presign(&file).await;
    presigned["size"] = json!(5);
    let sent = page.run(UPLOAD, presigned.clone()).await;
    assert_eq!(sent["status"], 200, "{presigned} {sent}");
    page.close().await;
}

#[tokio::test]
async fn a_page_uploads_a_form_with_progress() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&site.origin()).await;
    page.slow_down(SLOW).await;
    let owner = app.caller();
    let form = json!({
        "method": "POST",
        "url": app.stack.url().replace("127.0.0.1", "localhost") + "/api/upload",
        "headers": {"Authorization": format!("Bearer {}", owner.token())},
        "userId": owner.id(),
        "size": SIZE,
    });
    let sent = page.run(UPLOAD, form).await;
    assert_eq!(sent["status"], 201, "{sent}");
    expect_progress(&sent);
    page.close().await;
}

#[tokio::test]
async fn a_page_of_a_strange_origin_uploads_nothing() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let stranger = Site::of_empty_pages().await;
    let page = chromium.open(&stranger.origin()).await;
    let mut presigned = app.caller().presign("a.zip", "application/zip", 100).await.expect(201).json();
    presigned["size"] = json!(100);
    let sent = page.run(UPLOAD, presigned).await;
    assert_eq!((&sent["status"], &sent["progress"]), (&json!(0), &json!([])), "{sent}");
    assert_eq!(app.objects().await, Vec::<String>::new());
    page.close().await;
}
