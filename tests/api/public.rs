use tests::App;

#[tokio::test]
async fn it_says_what_the_api_is_and_any_cache_may_keep_it_for_an_hour() {
    let app = App::start().await;
    let answer = app.anonymous().get("/api/public").await.expect(200);
    assert_eq!(answer.text("/version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.header("cache-control"), "public, max-age=3600", "{answer:?}");
    for pointer in ["/documentation/page", "/documentation/openapi"] {
        app.anonymous().get(&answer.text(pointer)).await.expect(200);
    }
    let limits = answer.json()["limits"].clone();
    let page = limits["page"]["max"].as_u64().unwrap();
    app.anonymous().get(&format!("/api/posts?limit={page}")).await.expect(200);
    app.anonymous().get(&format!("/api/posts?limit={}", page + 1)).await.expect(400);
    let bytes = usize::try_from(limits["jsonBodyBytes"].as_u64().unwrap()).unwrap();
    let send =
        |length: usize| app.caller().post("/api/posts", &serde_json::json!({})).body(vec![b' '; length]);
    send(bytes).header("content-type", "application/json").await.expect(400);
    send(bytes + 1).header("content-type", "application/json").await.expect(413);
}

#[tokio::test]
async fn a_client_that_has_it_already_gets_304_and_so_does_every_other() {
    let app = App::start().await;
    let etag = app.anonymous().get("/api/public").await.expect(200).header("etag").to_owned();
    for client in [app.anonymous(), app.caller()] {
        let answer = client.get("/api/public").header("if-none-match", &etag).await.expect(304);
        assert_eq!((answer.header("etag"), answer.body.len()), (&*etag, 0), "{answer:?}");
        assert_eq!(answer.header("cache-control"), "public, max-age=3600", "{answer:?}");
    }
    app.anonymous().get("/api/public").header("if-none-match", "\"other\"").await.expect(200);
}

#[tokio::test]
async fn an_allowed_origin_may_read_it_and_no_cache_gives_its_answer_to_another() {
    let app = App::start().await;
    let origin = "http://localhost:5173";
    let answer = app.anonymous().get("/api/public").header("origin", origin).await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer:?}");
    let vary: Vec<&str> =
        answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.contains(&"Origin") && vary.contains(&"Accept"), "{answer:?}");
}
