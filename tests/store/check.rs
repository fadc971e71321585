//! The check of a table: it finds and repairs every kind of damage, and reports nothing for a consistent table.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::random::Random;
use shared::store::check::{Check, Code};
use tests::App;

use self::filled::ITEMS;
use self::table::{Table, named};

mod accounts;
mod filled;
mod items;
mod posts;
mod problems;
mod search;
mod table;
mod unknown;

#[tokio::test]
async fn what_the_stores_write_is_whole() {
    let table = Table::filled().await;
    let report = table.check(true).await;
    assert!(report.damage.is_empty() && report.unsettled.is_empty(), "{report:?}");
    let kinds: BTreeSet<&str> = report.items.keys().map(String::as_str).collect();
    assert_eq!(kinds, ITEMS.iter().flat_map(|items| items.kinds).copied().collect());
    // The keys of access tokens are one more.
    assert_eq!(report.items.values().sum::<u64>(), table.app.items().len() as u64 + 1);
}

#[tokio::test]
async fn an_empty_table_is_whole() {
    let app = App::start().await;
    app.forget_token_keys();
    let report = Check::new(&app.table(), Random::system(), 1).run(true, |_| ()).await.unwrap();
    assert!(report.damage.is_empty() && report.items.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_lock_that_is_missing_is_written_again() {
    let table = Table::filled().await;
    for (lock, attribute) in ITEMS.iter().flat_map(|items| items.locks) {
        let item = table.item(lock);
        table.delete(&item);
        assert_eq!(table.mends().await, named(&[(Code::Missing, lock)]));
        assert_eq!(table.item(lock)[attribute], item[attribute]);
    }
}

#[tokio::test]
async fn a_lock_for_nobody_is_removed() {
    let nobody = json!({"S": "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"});
    let table = Table::filled().await;
    for (lock, attribute) in ITEMS.iter().flat_map(|items| items.locks) {
        let mut item = table.item(lock);
        item["pk"] = json!({"S": format!("{lock}#left behind")});
        table.put(&item);
        assert_eq!(table.mends().await, named(&[(Code::Orphan, lock)]), "of an entity that has another");
        item[attribute] = nobody.clone();
        table.put(&item);
        assert_eq!(table.mends().await, named(&[(Code::Orphan, lock)]), "of an entity that is gone");
    }
}

#[tokio::test]
async fn index_keys_and_excerpts_are_computed_again() {
    let table = Table::filled().await;
    for (kind, attribute) in ITEMS.iter().flat_map(|items| items.computed) {
        let is_it = |item: &&Value| item.get(attribute).is_some() && item["sk"]["S"] == *kind;
        let item = table.items(&format!("{kind}#")).iter().find(is_it).unwrap().clone();
        let other = if *attribute == "expiresAt" { json!({"N": "7"}) } else { json!({"S": "another"}) };
        table.change(&item, attribute, Some(other));
        assert_eq!(table.mends().await, named(&[(Code::Wrong, kind)]), "{attribute}");
        assert!(table.items(kind).contains(&item), "{kind} {attribute}");
    }
}

#[tokio::test]
async fn counters_are_counted_again() {
    let table = Table::filled().await;
    for (counter, attribute) in ITEMS.iter().flat_map(|items| items.counters) {
        let kind = counter.split('#').next().unwrap();
        let before = table.items(counter);
        table.change(&before[0], attribute, Some(json!({"N": "41"})));
        assert_eq!(table.mends().await, named(&[(Code::Count, kind)]));
        assert_eq!(table.items(counter), before);
        table.delete(&before[0]);
        assert_eq!(table.mends().await, named(&[(Code::Count, kind)]));
        assert_eq!(table.items(counter), before);
    }
}
