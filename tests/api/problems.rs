use serde_json::{Value, json};
use tests::{App, problem};

#[tokio::test]
async fn a_caller_poses_a_problem_and_everybody_reads_it() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let body = json!({"name": " Two Sum ", "description": "Find\n two.", "difficulty": "medium"});
    let created = author.post(collection, &body).await.expect(201);
    let shown = created.json();
    assert_eq!(created.header("location"), format!("{collection}/{}", created.text("/id")));
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(
        (&shown["name"], &shown["description"], &shown["difficulty"], &shown["authorId"]),
        (&json!("Two Sum"), &json!("Find\n two."), &json!("medium"), &json!(author.id()))
    );
    assert_eq!(app.anonymous().get(created.header("location")).await.expect(200).json(), shown);

    let list = app.anonymous().get(collection).await.expect(200).json();
    let mut summary = shown;
    summary.as_object_mut().unwrap().remove("description");
    assert_eq!(list["problems"], json!([summary]));
    assert_eq!(
        list["pagination"],
        json!({"page": 1, "limit": 10, "total": 1, "totalPages": 1, "nextCursor": null})
    );
}

#[tokio::test]
async fn a_problem_needs_a_name_and_a_difficulty_and_names_may_be_the_same() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let created = author.post(collection, &problem("Two Sum")).await.expect(201).json();
    assert_eq!(created["description"], Value::Null);
    author.post(collection, &problem("Two Sum")).await.expect(201);
    app.anonymous().post(collection, &problem("Two Sum")).await.expect_error(401, "missing_token");
    let list = app.anonymous().get(collection).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 2);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let long = json!({"name": "x".repeat(91), "description": "x".repeat(10_001), "difficulty": "easy"});
    for (body, fields) in [
        (json!({}), vec!["difficulty", "name"]),
        (json!({"name": null, "difficulty": null}), vec!["difficulty", "name"]),
        (
            json!({"name": 1, "description": [], "difficulty": "Easy"}),
            vec!["description", "difficulty", "name"],
        ),
        (
            json!({"name": " ", "description": " \n", "difficulty": ""}),
            vec!["description", "difficulty", "name"],
        ),
        (
            json!({"name": "a\u{0}b", "description": "\u{7}", "difficulty": "easy"}),
            vec!["description", "name"],
        ),
        (long, vec!["description", "name"]),
    ] {
        assert_eq!(author.post(collection, &body).await.bad_fields(), fields, "{body}");
    }
    for field in ["id", "authorId", "version", "createdAt", "updatedAt", "pk", "sk", "gsi1pk"] {
        let mut body = problem("Two Sum");
        body[field] = json!("01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f");
        assert_eq!(author.post(collection, &body).await.bad_fields(), [field]);
    }
    let list = app.anonymous().get(collection).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 0);
}

#[tokio::test]
async fn lengths_count_characters_up_to_the_limit() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let different: String = (0x20000..0x20000 + 90).filter_map(char::from_u32).collect();
    for name in ["𝄞".repeat(90), "e\u{301}".repeat(90), "ﬃ".repeat(90), different, "x".to_owned()] {
        let body = json!({"name": name, "description": "é".repeat(10_000), "difficulty": "hard"});
        let created = author.post(collection, &body).await.expect(201);
        let shown = app.anonymous().get(created.header("location")).await.expect(200).json();
        assert_eq!(shown["description"], body["description"]);
    }
}

#[tokio::test]
async fn problems_are_listed_newest_first_page_by_page() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    for n in 1..=7 {
        author.post(collection, &problem(&format!("Problem {n}"))).await.expect(201);
    }
    let names = |list: &Value| -> Vec<String> {
        let problems = list["problems"].as_array().unwrap();
        problems.iter().map(|problem| problem["name"].as_str().unwrap().to_owned()).collect()
    };
    let anyone = app.anonymous();
    let whole = names(&anyone.get(collection).await.expect(200).json());
    assert_eq!(whole, (1..=7).rev().map(|n| format!("Problem {n}")).collect::<Vec<_>>());
    let second = anyone.get(&format!("{collection}?page=2&limit=3")).await.expect(200);
    assert_eq!(names(&second.json()), whole[3..6]);
    assert!(
        second.header("link").contains(&format!("<{collection}?page=3&limit=3>; rel=\"last\"")),
        "{second:?}"
    );
    let cursor = second.text("/pagination/nextCursor");
    let third = anyone.get(&format!("{collection}?limit=3&cursor={cursor}")).await.expect(200).json();
    assert_eq!((names(&third), &third["pagination"]["total"]), (whole[6..].to_vec(), &json!(7)));
    assert_eq!(anyone.get(&format!("/api/posts?cursor={cursor}")).await.bad_fields(), ["cursor"]);
    assert_eq!(anyone.get(&format!("{collection}?page=1002&limit=x")).await.bad_fields(), ["limit", "page"]);
}

#[tokio::test]
async fn a_problem_that_is_sent_again_under_its_key_is_there_once() {
    let app = App::start().await;
    let collection = "/api/problems";
    let author = app.caller();
    let send = async |body: &Value| author.post(collection, body).header("idempotency-key", "k-1").await;
    let first = send(&problem("Two Sum")).await.expect(201);
    let again = send(&problem("Two Sum")).await.expect(201);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    send(&problem("Three Sum")).await.expect_error(422, "idempotency_key_reused");
    let list = app.anonymous().get(collection).await.expect(200).json();
    assert_eq!(list["pagination"]["total"], 1);
}
