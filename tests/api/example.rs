use serde_json::{Value, json};
use shared::http::MAX_JSON_BYTES;
use tests::{App, Form, PNG};

#[tokio::test]
async fn what_a_request_carried_comes_back() {
    let app = App::start().await;
    let call = app.anonymous().get("/api/example?q=rust&q=lambda&empty=&%C3%A9=%20");
    let answer = call.header("x-custom", "value").header("cookie", "theme=dark; lang=en").await.expect(200);
    let echo = answer.json();
    assert_eq!((&echo["method"], &echo["path"]), (&json!("GET"), &json!("/api/example")), "{answer:?}");
    assert_eq!(echo["query"], json!({"q": ["rust", "lambda"], "empty": [""], "é": [" "]}), "{answer:?}");
    assert_eq!(echo["headers"]["x-custom"], "value", "{answer:?}");
    assert_eq!(echo["cookies"], json!({"theme": "***", "lang": "***"}), "{answer:?}");
    assert_eq!(echo.get("body"), None, "{answer:?}");
    assert_eq!(answer.header("x-api-version"), env!("CARGO_PKG_VERSION"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
}

#[tokio::test]
async fn cookies_come_back_beside_one_of_other_bytes() {
    let app = App::start().await;
    for cookies in [
        &b"theme=dark; n=Zo\xc3\xab; sid=a=b"[..],
        b"n=\xff\xfe; theme=dark; sid=a=b",
        b"\xff=1; x; theme=a; sid=b",
    ] {
        let head = b"GET /api/example HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ";
        let answer = app.raw(&[&head[..], cookies, b"\r\n\r\n"].concat()).await;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let echo: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
        for name in ["theme", "sid"] {
            assert_eq!(echo["cookies"][name], "***", "{answer}");
        }
    }
}

#[tokio::test]
async fn no_credential_comes_back() {
    let app = App::start().await;
    let mut call = app.anonymous().get("/api/example").header("cookie", "__Host-sessionId=canary");
    for name in
        ["authorization", "proxy-authorization", "stripe-signature", "x-amz-security-token", "x-api-key"]
    {
        call = call.header(name, "canary");
    }
    let answer = call.await.expect(200);
    assert!(!String::from_utf8_lossy(&answer.body).contains("canary"), "{answer:?}");
    assert_eq!(answer.text("/headers/authorization"), "***");
    app.stack.shutdown().await;
    assert!(!app.stack.logs().contains("canary"), "{}", app.stack.logs());
}

#[tokio::test]
async fn json_comes_back_as_it_is_and_a_form_as_lists() {
    let app = App::start().await;
    let body = json!({"name": "Ada", "tags": ["a", null], "nested": {"n": 1.5}});
    let answer = app.anonymous().post("/api/example?q=1", &body).await.expect(200);
    assert_eq!(
        (&answer.json()["body"], &answer.json()["query"]),
        (&body, &json!({"q": ["1"]})),
        "{answer:?}"
    );

    for content_type in
        ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=UTF-8"]
    {
        let call =
            app.anonymous().post("/api/example", &json!(null)).body("name=Ada+L&tag=a&tag=%C3%A9&empty");
        let answer = call.header("content-type", content_type).await.expect(200);
        let fields = json!({"name": ["Ada L"], "tag": ["a", "é"], "empty": [""]});
        assert_eq!(answer.json()["body"], fields, "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_neither_is_refused() {
    let app = App::start().await;
    let send = |content_type: &'static str, body: &'static str| {
        app.anonymous().post("/api/example", &json!(null)).body(body).header("content-type", content_type)
    };
    for (content_type, body) in [("text/plain", "a=b"), ("application/json; charset=latin1", "{}")] {
        let error = send(content_type, body).await.expect_error(415, "unsupported_media_type");
        assert!(error["error"].as_str().unwrap().contains("application/x-www-form-urlencoded"), "{error}");
    }
    let broken = send("multipart/form-data; boundary=x", "--x\r\n").await;
    broken.expect_error(400, "malformed_multipart");
    for body in ["", "[]", "null", "{\"a\":1,\"a\":2}", "{\"a\":"] {
        send("application/json", body).await.expect_error(400, "malformed_json");
    }
    for (content_type, limit) in [
        ("application/json", MAX_JSON_BYTES),
        ("application/x-www-form-urlencoded", 256 * 1024),
        ("multipart/form-data; boundary=x", 256 * 1024),
    ] {
        let large = app.anonymous().post("/api/example", &json!(null)).body("a".repeat(limit + 1));
        large.header("content-type", content_type).await.expect_error(413, "body_too_large");
    }
    let deep = app.anonymous().post("/api/example", &json!(null));
    let deep = deep.body(format!("{{\"a\":{}", "[".repeat(100_000)));
    deep.header("content-type", "application/json").await.expect_error(400, "malformed_json");
}

#[tokio::test]
async fn json_comes_back_to_the_letter() {
    let app = App::start().await;
    for body in [
        r#"{"n":123456789012345678901234567890}"#,
        r#"{"n":[9007199254740993,18446744073709551616,-0,1.0,1e2,1E+2,0.1234567890123456789012345]}"#,
        r#"{ "z" : "\u00e9\/", "a": "é" , "nested":{"b":[ ] } }"#,
        "{\"lines\":\n\t1}",
        "{}",
    ] {
        let answer = app.anonymous().post("/api/example", &json!(null)).body(body).await.expect(200);
        let text = String::from_utf8(answer.body.clone()).unwrap();
        assert!(text.ends_with(&format!("\"body\":{body}}}")), "{body}: {answer:?}");
    }
    let huge = format!("{{\"n\":{}}}", "9".repeat(400));
    let refused = app.anonymous().post("/api/example", &json!(null)).body(huge).await;
    refused.expect_error(400, "malformed_json");
}

#[tokio::test]
async fn a_form_with_files_comes_back_as_lists() {
    let app = App::start().await;
    let form = Form::default()
        .text("name", "Ada Lovelace")
        .text("tag", "é")
        .text("tag", "")
        .file("engine.png", "image/png", PNG)
        .part("name=latin", Some("text/plain; charset=iso-8859-1"), b"caf\xe9");
    let call = app.anonymous().call(reqwest::Method::POST, "/api/example").body(form.end());
    let answer = call.header("content-type", &Form::content_type()).await.expect(200);
    let expected = json!({
        "name": ["Ada Lovelace"],
        "tag": ["é", ""],
        "latin": ["café"],
        "file": [{"fileName": "engine.png", "contentType": "image/png", "size": PNG.len()}],
    });
    assert_eq!(answer.json()["body"], expected, "{answer:?}");

    let unreadable = Form::default().part("name=text", None, b"caf\xe9");
    let call = app.anonymous().call(reqwest::Method::POST, "/api/example").body(unreadable.end());
    let refused = call.header("content-type", &Form::content_type()).await;
    assert_eq!(refused.bad_fields(), ["text"]);
}
