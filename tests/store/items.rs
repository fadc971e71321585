//! The items that the table holds after typical requests.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::clock::Clock;
use shared::domain::{PasswordHash, PostAttributes, Role, UserAttributes, UserId};
use shared::random::Random;
use shared::store::{Outbox, RefreshFamilies};
use tests::App;

/// Returns every item's partition key, with the count of each counter that is not zero.
fn items(app: &App) -> BTreeMap<String, i64> {
    let mut items = BTreeMap::new();
    for item in app.items() {
        let pk = item["pk"]["S"].as_str().unwrap().to_owned();
        let n = item.pointer("/n/N").and_then(Value::as_str).map_or(1, |n| n.parse().unwrap());
        *items.entry(pk).or_default() += n;
    }
    items.retain(|pk, n| !(pk.starts_with("COUNT#") && *n == 0));
    items
}

fn post(title: &str) -> PostAttributes {
    PostAttributes {
        title: title.parse().unwrap(),
        content: "Content.".parse().unwrap(),
        category: Some("Tech".parse().unwrap()),
        published: true,
    }
}

#[tokio::test]
async fn a_post_has_its_items_and_takes_all_of_them_along() {
    let app = App::start().await;
    let posts = app.posts();
    let author: UserId = app.caller().id().parse().unwrap();
    let created = posts.create(author, post("On Engines"), None).await.unwrap().into_parts().0;
    let expected: BTreeMap<String, i64> = [
        (format!("COUNT#AUTHOR#{author}"), 1),
        ("COUNT#POSTS".to_owned(), 1),
        ("COUNT#POSTS#tech".to_owned(), 1),
        (format!("POST#{}", created.id), 1),
        ("TITLE#on engines".to_owned(), 1),
    ]
    .into();
    assert_eq!(items(&app), expected);

    let hidden = PostAttributes {
        published: false,
        category: None,
        title: "On Looms".parse().unwrap(),
        ..post("On Looms")
    };
    let changed = posts.replace(&created, hidden).await.unwrap();
    let expected: BTreeMap<String, i64> =
        [(format!("COUNT#AUTHOR#{author}"), 1), (format!("POST#{}", created.id), 1)].into();
    assert_eq!(items(&app), expected);

    posts.delete(&changed).await.unwrap();
    assert_eq!(items(&app), BTreeMap::new());
}

#[tokio::test]
async fn a_user_has_its_items_and_takes_all_of_them_along() {
    let app = App::start().await;
    let users = app.users();
    let attributes =
        |email: &str| UserAttributes { email: email.parse().unwrap(), name: None, role: Role::User };
    let created =
        users.create(attributes("Ada@example.com"), Outbox::CLOSED, None).await.unwrap().into_parts().0;
    let with_email = |email: &str| -> BTreeMap<String, i64> {
        [("COUNT#USERS".to_owned(), 1), (format!("EMAIL#{email}"), 1), (format!("USER#{}", created.id), 1)]
            .into()
    };
    assert_eq!(items(&app), with_email("ada@example.com"));
    let changed = users.replace(&created, attributes("lovelace@example.com"), Outbox::CLOSED).await.unwrap();
    assert_eq!(items(&app), with_email("lovelace@example.com"));
    users.delete(&changed).await.unwrap();
    assert_eq!(items(&app), BTreeMap::new());
}

#[tokio::test]
async fn a_refused_write_leaves_the_table_as_it_was() {
    let app = App::start().await;
    let (posts, author) = (app.posts(), app.caller().id().parse().unwrap());
    let first = posts.create(author, post("On Engines"), None).await.unwrap().into_parts().0;
    let second = posts.create(author, post("On Looms"), None).await.unwrap().into_parts().0;
    let before = items(&app);
    posts.create(author, post("on engines"), None).await.unwrap_err();
    posts.replace(&second, post("ON ENGINES")).await.unwrap_err();
    let stale = first.clone();
    posts.replace(&first, PostAttributes { published: false, ..post("On Engines") }).await.unwrap();
    let after_hiding = items(&app);
    posts.replace(&stale, post("On Clocks")).await.unwrap_err();
    posts.delete(&stale).await.unwrap_err();
    assert_eq!(items(&app), after_hiding);
    assert_eq!((before["COUNT#POSTS"], after_hiding["COUNT#POSTS"]), (2, 1));
}

#[tokio::test]
async fn a_registration_has_its_items_and_a_refused_one_has_none() {
    let app = App::start().await;
    let (users, families) =
        (app.users(), RefreshFamilies::new(app.table(), Clock::system(), Random::system()));
    let attributes =
        || UserAttributes { email: "ada@example.com".parse().unwrap(), name: None, role: Role::User };
    let hash = || PasswordHash::from_phc("$argon2id$".to_owned());
    let id = families.new_id();
    let (user, _) = users
        .register_signed_in(attributes(), hash(), (id, None), Outbox::CLOSED, None)
        .await
        .unwrap()
        .into_parts();
    let expected: BTreeMap<String, i64> = [
        ("COUNT#USERS".to_owned(), 1),
        ("EMAIL#ada@example.com".to_owned(), 1),
        (format!("SESSIONS#{}", user.id), 1),
        (format!("USER#{}", user.id), 1),
    ]
    .into();
    assert_eq!(items(&app), expected);
    users
        .register_signed_in(attributes(), hash(), (families.new_id(), None), Outbox::CLOSED, None)
        .await
        .unwrap_err();
    assert_eq!(items(&app), expected);
}
