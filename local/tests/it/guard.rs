//! The filter before all listeners: pages of other origins, and foreign names of this machine.

use local::Stack;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::database::{AccessKey, now};
use crate::s3;
use crate::support::Place;

async fn started() -> (Place, Stack) {
    let place = Place::new();
    let stack = place.builder().invoke_port(0).start().await.unwrap();
    (place, stack)
}

#[tokio::test]
async fn no_listener_answers_by_a_name_that_is_not_of_this_machine() {
    let (_place, stack) = started().await;
    let http = reqwest::Client::new();
    let function_url = format!("{}/lambda-url/echo/", stack.url());
    for url in [
        format!("{}/echo", stack.url()),
        function_url,
        format!("{}/2015-03-31/functions/echo/invocations", stack.invoke_url().unwrap()),
        stack.dynamodb_url(),
        stack.s3_url(),
    ] {
        let ask = |host: &'static str| http.get(&url).header("host", host).send();
        let answer = ask("evil.test").await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{url}");
        assert!(answer.text().await.unwrap().contains("this machine"), "{url}");
        let answer = ask("localhost").await.unwrap();
        assert!(!answer.text().await.unwrap().contains("this machine"), "{url}");
    }
}

#[tokio::test]
async fn pages_call_neither_the_database_nor_functions_past_the_api() {
    let (_place, stack) = started().await;
    let http = reqwest::Client::new();
    let signed = AccessKey::root().sign(&stack.dynamodb_url(), "ListTables", "{}", now());
    let invoke = format!("{}/2015-03-31/functions/echo/invocations", stack.invoke_url().unwrap());
    for header in [("origin", "http://evil.test"), ("sec-fetch-site", "cross-site")] {
        let mut call = http.post(stack.dynamodb_url()).body("{}").header(header.0, header.1);
        for (name, value) in &signed.headers {
            call = call.header(name, value);
        }
        for request in [call, http.post(&invoke).header(header.0, header.1)] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{answer:?}");
            assert!(!answer.headers().contains_key("access-control-allow-origin"));
        }
    }
    let preflight = http.request(Method::OPTIONS, stack.dynamodb_url()).header("origin", "http://evil.test");
    assert_eq!(preflight.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(signed.send().await.unwrap(), json!({ "TableNames": ["Table"] }));
}

#[tokio::test]
async fn pages_of_other_origins_than_the_buckets_rules_name_change_nothing_in_it() {
    let (_place, stack) = started().await;
    let http = reqwest::Client::new();
    let client = s3::client(&stack.s3_url());
    for (origin, status) in [("http://evil.test", 403), ("null", 403), ("http://a.test", 204)] {
        let form = s3::post_form("files", "posted", "hello");
        let post = http.post(format!("{}/files", stack.s3_url())).body(form).header("origin", origin);
        let answer = post.header("content-type", "multipart/form-data; boundary=x").send().await.unwrap();
        assert_eq!(answer.status(), status, "{origin}");
        assert_eq!(s3::get(&client, "posted").await.is_some(), status == 204, "{origin}");
    }
}
