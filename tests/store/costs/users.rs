//! Users.

use shared::domain::{Role, Start, UserAttributes};
use shared::store::Outbox;
use tests::App;
use tokio::try_join;

use super::row::{Row, measure};

pub(super) async fn rows() -> Vec<Row> {
    let app = App::start().await;
    let users = app.users();
    let attributes = UserAttributes {
        email: "ada@example.com".parse().unwrap(),
        name: Some("Ada Lovelace".parse().unwrap()),
        role: Role::User,
    };
    let moved = UserAttributes { email: "lovelace@example.com".parse().unwrap(), ..attributes.clone() };
    let (user, create) =
        measure("POST /api/users", (1, 0.0, 8.0), users.create(attributes, Outbox::CLOSED, None)).await;
    let (user, _) = user.into_parts();
    let (_, get) = measure("GET /api/users/{id}", (1, 0.5, 0.0), users.get(user.id)).await;
    let (_, list) = measure("GET /api/users", (2, 1.5, 0.0), async {
        try_join!(users.list(&Start::Offset(0), 10), users.count())
    })
    .await;
    let (user, update) = measure("PATCH /api/users/{id}, another e-mail", (3, 2.0, 8.0), async {
        let user = users.get_latest(user.id).await?.unwrap();
        users.replace(&user, moved, Outbox::CLOSED).await
    })
    .await;
    let ((), delete) = measure("DELETE /api/users/{id}", (2, 1.0, 8.0), async {
        let user = users.get_latest(user.id).await?.unwrap();
        users.delete(&user).await
    })
    .await;
    vec![create, get, list, update, delete]
}
