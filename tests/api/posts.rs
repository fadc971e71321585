use serde_json::{Value, json};
use tests::{App, post};

async fn listed(app: &App, query: &str) -> Vec<Value> {
    let list = app.anonymous().get(&format!("/api/posts{query}")).await.expect(200).json();
    list["posts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_caller_writes_a_post_and_everybody_reads_it() {
    let app = App::start().await;
    let author = app.caller();
    let created = author
        .post("/api/posts", &json!({"title": "On engines", "content": "They\n weave.", "category": "Tech", "published": true}))
        .await
        .expect(201);
    let body = created.json();
    assert_eq!(created.header("location"), format!("/api/posts/{}", created.text("/id")));
    assert_eq!(body["authorId"], author.id());
    assert_eq!((&body["content"], &body["category"]), (&json!("They\n weave."), &json!("Tech")));
    assert_eq!(app.anonymous().get(created.header("location")).await.expect(200).json(), body);

    let summary = &listed(&app, "").await[0];
    assert_eq!((&summary["id"], &summary["excerpt"]), (&body["id"], &json!("They weave.")));
    assert_eq!(summary.get("content"), None);
}

#[tokio::test]
async fn without_a_token_nothing_is_written() {
    let app = App::start().await;
    let refused = app.anonymous().post("/api/posts", &post("Nobody's post")).await;
    refused.expect_error(401, "missing_token");
    assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="api""#);
    assert_eq!(listed(&app, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_draft_is_seen_by_its_author_and_admins_only() {
    let app = App::start().await;
    let author = app.caller();
    let draft = json!({"title": "Not yet ready", "content": "Soon."});
    let created = author.post("/api/posts", &draft).await.expect(201);
    assert_eq!(created.json()["published"], false);
    let url = created.header("location");
    author.get(url).await.expect(200);
    app.admin().get(url).await.expect(200);
    app.anonymous().get(url).await.expect_error(404, "not_found");
    let other = app.caller();
    other.get(url).await.expect_error(404, "not_found");
    other.put(url, &draft).await.expect_error(404, "not_found");
    other.patch(url, &json!({"published": true})).await.expect_error(404, "not_found");
    other.delete(url).await.expect_error(404, "not_found");
    assert_eq!(listed(&app, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_published_post_is_changed_by_its_author_and_admins_only() {
    let app = App::start().await;
    let author = app.caller();
    let url = author.post("/api/posts", &post("On engines")).await.expect(201).header("location").to_owned();
    let other = app.caller();
    other.put(&url, &post("Mine now")).await.expect_error(403, "forbidden");
    other.patch(&url, &json!({"title": "Mine now"})).await.expect_error(403, "forbidden");
    other.delete(&url).await.expect_error(403, "forbidden");
    app.anonymous().delete(&url).await.expect_error(401, "missing_token");
    let changed = app.admin().patch(&url, &json!({"title": "On all engines"})).await.expect(200).json();
    assert_eq!((&changed["title"], &changed["authorId"]), (&json!("On all engines"), &json!(author.id())));
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_and_null_removes() {
    let app = App::start().await;
    let author = app.caller();
    let body = json!({"title": "On engines", "content": "One.", "category": "Tech", "published": true});
    let url = author.post("/api/posts", &body).await.expect(201).header("location").to_owned();
    let changed = author.patch(&url, &json!({"content": "Two.", "category": null})).await.expect(200).json();
    assert_eq!(
        (&changed["title"], &changed["content"], &changed["category"], &changed["published"]),
        (&json!("On engines"), &json!("Two."), &json!(null), &json!(true))
    );
    assert_eq!(
        author.patch(&url, &json!({"title": null, "published": null})).await.bad_fields(),
        ["published", "title"]
    );
    assert_eq!(author.patch(&url, &json!({})).await.expect(200).json(), changed);
}

#[tokio::test]
async fn a_replacement_removes_what_it_does_not_name() {
    let app = App::start().await;
    let author = app.caller();
    let body = json!({"title": "On engines", "content": "One.", "category": "Tech", "published": true});
    let url = author.post("/api/posts", &body).await.expect(201).header("location").to_owned();
    let replaced =
        author.put(&url, &json!({"title": "On engines", "content": "Two."})).await.expect(200).json();
    assert_eq!((&replaced["category"], &replaced["published"]), (&json!(null), &json!(false)));
}

#[tokio::test]
async fn a_title_is_one_post_whatever_its_case_and_spacing() {
    let app = App::start().await;
    let author = app.caller();
    author.post("/api/posts", &post("Straße der Maschinen")).await.expect(201);
    for same in ["STRASSE DER MASCHINEN", "  straße  der maschinen "] {
        let taken = app.caller().post("/api/posts", &post(same)).await;
        assert_eq!(taken.expect_error(409, "title_taken")["error"], "Post with this title already exists");
    }
    let url =
        author.post("/api/posts", &post("Another title")).await.expect(201).header("location").to_owned();
    author.patch(&url, &json!({"title": "straße der maschinen"})).await.expect_error(409, "title_taken");
    author.patch(&url, &json!({"title": "ANOTHER title"})).await.expect(200);
}

#[tokio::test]
async fn a_title_is_taken_by_published_posts_alone() {
    let app = App::start().await;
    let (author, other) = (app.caller(), app.caller());
    let draft = json!({"title": "The secret plan", "content": "Soon."});
    let url = author.post("/api/posts", &draft).await.expect(201).header("location").to_owned();
    // Nobody learns that there is a draft with this title.
    other.post("/api/posts", &draft).await.expect(201);
    let published = other.post("/api/posts", &post("The Secret Plan")).await.expect(201);
    author.put(&url, &draft).await.expect(200);
    author.patch(&url, &json!({"content": "Now."})).await.expect(200);
    author.patch(&url, &json!({"published": true})).await.expect_error(409, "title_taken");
    author.put(&url, &post("The secret plan")).await.expect_error(409, "title_taken");
    assert_eq!(author.get(&url).await.expect(200).json()["published"], false);

    other.patch(published.header("location"), &json!({"published": false})).await.expect(200);
    author.patch(&url, &json!({"published": true})).await.expect(200);
    let again = json!({"published": true});
    other.patch(published.header("location"), &again).await.expect_error(409, "title_taken");
}

#[tokio::test]
async fn of_many_who_want_one_title_at_once_one_gets_it() {
    let app = App::start().await;
    let author = app.caller();
    let wanted = post("The only one");
    let answers =
        futures_util::future::join_all((0..50).map(async |_| author.post("/api/posts", &wanted).await)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 49, "{answers:?}");
    assert_eq!(listed(&app, "").await.len(), 1);
}

#[tokio::test]
async fn a_removed_post_leaves_nothing_behind() {
    let app = App::start().await;
    let author = app.caller();
    let body = json!({"title": "On engines", "content": "One.", "category": "Tech", "published": true});
    let url = author.post("/api/posts", &body).await.expect(201).header("location").to_owned();
    author.delete(&url).await.expect(204);
    author.get(&url).await.expect_error(404, "not_found");
    for query in ["", "?sort=title", "?category=tech", "?category=tech&sort=title"] {
        assert_eq!(listed(&app, query).await, Vec::<Value>::new(), "{query}");
    }
    author.post("/api/posts", &body).await.expect(201);
}

#[tokio::test]
async fn lists_and_totals_follow_what_becomes_of_a_post() {
    let app = App::start().await;
    let author = app.caller();
    let body = json!({"title": "On engines", "content": "One.", "category": "Tech"});
    let url = author.post("/api/posts", &body).await.expect(201).header("location").to_owned();
    let totals = async || {
        let mut totals = Vec::new();
        for query in ["", "?category=TECH", "?category=art", "?mine=true"] {
            let list = author.get(&format!("/api/posts{query}")).await.expect(200).json();
            let total = list["pagination"]["total"].as_u64().unwrap();
            assert_eq!(list["posts"].as_array().unwrap().len() as u64, total, "{list}");
            totals.push(total);
        }
        totals
    };
    assert_eq!(totals().await, [0, 0, 0, 1]);
    author.patch(&url, &json!({"published": true})).await.expect(200);
    assert_eq!(totals().await, [1, 1, 0, 1]);
    author.patch(&url, &json!({"category": "Art"})).await.expect(200);
    assert_eq!(totals().await, [1, 0, 1, 1]);
    author.patch(&url, &json!({"category": null})).await.expect(200);
    assert_eq!(totals().await, [1, 0, 0, 1]);
    author.patch(&url, &json!({"published": false, "category": "Tech"})).await.expect(200);
    assert_eq!(totals().await, [0, 0, 0, 1]);
    author.delete(&url).await.expect(204);
    assert_eq!(totals().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let app = App::start().await;
    let author = app.caller();
    let url = author.post("/api/posts", &post("On engines")).await.expect(201).header("location").to_owned();
    let (content, category) = (json!({"content": "Changed."}), json!({"category": "Changed"}));
    let (first, second) = tokio::join!(async { author.patch(&url, &content).await.expect(200) }, async {
        author.patch(&url, &category).await.expect(200)
    },);
    let now = author.get(&url).await.expect(200).json();
    assert_eq!(
        (&now["content"], &now["category"]),
        (&json!("Changed."), &json!("Changed")),
        "{first:?} {second:?}"
    );
}

#[tokio::test]
async fn fields_that_are_not_the_clients_to_set_are_refused() {
    let app = App::start().await;
    let author = app.caller();
    for field in ["id", "authorId", "version", "createdAt", "updatedAt", "excerpt", "pk", "sk", "gsi1pk"] {
        let mut body = post("On engines");
        body[field] = json!("01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f");
        assert_eq!(author.post("/api/posts", &body).await.bad_fields(), [field]);
    }
    for field in ["id", "version", "passwordHash", "createdAt"] {
        let mut body = tests::user("ada@example.com");
        body[field] = json!("1");
        assert_eq!(app.admin().post("/api/users", &body).await.bad_fields(), [field]);
    }
}
