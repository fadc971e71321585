//! Users, their sessions and their rate limits.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{Role, User, UserAttributes};
use shared::http::{QuotaPolicy, RateLimits, Scale};
use shared::random::Random;
use shared::store::check::Code;
use shared::store::{IdempotencyRecord, RefreshFamilies, Sessions};
use tests::App;

use super::{Items, Table, named};

pub(super) const ITEMS: Items = Items {
    kinds: &["COUNT", "EMAIL", "IDEM", "RATE", "SESSIONS", "USER"],
    locks: &[("EMAIL", "userId")],
    computed: &[("USER", "gsi1sk"), ("IDEM", "expiresAt"), ("RATE", "expiresAt")],
    counters: &[("COUNT#USERS", "n")],
};

/// Adds a user who is signed in twice, and returns it.
pub(super) async fn fill(app: &App) -> User {
    let users = app.users();
    let attributes =
        UserAttributes { email: "ada@example.com".parse().unwrap(), name: None, role: Role::User };
    let nobody = "nobody".to_owned();
    let record = IdempotencyRecord::new("users", &nobody, &"key".parse().unwrap(), &[0; 32]);
    let ada = users.create(attributes.clone(), Some(&record)).await.unwrap().into_parts().0;
    let moved = UserAttributes { email: "Lovelace@example.com".parse().unwrap(), ..attributes };
    let ada = users.replace(&ada, moved).await.unwrap();
    let (clock, random) = (Clock::system(), Random::system());
    Sessions::new(app.table(), clock.clone(), random.clone()).begin(ada.id, 0, None).await.unwrap();
    RefreshFamilies::new(app.table(), clock.clone(), random).begin(&ada, None).await.unwrap();
    let limits = RateLimits::new(&app.table(), clock, Scale::parse("1").unwrap());
    limits.take(QuotaPolicy::WRITE, ada.id).await.unwrap();
    ada
}

#[tokio::test]
async fn a_password_of_another_epoch_is_left_as_it_is() {
    let table = Table::filled().await;
    let email = table.item("EMAIL");
    table.change(&email, "authEpoch", Some(json!({"N": "3"})));
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "EMAIL")]));
    assert_eq!(table.item("EMAIL")["authEpoch"], json!({"N": "3"}));
}

#[tokio::test]
async fn the_expiry_of_sessions_is_computed_again() {
    let table = Table::filled().await;
    let sessions: Vec<Value> = table.items("SESSIONS#");
    assert_eq!(sessions.len(), 2, "a browser's, and a family of tokens");
    for session in sessions {
        table.change(&session, "expiresAt", Some(json!({"N": "7"})));
        assert_eq!(table.mends().await, named(&[(Code::Wrong, "SESSIONS")]));
        assert!(table.items("SESSIONS#").contains(&session));
    }
}

#[tokio::test]
async fn what_nobody_can_compute_is_left() {
    let table = Table::filled().await;
    table.change(&table.item("USER#"), "colour", Some(json!({"S": "blue"})));
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "USER")]));
}
