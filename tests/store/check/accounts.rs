//! Users, their sessions and their rate limits.

use serde_json::{Value, json};
use shared::store::check::Code;

use super::table::{Table, named};

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
