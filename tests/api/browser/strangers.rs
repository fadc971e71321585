//! A page that has nothing to do with the API, on the machine where it runs.

use serde_json::{Value, json};
use tests::{App, Chromium, PNG, Site, post};

/// A name that a stranger's DNS has for this machine.
const REBOUND: &str = "rebound.test";

#[tokio::test]
async fn a_page_of_another_origin_gets_nothing_from_the_table_the_bucket_and_functions() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::start().await;
    let owner = app.caller();
    let file = owner.upload("a.png", "image/png", PNG).await.expect(201);
    let download = owner.get(file.header("location")).await.expect(200).text("/downloadUrl");
    let upload = owner.presign("b.png", "image/png", PNG.len()).await.expect(201).json();
    let objects = app.objects().await;
    owner.post("/api/posts", &post("On engines")).await.expect(201);
    let items = app.items();

    let page = chromium.open(&site.origin()).await;
    let call = |target: &str| {
        let headers = json!({
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": format!("DynamoDB_20120810.{target}"),
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20261127/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        });
        let body = json!({"TableName": app.stack.table_name()}).to_string();
        json!({"method": "POST", "headers": headers, "body": body})
    };
    let simple = json!({"method": "POST", "body": "{}"});
    let put = json!({"method": "PUT", "headers": upload["headers"], "body": "x".repeat(PNG.len())});
    let table = app.stack.dynamodb_url();
    for (url, init) in [
        (table.as_str(), call("Scan")),
        (&table, call("DeleteTable")),
        (&table, simple),
        (&table, json!({})),
        (&download, json!({})),
        (upload["url"].as_str().unwrap(), put),
        (&app.stack.s3_url(), json!({})),
    ] {
        assert_eq!(page.fetch(url, init.clone()).await, Value::Null, "{url} {init}");
        let mut silent = init.clone();
        silent["mode"] = json!("no-cors");
        let opaque = page.fetch(url, silent).await;
        assert!(opaque.is_null() || opaque["body"] == "", "{url} {init}: {opaque}");
    }

    // The same page by a name that makes its origin that of each listener.
    for listener in [app.stack.url(), app.stack.dynamodb_url(), app.stack.s3_url()] {
        let rebound = listener.replace("127.0.0.1", REBOUND);
        page.go(&rebound).await;
        for path in ["/", "/api/posts"] {
            let answer = page.fetch(&format!("{rebound}{path}"), json!({})).await;
            assert_eq!(answer["status"], 403, "{listener}: {answer}");
            assert!(answer["body"].as_str().unwrap().contains("names of this machine"), "{answer}");
        }
    }
    page.close().await;
    assert_eq!((app.items(), app.objects().await), (items, objects), "nothing was written");
}
