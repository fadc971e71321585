//! Any input is answered, errors have the error shape, and the function serves the next request.

use std::fmt::Write;

use serde_json::{Value, json};
use shared::http::MAX_JSON_BYTES;
use tests::{App, user};

#[tokio::test]
async fn every_bad_field_of_a_post_is_named() {
    let app = App::start().await;
    let author = app.caller();
    for (body, fields) in [
        (json!({}), vec!["content", "title"]),
        (json!({"title": null, "content": null}), vec!["content", "title"]),
        (
            json!({"title": 5, "content": [], "category": {}, "published": "yes"}),
            vec!["category", "content", "published", "title"],
        ),
        (
            json!({"title": "Four", "content": "", "titel": "x", "role": "admin"}),
            vec!["content", "role", "titel", "title"],
        ),
        (json!({"title": "x".repeat(201), "content": "x".repeat(50_001)}), vec!["content", "title"]),
        (
            json!({"title": "A\u{0}title", "content": "A\u{0}nul", "category": " "}),
            vec!["category", "content", "title"],
        ),
        (json!({"title": "     ", "content": "\n\t "}), vec!["content", "title"]),
    ] {
        let answer = author.post("/api/posts", &body).await;
        assert_eq!(answer.bad_fields(), fields, "{answer:?}");
    }
}

#[tokio::test]
async fn every_bad_field_of_a_user_is_named() {
    let app = App::start().await;
    let user = json!({"email": "no address", "name": "", "role": "root", "password": "x"});
    let refused = app.admin().post("/api/users", &user).await;
    assert_eq!(refused.bad_fields(), ["email", "name", "password", "role"]);
}

#[tokio::test]
async fn lengths_count_characters_up_to_the_limit() {
    let app = App::start().await;
    let author = app.caller();
    let body = json!({"title": "𝄞".repeat(200), "content": "🙂".repeat(50_000), "category": "語".repeat(50), "published": true});
    let created = author.post("/api/posts", &body).await.expect(201);
    assert_eq!(author.get(created.header("location")).await.expect(200).json()["content"], body["content"]);
    // Python escapes every non-ASCII character, so each of these takes twelve bytes.
    let escaped = body.to_string().chars().fold(String::new(), |mut escaped, c| {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(escaped, "\\u{unit:04x}").unwrap());
        }
        escaped
    });
    assert!(escaped.len() > 600_000);
    let replaced = author.put(created.header("location"), &json!(null)).body(escaped).await.expect(200);
    assert_eq!(replaced.json()["content"], body["content"]);
    author.post("/api/posts", &json!({"title": "12345", "content": "1"})).await.expect(201);
}

/// Bodies with this text in some members, and the names of these.
fn with_texts(text: &str) -> Vec<(&'static str, Value, Vec<&'static str>)> {
    vec![
        (
            "/api/posts",
            json!({"title": text, "content": text, "category": text}),
            vec!["category", "content", "title"],
        ),
        (
            "/api/problems",
            json!({"name": text, "description": text, "difficulty": "easy"}),
            vec!["description", "name"],
        ),
        ("/api/users", json!({"email": "ada@example.com", "name": text}), vec!["name"]),
        (
            "/api/auth/register",
            json!({"email": "ada@example.com", "name": text, "password": "correct horse battery"}),
            vec!["name"],
        ),
        (
            "/api/upload/presign",
            json!({"fileName": format!("{text}.txt"), "contentType": "text/plain", "size": 5}),
            vec!["fileName"],
        ),
    ]
}

#[tokio::test]
async fn no_character_of_a_name_is_invisible_or_turns_others_around() {
    let app = App::start().await;
    let (author, admin) = (app.caller(), app.admin());
    let given = " \u{200b}\u{202e}Invoice\u{202e}fdp\u{2066}.exe\u{ad}\u{2028}\u{feff} ";
    let cleaned = "Invoicefdp.exe";
    let fields = json!({"title": given, "content": given, "category": given});
    let post = author.post("/api/posts", &fields).await.expect(201).json();
    assert_eq!((&post["title"], &post["category"]), (&json!(cleaned), &json!(cleaned)));
    assert_eq!(post["content"], given, "a text of several lines is kept unchanged");
    let problem = json!({"name": given, "difficulty": "easy"});
    assert_eq!(author.post("/api/problems", &problem).await.expect(201).json()["name"], cleaned);
    let user = json!({"email": "ada@example.com", "name": given});
    assert_eq!(admin.post("/api/users", &user).await.expect(201).json()["name"], cleaned);
    for shown in ["Zoë 👩\u{200d}🔬", "❤\u{fe0f} engines", "می\u{200c}خواهم"] {
        let problem = json!({"name": shown, "difficulty": "easy"});
        assert_eq!(author.post("/api/problems", &problem).await.expect(201).json()["name"], shown);
    }
}

#[tokio::test]
async fn a_text_that_shows_nothing_is_refused_and_emoji_are_not() {
    let app = App::start().await;
    let admin = app.admin();
    for blank in [
        "\u{200b}",
        "\u{200d}\u{feff}",
        "\u{2060}",
        "\u{202e}\u{2067}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{ad}",
        "\u{2800}",
    ] {
        for (path, body, fields) in with_texts(&blank.repeat(5)) {
            assert_eq!(admin.post(path, &body).await.bad_fields(), fields, "{path}: {blank:?}");
        }
    }
    for resource in app.resources() {
        let name = "Zoë 👩\u{200d}🔬 ❤\u{fe0f} می\u{200c}خواهم";
        let mut body = resource.body();
        if body.get("name").is_some() {
            body["name"] = json!(name);
            let created = resource.client.post(&resource.path(), &body).await.expect(201);
            assert_eq!(created.json()["name"], name);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_malformed() {
    let app = App::start().await;
    let admin = app.admin();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_member = format!(r#"{{"title":{deep}}}"#);
    let bodies: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"{\"title\": \"Trunca",
        b"[]",
        b"null",
        b"1",
        b"\"text\"",
        b"{\"title\": \"x\",}",
        b"{\"title\": \"\xff\xfe\"}",
        b"{} {}",
        deep.as_bytes(),
        deep_member.as_bytes(),
    ];
    for body in bodies {
        let answer = admin.post("/api/users", &json!(null)).body(body).await;
        let error = answer.expect_error(400, "malformed_json");
        assert_eq!(
            (&error["error"], &error["details"][0]["field"]),
            (&json!("Invalid JSON format"), &json!("body"))
        );
    }
    admin.post("/api/users", &user("ada@example.com")).await.expect(201);
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let app = App::start().await;
    let admin = app.admin();
    let body = user("ada@example.com").to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/merge-patch+json",
        "",
        "???",
    ] {
        let answer =
            admin.post("/api/users", &json!({})).body(&*body).header("content-type", content_type).await;
        answer.expect_error(415, "unsupported_media_type");
    }
    let untyped = admin.call(reqwest::Method::POST, "/api/users").body(&*body).await;
    untyped.expect_error(415, "unsupported_media_type");
    for content_type in
        ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""]
    {
        let answer =
            admin.post("/api/users", &json!({})).body(&*body).header("content-type", content_type).await;
        assert!([201, 409].contains(&answer.status), "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = App::start().await;
    let admin = app.admin();
    let body = |bytes: usize| {
        let empty = r#"{"name":""}"#.len();
        format!(r#"{{"name":"{}"}}"#, "x".repeat(bytes - empty))
    };
    assert_eq!(admin.post("/api/users", &json!({})).body(body(MAX_JSON_BYTES)).await.status, 400);
    let over = admin.post("/api/users", &json!({})).body(body(MAX_JSON_BYTES + 1)).await;
    over.expect_error(413, "body_too_large");
    admin.post("/api/users", &json!({})).body(body(5 << 20)).await.expect_error(413, "body_too_large");
    // The body exceeds the limit of API Gateway itself.
    assert_eq!(admin.post("/api/users", &json!({})).body(body((10 << 20) + 1)).await.status, 413);
    admin.post("/api/users", &user("ada@example.com")).await.expect(201);
}

#[tokio::test]
async fn no_path_harms_a_function() {
    let app = App::start().await;
    for (start, rest) in
        STARTS.iter().flat_map(|start| odd_paths().into_iter().map(move |rest| (start, rest)))
    {
        let path = format!("{start}{rest}");
        let answer = app.raw_get(&path).await;
        let status: u16 = answer
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!((400..500).contains(&status), "{path}: {answer}");
        assert!(answer.ends_with('}'), "in JSON: {path}: {answer}");
        app.anonymous().get("/api/health").await.expect(200);
    }
}

/// Paths with a variable, without it.
const STARTS: &[&str] = &["/api/posts", "/api/users", "/api/docs"];

fn odd_paths() -> Vec<String> {
    let odd = [
        "/%00", "/%2F", "/a%2Fb", "/%ff", "/%", "/%zz", "/%3F", "/%23", "/a%20b", "/..%2f..", "/%2e%2e",
        "/../x/x", "//x", "/;", "/:id", "/{id}", "/\\", "/%E2%82", "/x?%", "/x?=&=&&", "/..//",
    ];
    let mut odd: Vec<String> = odd.map(str::to_owned).into();
    odd.push(format!("/{}", "x".repeat(8 * 1024)));
    odd
}

#[tokio::test]
async fn no_host_or_header_harms_a_function() {
    let app = App::start().await;
    for header in [
        "Host: [",
        "Host: a b",
        "Host: %",
        "Host: localhost:99999",
        "Host: ",
        "Host: é",
        "X-Forwarded-Proto: \"<",
        "Accept: ,,;q=",
        "Accept-Language: \u{1}",
        "If-None-Match: \"",
        "Content-Type: \u{fe}",
    ] {
        let request =
            format!("GET /api/health HTTP/1.1\r\n{header}\r\nX-Probe: 1\r\nConnection: close\r\n\r\n");
        let answer = app.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 4"), "{header}: {answer}");
        app.anonymous().get("/api/health").await.expect(200);
    }
}

/// Lists that take a token.
const LISTS: &[&str] = &["/api/users", "/api/posts", "/api/posts?mine=true"];

#[tokio::test]
async fn wrong_tokens_are_refused_everywhere() {
    let app = App::start().await;
    let long = format!("Bearer {}", "x".repeat(8 * 1024));
    for authorization in ["Bearer x", "Bearer a.b.c", "bearer null", &long] {
        for path in LISTS {
            let answer = app.anonymous().get(path).header("authorization", authorization).await;
            let error = answer.expect_error(401, "invalid_token");
            assert_eq!(error["error"], "Invalid or expired token");
            assert!(answer.header("www-authenticate").contains("invalid_token"), "{answer:?}");
        }
    }
    // The request carries no token at all.
    app.anonymous()
        .get("/api/users")
        .header("authorization", "Basic YTpi")
        .await
        .expect_error(401, "missing_token");
}
