//! `cargo xtask fsck`, as an operator uses it.

use serde_json::{Value, json};
use tests::{App, Process, fsck, post, user};

#[tokio::test]
async fn its_exit_code_says_whether_the_table_is_whole() {
    let app = App::start().await;
    app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let (table, endpoint) = (app.stack.table_name().to_owned(), app.stack.dynamodb_url());
    let target = ["--table", &table, "--endpoint", &endpoint];
    let repair = [target.as_slice(), &["--repair"]].concat();

    let whole = fsck(&target).await.expect(0);
    assert!(whole.printed.contains("\n0 damaged") && whole.printed.contains("2 USER"), "{}", whole.printed);

    let key = json!({"pk": {"S": "EMAIL#ada@example.com"}, "sk": {"S": "EMAIL"}});
    let request = json!({"TableName": table, "Key": key});
    app.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    let damaged = fsck(&target).await.expect(1);
    assert!(
        damaged.printed.starts_with("missing EMAIL#ada@example.com EMAIL: belongs to USER#"),
        "{}",
        damaged.printed
    );

    let mended = fsck(&repair).await.expect(3);
    assert!(mended.printed.contains(" (mended)\n"), "{}", mended.printed);
    fsck(&repair).await.expect(0);
    app.admin().post("/api/users", &user("ada@example.com")).await.expect_error(409, "email_taken");
}

#[tokio::test]
async fn a_draft_of_earlier_versions_gives_its_title_back() {
    let app = App::start().await;
    let author = app.caller();
    let draft =
        author.post("/api/posts", &json!({"title": "On engines", "content": "Soon."})).await.expect(201);
    let (table, endpoint) = (app.stack.table_name().to_owned(), app.stack.dynamodb_url());
    let item =
        json!({"pk": {"S": "TITLE#on engines"}, "sk": {"S": "TITLE"}, "postId": {"S": draft.text("/id")}});
    let request = json!({"TableName": table, "Item": item});
    app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
    app.caller().post("/api/posts", &post("On engines")).await.expect_error(409, "title_taken");

    let mended = fsck(&["--table", &table, "--endpoint", &endpoint, "--repair"]).await.expect(3);
    assert!(mended.printed.starts_with("orphan TITLE#on engines TITLE: "), "{}", mended.printed);
    author.patch(draft.header("location"), &json!({"published": true})).await.expect(200);
}

#[tokio::test]
async fn a_counter_is_left_beside_an_item_that_is_unknown() {
    let app = App::start().await;
    app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let (table, endpoint) = (app.stack.table_name().to_owned(), app.stack.dynamodb_url());
    let repair = ["--table", &table, "--endpoint", &endpoint, "--repair"];
    let database = app.stack.dynamodb().database();
    let put = |item: &Value| {
        let request = json!({"TableName": table, "Item": item});
        database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    };
    let mut counter =
        app.items().into_iter().find(|item| item["pk"]["S"] == "COUNT#USERS").expect("users are counted");
    // The admin can be counted in the same shard.
    let right = counter["n"]["N"].as_str().unwrap().to_owned();
    counter["n"] = json!({"N": "5"});
    put(&counter);
    let unknown = json!({"pk": {"S": "UNKNOWN#1"}, "sk": {"S": "UNKNOWN"}});
    put(&unknown);

    let refused = fsck(&repair).await.expect(1);
    for line in [
        "unknown UNKNOWN#1 UNKNOWN: no store writes such a key (left: ".to_owned(),
        format!(
            "is 5, should be {right} (left: it may count an item that is listed as unknown or unreadable)\n"
        ),
    ] {
        assert!(refused.printed.contains(&line), "{}", refused.printed);
    }
    assert!(app.items().contains(&counter));

    let request = json!({"TableName": table, "Key": unknown});
    database.delete_item(serde_json::from_value(request).unwrap()).unwrap();
    fsck(&repair).await.expect(3);
    fsck(&repair).await.expect(0);
}

#[tokio::test]
async fn local_data_is_looked_over_whether_it_is_served_or_not() {
    let data = tempfile::tempdir().unwrap();
    let target = ["--data-dir", data.path().to_str().unwrap()];
    let process = Process::start(data.path()).await;
    process.admin().await.post("/api/users", &user("ada@example.com")).await.expect(201);
    let served = fsck(&target).await.expect(0);
    process.kill().await;
    let opened = fsck(&target).await.expect(0);
    for found in [served, opened] {
        assert!(found.printed.contains("2 USER"), "{}", found.printed);
    }
}

#[tokio::test]
async fn a_table_that_can_not_be_looked_at_is_another_exit_code() {
    let app = App::start().await;
    let endpoint = app.stack.dynamodb_url();
    let nowhere = tempfile::tempdir().unwrap().path().to_str().unwrap().to_owned();
    for target in [["--table", "other", "--endpoint", &endpoint].as_slice(), &["--data-dir", &nowhere]] {
        let failed = fsck(target).await.expect(2);
        assert_eq!(failed.printed, "", "{target:?}");
    }
}
