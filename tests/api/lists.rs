use std::path::Path;

use serde_json::{Value, json};
use tests::{Answer, App, Client, post};

/// Writes posts with these titles, in this order.
async fn write(author: &Client, titles: &[&str]) {
    for title in titles {
        author.post("/api/posts", &post(title)).await.expect(201);
    }
}

fn titles(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let posts = body["posts"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    posts.iter().map(|post| post["title"].as_str().unwrap().to_owned()).collect()
}

/// The target of a link of this relation.
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let header = answer.header("link");
    header.split(", ").find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        (parameters == format!("; rel=\"{rel}\"")).then(|| target.trim_start_matches('<').to_owned())
    })
}

#[tokio::test]
async fn posts_are_sorted_by_time_or_title_both_ways() {
    let app = App::start().await;
    write(&app.caller(), &["betas two", "Alpha one", "betas", "Äther day", "beta-blocker"]).await;
    let anyone = app.anonymous();
    for (query, expected) in [
        ("", ["beta-blocker", "Äther day", "betas", "Alpha one", "betas two"]),
        ("?sort=date&order=asc", ["betas two", "Alpha one", "betas", "Äther day", "beta-blocker"]),
        ("?sort=createdAt&order=desc", ["beta-blocker", "Äther day", "betas", "Alpha one", "betas two"]),
        ("?sort=title&order=asc", ["Alpha one", "beta-blocker", "betas", "betas two", "Äther day"]),
        ("?sort=title", ["Äther day", "betas two", "betas", "beta-blocker", "Alpha one"]),
    ] {
        let answer = anyone.get(&format!("/api/posts{query}")).await.expect(200);
        assert_eq!(titles(&answer), expected, "{query}");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let app = App::start().await;
    let names: Vec<String> = (1..=7).map(|n| format!("Post number {n}")).collect();
    write(&app.caller(), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let anyone = app.anonymous();

    let first = anyone.get("/api/posts?limit=3&order=asc").await.expect(200);
    assert_eq!(titles(&first), names[..3]);
    let pagination = &first.json()["pagination"];
    assert_eq!((&pagination["page"], &pagination["limit"]), (&json!(1), &json!(3)));
    assert_eq!((&pagination["total"], &pagination["totalPages"]), (&json!(7), &json!(3)));
    assert_eq!(
        (link(&first, "prev"), link(&first, "last")),
        (None, Some("/api/posts?order=asc&page=3&limit=3".into()))
    );

    let second = anyone.get(&link(&first, "next").unwrap()).await.expect(200);
    assert_eq!(titles(&second), names[3..6]);
    let last = anyone.get(&link(&second, "next").unwrap()).await.expect(200);
    assert_eq!(titles(&last), names[6..]);
    assert_eq!((link(&last, "next"), &last.json()["pagination"]["nextCursor"]), (None, &Value::Null));
    assert_eq!(titles(&anyone.get(&link(&last, "prev").unwrap()).await.expect(200)), names[3..6]);
    assert_eq!(titles(&anyone.get(&link(&last, "first").unwrap()).await.expect(200)), names[..3]);

    let past = anyone.get("/api/posts?page=9&limit=3").await.expect(200);
    assert_eq!(
        (titles(&past).len(), link(&past, "prev")),
        (0, Some("/api/posts?order=desc&page=3&limit=3".into()))
    );
}

#[tokio::test]
async fn a_list_is_read_by_cursor_in_every_order() {
    let app = App::start().await;
    let author = app.caller();
    for n in 1..=7 {
        let body = json!({"title": format!("Same title {n}"), "content": "x", "category": "A&B=c", "published": true});
        author.post("/api/posts", &body).await.expect(201);
    }
    for list in [
        "?",
        "?sort=title&",
        "?category=a%26b%3DC&",
        "?category=A%26B%3Dc&sort=title&order=asc&",
        "?mine=true&",
    ] {
        let whole = titles(&author.get(&format!("/api/posts{list}limit=100")).await.expect(200));
        assert_eq!(whole.len(), 7, "{list}");
        let mut read = Vec::new();
        let mut next = Some(format!("/api/posts{list}limit=2"));
        let mut cursor = String::new();
        while let Some(url) = next {
            let page = author.get(&url).await.expect(200);
            read.extend(titles(&page));
            let body = page.json();
            next = body["pagination"]["nextCursor"].as_str().map(|cursor_text| {
                cursor_text.clone_into(&mut cursor);
                format!("/api/posts{list}limit=2&cursor={cursor_text}")
            });
            if !url.contains("cursor") {
                continue;
            }
            assert_eq!(body["pagination"]["page"], Value::Null, "{page:?}");
            if next.is_some() {
                let linked = author.get(&link(&page, "next").unwrap()).await.expect(200);
                let followed = author.get(next.as_deref().unwrap()).await.expect(200);
                assert_eq!(titles(&linked), titles(&followed), "{list}");
            }
        }
        assert_eq!(read, whole, "{list}");
        // A cursor of one list is refused in another.
        let elsewhere = author.get(&format!("/api/posts?sort=title&order=asc&cursor={cursor}")).await;
        assert_eq!(elsewhere.bad_fields(), ["cursor"], "{list}");
    }
}

#[tokio::test]
async fn a_cursor_holds_its_place_when_items_come_and_go() {
    let app = App::start().await;
    let author = app.caller();
    write(&author, &["Post one", "Post two", "Post three", "Post four"]).await;
    let first = author.get("/api/posts?limit=2").await.expect(200);
    assert_eq!(titles(&first), ["Post four", "Post three"]);
    // The cursor's item is removed, and a newer one is added.
    let id = first.text("/posts/1/id");
    author.delete(&format!("/api/posts/{id}")).await.expect(204);
    write(&author, &["Post five"]).await;
    let cursor = first.text("/pagination/nextCursor");
    let second = author.get(&format!("/api/posts?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(titles(&second), ["Post two", "Post one"]);
}

#[tokio::test]
async fn users_are_listed_newest_first() {
    let app = App::start().await;
    let admin = app.admin();
    for n in 0..12 {
        admin.post("/api/users", &tests::user(&format!("user{n}@example.com"))).await.expect(201);
    }
    let list = admin.get("/api/users").await.expect(200);
    let emails: Vec<String> = (0..10).map(|n| list.text(&format!("/users/{n}/email"))).collect();
    let expected: Vec<String> = (2..12).rev().map(|n| format!("user{n}@example.com")).collect();
    assert_eq!(emails, expected);
    // The oldest is the admin.
    let rest = admin.get(&link(&list, "next").unwrap()).await.expect(200);
    assert_eq!(rest.text("/users/1/email"), "user0@example.com");
}

#[tokio::test]
async fn a_page_that_can_not_be_is_refused() {
    let app = App::start().await;
    for resource in app.resources() {
        for (query, fields) in [
            ("page=0", vec!["page"]),
            ("page=-1", vec!["page"]),
            ("page=two", vec!["page"]),
            ("page=1.5", vec!["page"]),
            ("page=99999999999999999999", vec!["page"]),
            ("limit=0", vec!["limit"]),
            ("limit=101", vec!["limit"]),
            ("limit=-5", vec!["limit"]),
            ("limit=all", vec!["limit"]),
            ("page=x&limit=y", vec!["limit", "page"]),
            ("page=1&page=2", vec!["page"]),
            ("page=1&cursor=AAAA", vec!["cursor"]),
            ("page=2&cursor=AAAA", vec!["cursor"]),
            ("cursor=AAAA", vec!["cursor"]),
            ("cursor=%00%ff", vec!["cursor"]),
        ] {
            let answer = resource.client.get(&format!("{}?{query}", resource.path())).await;
            assert_eq!(answer.bad_fields(), fields, "{query}");
        }
        // Empty and unknown parameters are ignored.
        let empty = format!("{}?page=&limit=&utm_source=x", resource.path());
        resource.client.get(&empty).await.expect(200);
    }
}

#[tokio::test]
async fn a_list_of_posts_that_can_not_be_is_refused() {
    let app = App::start().await;
    let anyone = app.anonymous();
    for (query, fields) in [
        ("page=x&limit=y&sort=size&order=up", vec!["limit", "order", "page", "sort"]),
        ("mine=maybe", vec!["mine"]),
        (&format!("category={}", "x".repeat(51)), vec!["category"]),
    ] {
        let answer = anyone.get(&format!("/api/posts?{query}")).await;
        assert_eq!(answer.bad_fields(), fields, "{query}");
    }
    let caller = app.caller();
    assert_eq!(
        caller.get("/api/posts?mine=true&category=x&sort=title").await.bad_fields(),
        ["category", "sort"]
    );
    anyone.get("/api/posts?mine=true").await.expect_error(401, "missing_token");
    anyone.get("/api/posts?sort=&category=").await.expect(200);
}

/// Returns each GET operation without path variables that has defaults in openapi.json: its path with the required
/// parameters, and the defaults.
fn defaults() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| !path.contains('{'));
    let query = |parameters: &[Value], name: &str| -> String {
        let values =
            parameters.iter().filter_map(|one| Some((one, one["schema"].get(name).or(one.get(name))?)));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = values.map(|(one, value)| format!("&{}={}", one["name"].as_str().unwrap(), text(value)));
        pairs.collect::<Vec<_>>().concat()
    };
    paths
        .filter_map(|(path, item)| {
            let parameters = item["get"]["parameters"].as_array()?;
            let (required, optional): (Vec<_>, Vec<_>) =
                parameters.iter().cloned().partition(|parameter| parameter["required"] == true);
            let defaults = query(&optional, "default");
            (!defaults.is_empty()).then(|| (format!("{path}?{}", query(&required, "example")), defaults))
        })
        .collect()
}

#[tokio::test]
async fn a_client_that_sends_the_defaults_gets_what_others_get() {
    let app = App::start().await;
    let caller = app.admin();
    for resource in app.resources() {
        for _ in 0..2 {
            resource.create().await.expect(201);
        }
    }
    let defaults = defaults();
    assert!(!defaults.is_empty(), "openapi.json has defaults");
    for (url, defaults) in &defaults {
        let without = caller.get(url).await.expect(200);
        assert_eq!(
            caller.get(&format!("{url}{defaults}")).await.expect(200).json(),
            without.json(),
            "{url}{defaults}"
        );
    }
    // A cursor replaces a page number that the client sends, but not the default page.
    for resource in app.resources() {
        let page = |query: &str| resource.client.get(&format!("{}?limit=1{query}", resource.path()));
        let cursor = page("").await.text("/pagination/nextCursor");
        let second = page(&format!("&page=1&cursor={cursor}")).await.expect(200);
        assert_eq!(second.json(), page(&format!("&cursor={cursor}")).await.json());
        assert_eq!(second.json()["pagination"]["page"], json!(null));
    }
}

#[tokio::test]
async fn a_page_past_ten_thousand_items_points_to_the_cursor() {
    let app = App::start().await;
    for resource in app.resources() {
        let page = |query: &str| resource.client.get(&format!("{}?{query}", resource.path()));
        page("page=1001").await.expect(200);
        let refused = page("page=1002").await;
        assert_eq!(refused.bad_fields(), ["page"]);
        assert!(refused.text("/error").contains("cursor"), "{refused:?}");
        assert_eq!(page("page=4294967295&limit=100").await.bad_fields(), ["page"]);
    }
}
