use serde_json::{Value, json};
use tests::{Answer, App, problem};

/// Searches for `q`, which this function percent-encodes, with more parameters after it.
async fn search(app: &App, q: &str, parameters: &str) -> Answer {
    let q = form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>();
    app.anonymous().get(&format!("/api/search?q={q}{parameters}")).await
}

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let problems = body["problems"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    problems.iter().map(|problem| problem["name"].as_str().unwrap().to_owned()).collect()
}

async fn pose(app: &App, names: &[&str]) {
    for name in names {
        app.caller().post("/api/problems", &problem(name)).await.expect(201);
    }
}

#[tokio::test]
async fn problems_are_found_by_any_part_of_their_name_newest_first() {
    let app = App::start().await;
    pose(&app, &["Two Sum", "Three Sum", "Die Straße", "快速排序", "Ο ΣΊΣΥΦΟΣ", "Summe"]).await;
    for (q, expected) in [
        ("sum", vec!["Summe", "Three Sum", "Two Sum"]),
        ("SUM", vec!["Summe", "Three Sum", "Two Sum"]),
        (" sum", vec!["Three Sum", "Two Sum"]),
        ("o S", vec!["Two Sum"]),
        ("two sum", vec!["Two Sum"]),
        ("STRASSE", vec!["Die Straße"]),
        ("ss", vec!["Die Straße"]),
        ("排", vec!["快速排序"]),
        ("排序", vec!["快速排序"]),
        ("快速排序", vec!["快速排序"]),
        ("σίσυφος", vec!["Ο ΣΊΣΥΦΟΣ"]),
        ("u", vec!["Summe", "Three Sum", "Two Sum"]),
        ("sum of", vec![]),
        ("x", vec![]),
        ("\u{301}", vec![]),
        ("👩\u{200d}👧", vec![]),
    ] {
        assert_eq!(names(&search(&app, q, "").await.expect(200)), expected, "{q}");
    }
}

#[tokio::test]
async fn a_hit_is_what_the_list_shows_of_a_problem() {
    let app = App::start().await;
    pose(&app, &["Two Sum"]).await;
    let list = app.anonymous().get("/api/problems").await.expect(200).json();
    let found = search(&app, "two", "").await.expect(200);
    assert_eq!(found.json()["problems"], list["problems"]);
    let pagination = json!({"page": 1, "limit": 10, "total": null, "totalPages": null, "nextCursor": null});
    assert_eq!(found.json()["pagination"], pagination);
    assert_eq!(found.header("link"), r#"</api/search?q=two&page=1&limit=10>; rel="first""#);
}

#[tokio::test]
async fn without_a_query_there_is_nothing_to_search_for() {
    let app = App::start().await;
    for url in ["/api/search", "/api/search?q=", "/api/search?Q=sum", "/api/search?limit=x"] {
        let error = app.anonymous().get(url).await.expect_error(400, "missing_query");
        assert_eq!(error["error"], "Query parameter required", "{url}");
        assert_eq!(error["details"], json!([{"field": "q", "message": "is required"}]), "{url}");
    }
}

#[tokio::test]
async fn a_query_that_can_not_be_is_refused() {
    let app = App::start().await;
    for q in [" ", "\u{3000}", "a\0b", "\n", "a\tb", "\u{85}", &"x".repeat(101)] {
        assert_eq!(search(&app, q, "").await.bad_fields(), ["q"], "{q:?}");
    }
    assert_eq!(search(&app, " ", "&limit=0&page=0").await.bad_fields(), ["limit", "page", "q"]);
    assert_eq!(search(&app, "sum", "&q=two").await.bad_fields(), ["q"]);
    // Bytes that are not UTF-8 become a replacement character, which no name contains.
    app.anonymous().get("/api/search?q=%ff%fe").await.expect(200);
    for q in ["x".repeat(100), "𝄞".repeat(100), "ﬃ".repeat(100), "\u{301}".repeat(100)] {
        assert_eq!(names(&search(&app, &q, "").await.expect(200)), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_search_is_read_on_by_cursor_alone() {
    let app = App::start().await;
    let posed: Vec<String> = (1..=7).map(|n| format!("A&B=c, number {n}")).collect();
    pose(&app, &posed.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let expected: Vec<String> = posed.into_iter().rev().collect();
    for q in ["a", "b=", "&b=", "a&b=C, number"] {
        let first = search(&app, q, "&limit=3").await.expect(200);
        let (mut read, mut next) = (names(&first), first.json()["pagination"]["nextCursor"].clone());
        while let Value::String(cursor) = next {
            let page = search(&app, q, &format!("&limit=3&cursor={cursor}")).await.expect(200);
            assert_eq!(page.json()["pagination"]["page"], Value::Null);
            read.extend(names(&page));
            next = page.json()["pagination"]["nextCursor"].clone();
        }
        assert_eq!(read, expected, "{q}");

        let link = first.header("link");
        let target = link.split(", ").find(|link| link.ends_with("rel=\"next\"")).expect(link);
        let target = target.trim_start_matches('<').split('>').next().unwrap();
        assert_eq!(names(&app.anonymous().get(target).await.expect(200)), expected[3..6], "{q}");

        // A cursor of one search is refused in another search and in the list.
        let cursor = first.text("/pagination/nextCursor");
        assert_eq!(search(&app, "number", &format!("&cursor={cursor}")).await.bad_fields(), ["cursor"]);
        let listed = app.anonymous().get(&format!("/api/problems?cursor={cursor}")).await;
        assert_eq!(listed.bad_fields(), ["cursor"]);
    }
    let second = search(&app, "a", "&page=2").await;
    assert_eq!(second.bad_fields(), ["page"]);
    assert!(second.text("/error").contains("cursor"), "{second:?}");
    assert_eq!(names(&search(&app, "a", "&page=1").await.expect(200)).len(), 7);
    let largest = search(&app, "a", "&page=4294967295&limit=100").await;
    assert_eq!(largest.bad_fields(), ["page"]);
}

#[tokio::test]
async fn what_was_renamed_or_removed_is_found_as_it_is() {
    let app = App::start().await;
    let author = app.caller();
    let created = author.post("/api/problems", &problem("Two Sum")).await.expect(201);
    let url = created.header("location");
    author.patch(url, &json!({"name": "Three Sum", "difficulty": "hard"})).await.expect(200);
    assert_eq!(names(&search(&app, "two", "").await.expect(200)), Vec::<String>::new());
    for q in ["three", "sum", "e"] {
        let found = search(&app, q, "").await.expect(200);
        assert_eq!(
            (names(&found), found.text("/problems/0/difficulty")),
            (vec!["Three Sum".into()], "hard".into())
        );
    }
    author.patch(url, &json!({"description": "Find three."})).await.expect(200);
    let shown = author.get(url).await.expect(200);
    let found = search(&app, "three sum", "").await.expect(200);
    assert_eq!(found.text("/problems/0/updatedAt"), shown.text("/updatedAt"));
    author.delete(url).await.expect(204);
    for q in ["three", "sum", "e"] {
        assert_eq!(names(&search(&app, q, "").await.expect(200)), Vec::<String>::new());
    }
}

#[tokio::test]
async fn renames_at_the_same_time_are_each_done_as_a_whole() {
    let app = App::start().await;
    let author = app.caller();
    let created = author.post("/api/problems", &problem("First name")).await.expect(201);
    let (url, etag) = (created.header("location"), created.header("etag"));
    let found = async |text: &str| {
        let list = app.anonymous().get(&format!("/api/search?q={text}")).await.expect(200).json();
        list["problems"].as_array().unwrap().len()
    };
    // Only one of the requests with the same expected version succeeds.
    let answers = futures_util::future::join_all((0..6).map(async |n| {
        let body = json!({"name": format!("Guarded {n}")});
        author.patch(url, &body).header("if-match", etag).await.status
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 412).count(), 5, "{answers:?}");
    assert_eq!((found("first").await, found("guarded").await), (0, 1));
    // Requests without an expected version succeed one after the other.
    let (one, other) =
        tokio::join!(async { author.patch(url, &json!({"name": "Second"})).await.expect(200) }, async {
            author.patch(url, &json!({"name": "Third"})).await.expect(200)
        },);
    let name = author.get(url).await.expect(200).text("/name");
    assert!([one.text("/name"), other.text("/name")].contains(&name), "{one:?}{other:?}");
    assert_eq!(found("guarded").await, 0);
    assert_eq!(
        (found("second").await, found("third").await),
        (usize::from(name == "Second"), usize::from(name == "Third"))
    );
}
