use reqwest::Method;
use serde_json::json;
use tests::{Answer, App, Behaviour, Upstream, weather};

/// The key is in the URL of every request to the upstream, and must appear nowhere else.
const KEY: &str = "canary-weather-key";

const LONDON: &str = "/api/weather?city=London";

async fn app(upstream: &Upstream) -> App {
    App::with_variables(&[("WEATHER_BASE_URL", upstream.url()), ("WEATHER_API_KEY", KEY)]).await
}

/// Returns the client's answer for this behaviour of the upstream, and the number of requests that the upstream
/// received.
async fn answer_to(behaviour: Behaviour) -> (Answer, usize) {
    let upstream = Upstream::start(behaviour).await;
    let app = app(&upstream).await;
    let answer = app.anonymous().get(LONDON).await;
    let shown = format!("{answer:?}");
    app.stack.shutdown().await;
    assert!(!shown.contains(KEY), "the key is shown: {shown}");
    assert!(!app.stack.logs().contains(KEY), "the key is printed: {}", app.stack.logs());
    (answer, upstream.requests().len())
}

#[tokio::test]
async fn a_city_is_asked_for_once_and_then_answered_from_the_cache() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let app = app(&upstream).await;
    let miss = app.anonymous().get(LONDON).await.expect(200);
    let body = json!({
        "city": "London", "country": "United Kingdom", "temperatureC": 11.2, "feelsLikeC": 9.3, "humidity": 94,
        "windKph": 16.2, "condition": "Overcast", "observedAt": "2025-11-27T08:30:00.000Z",
    });
    assert_eq!(miss.json(), body);
    assert_eq!((miss.header("x-cache"), miss.header("age")), ("miss", "0"), "{miss:?}");
    assert_eq!(miss.header("cache-control"), "public, max-age=300", "{miss:?}");
    for same in ["/api/weather?city=LONDON", "/api/weather?city=%20london%20"] {
        let hit = app.anonymous().get(same).await.expect(200);
        assert_eq!((hit.header("x-cache"), hit.json()), ("hit", body.clone()), "{hit:?}");
        assert_eq!(hit.header("etag"), miss.header("etag"), "{hit:?}");
    }
    let asked = "GET /v1/current.json?key=canary-weather-key&q=London&aqi=no HTTP/1.1";
    assert_eq!(upstream.requests(), [asked]);
}

#[tokio::test]
async fn whatever_a_city_is_called_it_is_one_value_of_the_question() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let app = app(&upstream).await;
    app.anonymous().get("/api/weather?city=S%C3%A3o+Paulo%26key%3Dx%23%3F%2F..").await.expect(200);
    let asked =
        "GET /v1/current.json?key=canary-weather-key&q=S%C3%A3o+Paulo%26key%3Dx%23%3F%2F..&aqi=no HTTP/1.1";
    assert_eq!(upstream.requests(), [asked]);
}

#[tokio::test]
async fn what_is_no_name_of_a_city_is_refused_and_asks_nobody() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let app = app(&upstream).await;
    for query in [
        "",
        "?city=",
        "?city=auto:ip",
        "?city=AUTO%3AIP",
        "?city=metar:EGLL",
        "?city=iata:DXB",
        "?city=192.0.2.1",
        "?city=%3A%3A1",
        "?city=48.85,2.35",
        "?city=10001",
        "?city=a%00b",
        "?city=London&city=Paris",
        &format!("?city={}", "a".repeat(101)),
    ] {
        let answer = app.anonymous().get(&format!("/api/weather{query}")).await;
        assert_eq!(answer.bad_fields(), ["city"], "{answer:?}");
    }
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_city_that_is_not_there_is_404_and_not_asked_for_again() {
    let upstream = Upstream::start(Behaviour::error("400 Bad Request", 1006)).await;
    let app = app(&upstream).await;
    for _ in 0..3 {
        let answer = app.anonymous().get(LONDON).await;
        assert_eq!(answer.expect_error(404, "not_found")["error"], "City not found");
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_client_that_has_the_weather_already_gets_304() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let app = app(&upstream).await;
    let etag = app.anonymous().get(LONDON).await.expect(200).header("etag").to_owned();
    let answer = app.anonymous().get(LONDON).header("if-none-match", &etag).await.expect(304);
    assert_eq!((answer.body.len(), answer.header("etag")), (0, &*etag), "{answer:?}");
    assert_eq!((answer.header("cache-control"), answer.header("x-cache")), ("public, max-age=300", "hit"));
    app.anonymous().get(LONDON).header("if-none-match", "\"other\"").await.expect(200);
}

#[tokio::test]
async fn a_slow_upstream_is_504() {
    let (answer, requests) = answer_to(Behaviour::Silence).await;
    answer.expect_error(504, "gateway_timeout");
    assert_eq!((answer.header("retry-after"), requests), ("1", 1), "{answer:?}");
}

#[tokio::test]
async fn an_upstream_that_drips_without_an_end_is_504() {
    let (answer, requests) = answer_to(Behaviour::Drip).await;
    answer.expect_error(504, "gateway_timeout");
    assert_eq!((answer.header("retry-after"), requests), ("1", 1), "{answer:?}");
}

#[tokio::test]
async fn an_upstream_with_500_is_asked_three_times_and_then_502() {
    let (answer, requests) =
        answer_to(Behaviour::body("500 Internal Server Error", "<html>oops</html>")).await;
    answer.expect_error(502, "bad_gateway");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn an_answer_of_over_64_kib_is_502_however_it_is_sent() {
    let mut huge = weather();
    huge["filler"] = json!("a".repeat(64 * 1024));
    let (answer, requests) = answer_to(Behaviour::json("200 OK", &huge)).await;
    answer.expect_error(502, "bad_gateway");
    assert_eq!(requests, 1);
    // Without a Content-Length, the bytes that are read are counted.
    let undeclared = format!("HTTP/1.1 200 OK\r\n\r\n{huge}{}", " ".repeat(10_000_000));
    answer_to(Behaviour::Send(undeclared.into_bytes())).await.0.expect_error(502, "bad_gateway");
}

#[tokio::test]
async fn a_redirect_to_a_link_local_address_is_not_followed() {
    let elsewhere = Upstream::start(Behaviour::weather()).await;
    for target in ["http://169.254.169.254/latest/meta-data/", elsewhere.url()] {
        let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        let (answer, requests) = answer_to(Behaviour::Send(redirect.into_bytes())).await;
        answer.expect_error(502, "bad_gateway");
        assert_eq!(requests, 1);
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn malformed_json_is_502() {
    for body in ["", "null", "[]", "{", "<html>", "{\"error\": {\"code\": 1006}}"] {
        let (answer, requests) = answer_to(Behaviour::body("200 OK", body)).await;
        answer.expect_error(502, "bad_gateway");
        assert_eq!(requests, 1, "{body}");
    }
}

#[tokio::test]
async fn wrong_types_and_values_that_can_not_be_are_502() {
    for (pointer, wrong) in [
        ("/location", json!(null)),
        ("/location/name", json!(["London"])),
        ("/location/name", json!("a\u{0}b")),
        ("/location/country", json!("a".repeat(201))),
        // Nothing of the answer is printed, because it could contain the key.
        ("/current/temp_c", json!(KEY)),
        ("/current/temp_c", json!(1e300)),
        ("/current/feelslike_c", json!(null)),
        ("/current/humidity", json!(101)),
        ("/current/wind_kph", json!(-1)),
        ("/current/last_updated_epoch", json!(-1)),
        ("/current/condition", json!("Overcast")),
    ] {
        let mut body = weather();
        *body.pointer_mut(pointer).unwrap() = wrong;
        let (answer, requests) = answer_to(Behaviour::json("200 OK", &body)).await;
        answer.expect_error(502, "bad_gateway");
        assert_eq!(requests, 1, "{pointer}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_asked_for_again_and_then_502() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"location\": {\"name\": \"Lon";
    let (answer, requests) = answer_to(Behaviour::Send(cut.to_vec())).await;
    answer.expect_error(502, "bad_gateway");
    assert_eq!(requests, 3);
    assert_eq!(answer_to(Behaviour::Send(b"SSH-2.0-OpenSSH\r\n".to_vec())).await.0.status, 502);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_502() {
    let mut upstream = Upstream::start(Behaviour::weather()).await;
    upstream.stop().await;
    app(&upstream).await.anonymous().get(LONDON).await.expect_error(502, "bad_gateway");
}

#[tokio::test]
async fn an_upstream_that_does_not_prove_who_it_is_is_502_and_does_not_learn_the_key() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let url = upstream.url().replace("http://", "https://");
    let app = App::with_variables(&[("WEATHER_BASE_URL", &url), ("WEATHER_API_KEY", KEY)]).await;
    app.anonymous().get(LONDON).await.expect_error(502, "bad_gateway");
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn every_error_of_the_contract_has_its_answer_and_all_but_an_unknown_city_are_counted() {
    // The stub of `make run` produces all of these errors.
    let app = App::start().await;
    let get = async |city: &str| app.anonymous().get(&format!("/api/weather?city=Error+{city}")).await;
    for code in ["1002", "2006", "2008", "2009", "1003", "1005", "9999"] {
        get(code).await.expect_error(502, "bad_gateway");
    }
    get("1006").await.expect_error(404, "not_found");
    let quota = get("2007").await;
    quota.expect_error(503, "unavailable");
    assert_eq!(quota.header("retry-after"), "60", "{quota:?}");
    get("500").await.expect_error(502, "bad_gateway");
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    // Every failure but 1006 is counted, and a retried request is counted once.
    for (reason, times) in [("key", 4), ("refused", 3), ("quota", 1), ("status", 1)] {
        let metric = |line: &&str| {
            line.contains("\"UpstreamFailure\":1") && line.contains(&format!("\"reason\":\"{reason}\""))
        };
        assert_eq!(logs.lines().filter(metric).count(), times, "{reason}: {logs}");
    }
}

#[tokio::test]
async fn the_stub_has_weather_for_every_city() {
    let app = App::start().await;
    assert!(app.stack.stubs().iter().any(|(stub, _)| stub.name == "weather"));
    for city in ["Paris", "%E6%9D%B1%E4%BA%AC"] {
        app.anonymous().get(&format!("/api/weather?city={city}")).await.expect(200);
    }
    app.anonymous().get("/api/weather?city=Nowhere").await.expect_error(404, "not_found");
}

#[tokio::test]
async fn without_dynamodb_there_is_weather() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let app = app(&upstream).await;
    app.stack.stop_dynamodb().await.unwrap();
    let miss = app.anonymous().get(LONDON).await.expect(200);
    let hit = app.anonymous().get(LONDON).await.expect(200);
    assert_eq!((miss.header("x-cache"), hit.header("x-cache")), ("miss", "hit"), "this instance remembers");
    app.stack.shutdown().await;
    assert!(app.stack.logs().contains("the weather was answered without its table"), "{}", app.stack.logs());
}

#[tokio::test]
async fn asking_is_limited_by_source_address() {
    let app = App::limited("0.05").await;
    let mut denied = None;
    for n in 0..7 {
        let call = app.anonymous().get(LONDON).header("x-forwarded-for", &format!("192.0.2.{n}"));
        let answer = call.await;
        assert_eq!(answer.header("ratelimit-policy"), r#""weather";q=3;w=60"#, "{answer:?}");
        denied = denied.or(Some(answer).filter(|answer| answer.status == 429));
    }
    denied.expect("of seven, however a minute's end falls among them, one is over the limit of three");
}

#[tokio::test]
async fn what_is_cached_is_the_same_for_everybody() {
    let app = App::start().await;
    let anonymous = app.anonymous().get(LONDON).await.expect(200);
    let admin = app.admin().get(LONDON).header("cookie", "theme=dark").await.expect(200);
    assert_eq!(anonymous.body, admin.body);
    assert!(!anonymous.header("vary").contains("Authorization"), "{anonymous:?}");
    let head = app.anonymous().call(Method::HEAD, LONDON).await.expect(200);
    assert_eq!((head.body.len(), head.header("x-cache")), (0, "hit"), "{head:?}");
}
