use serde_json::json;
use tests::{App, user};

#[tokio::test]
async fn an_admin_adds_a_user_and_finds_it() {
    let app = App::start().await;
    let created = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let id = created.text("/id");
    assert_eq!(created.header("location"), format!("/api/users/{id}"));
    let body = created.json();
    assert_eq!(
        (&body["email"], &body["name"], &body["role"]),
        (&json!("ada@example.com"), &json!("Ada"), &json!("user"))
    );

    let found = app.admin().get(created.header("location")).await.expect(200);
    assert_eq!(found.json(), body);
}

#[tokio::test]
async fn only_an_admin_adds_users() {
    let app = App::start().await;
    app.anonymous().post("/api/users", &user("ada@example.com")).await.expect_error(401, "missing_token");
    app.caller().post("/api/users", &user("ada@example.com")).await.expect_error(403, "forbidden");
    assert_eq!(app.users().count().await.unwrap(), 0);
}

#[tokio::test]
async fn an_address_is_one_user_whatever_its_case_and_composition() {
    let app = App::without_mail().await;
    let admin = app.admin();
    admin.post("/api/users", &user("zoë@example.com")).await.expect(201);
    for same in ["ZOË@Example.com", "zoe\u{308}@example.com", " zoë@example.com "] {
        admin.post("/api/users", &user(same)).await.expect_error(409, "email_taken");
    }
    admin.post("/api/users", &user("zoe@example.com")).await.expect(201);
}

#[tokio::test]
async fn of_many_who_want_one_address_at_once_one_gets_it() {
    let app = App::start().await;
    let admin = app.admin();
    let ada = user("ada@example.com");
    let answers =
        futures_util::future::join_all((0..100).map(async |_| admin.post("/api/users", &ada).await)).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let taken = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((created, taken), (1, 99), "{answers:?}");
    assert_eq!(app.users().count().await.unwrap(), 2, "the admin and Ada");
}

#[tokio::test]
async fn the_address_and_the_role_are_shown_to_the_user_and_admins_only() {
    let app = App::start().await;
    let created = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let (id, url) = (created.text("/id"), created.header("location").to_owned());
    let other = app.admin().post("/api/users", &user("eve@example.com")).await.expect(201).text("/id");
    let demoted = app.admin_with_id(other.parse().unwrap());
    for (client, sees) in
        [(app.user(&id), true), (app.admin(), true), (app.caller(), false), (demoted, false)]
    {
        let one = client.get(&url).await.expect(200).json();
        assert_eq!((one.get("email").is_some(), one.get("role").is_some()), (sees, sees), "{one}");
        assert_eq!(one["name"], "Ada");
    }
    app.anonymous().get(&url).await.expect_error(401, "missing_token");
}

#[tokio::test]
async fn only_an_admin_lists_users() {
    let app = App::start().await;
    let id = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201).text("/id");
    let all = app.admin().get("/api/users").await.expect(200);
    assert_eq!(
        (all.text("/users/0/email"), all.text("/users/0/role")),
        ("ada@example.com".into(), "user".into())
    );
    for client in [app.user(&id), app.caller()] {
        client.get("/api/users").await.expect_error(403, "forbidden");
    }
    app.anonymous().get("/api/users").await.expect_error(401, "missing_token");
}

#[tokio::test]
async fn a_user_changes_what_is_theirs_and_nobody_elses() {
    let app = App::without_mail().await;
    let created = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let (id, url) = (created.text("/id"), created.header("location").to_owned());
    let ada = app.user(&id);

    let replaced = ada.put(&url, &json!({"email": "lovelace@example.com"})).await.expect(200).json();
    assert_eq!((&replaced["email"], &replaced["name"]), (&json!("lovelace@example.com"), &json!(null)));
    let patched = ada.patch(&url, &json!({"name": "Countess"})).await.expect(200).json();
    assert_eq!((&patched["email"], &patched["name"]), (&json!("lovelace@example.com"), &json!("Countess")));
    let removed = ada.patch(&url, &json!({"name": null})).await.expect(200).json();
    assert_eq!(removed["name"], json!(null));

    let other = app.caller();
    other.put(&url, &user("mine@example.com")).await.expect_error(403, "forbidden");
    other.patch(&url, &json!({"name": "Mallory"})).await.expect_error(403, "forbidden");
    other.delete(&url).await.expect_error(403, "forbidden");
    assert_eq!(ada.get(&url).await.expect(200).json(), removed);
}

#[tokio::test]
async fn a_role_is_set_by_admins_only() {
    let app = App::start().await;
    let created = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    let (id, url) = (created.text("/id"), created.header("location").to_owned());
    let ada = app.user(&id);
    ada.patch(&url, &json!({"role": "admin"})).await.expect_error(403, "forbidden");
    ada.put(&url, &json!({"email": "ada@example.com", "role": "admin"})).await.expect_error(403, "forbidden");
    let promoted = app.admin().patch(&url, &json!({"role": "admin"})).await.expect(200);
    assert_eq!(promoted.text("/role"), "admin");
    // A replacement without a role keeps the role.
    let replaced = ada.put(&url, &json!({"email": "ada@example.com"})).await.expect(200);
    assert_eq!(replaced.text("/role"), "admin");
}

#[tokio::test]
async fn a_changed_address_frees_the_old_one_and_takes_the_new() {
    let app = App::without_mail().await;
    let admin = app.admin();
    let url =
        admin.post("/api/users", &user("old@example.com")).await.expect(201).header("location").to_owned();
    admin.post("/api/users", &user("taken@example.com")).await.expect(201);
    admin.patch(&url, &json!({"email": "taken@example.com"})).await.expect_error(409, "email_taken");
    admin.patch(&url, &json!({"email": "new@example.com"})).await.expect(200);
    admin.post("/api/users", &user("old@example.com")).await.expect(201);
    admin.post("/api/users", &user("new@example.com")).await.expect_error(409, "email_taken");
    // Addresses that differ only in case are equal.
    let shouted = admin.patch(&url, &json!({"email": "NEW@example.com"})).await.expect(200);
    assert_eq!(shouted.text("/email"), "NEW@example.com");
}

#[tokio::test]
async fn a_removed_user_leaves_nothing_behind() {
    let app = App::start().await;
    let admin = app.admin();
    let created = admin.post("/api/users", &user("ada@example.com")).await.expect(201);
    let url = created.header("location").to_owned();
    app.user(&created.text("/id")).delete(&url).await.expect(204);
    admin.get(&url).await.expect_error(404, "not_found");
    admin.delete(&url).await.expect_error(404, "not_found");
    assert_eq!(admin.get("/api/users").await.expect(200).json()["pagination"]["total"], 1, "the admin");
    admin.post("/api/users", &user("ada@example.com")).await.expect(201);
}

#[tokio::test]
async fn what_is_no_id_of_a_user_is_no_user() {
    let app = App::start().await;
    let admin = app.admin();
    let caller = app.caller();
    // A caller without an account has an id that is no user's.
    for id in [caller.id(), "1", "undefined", "0", "%20", "USER", &caller.id().to_uppercase()] {
        let error = admin.get(&format!("/api/users/{id}")).await.expect_error(404, "not_found");
        assert_eq!(error["error"], "User not found", "{id}");
    }
}
