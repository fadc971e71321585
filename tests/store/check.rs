//! The check of a table: it finds and repairs every kind of damage, and reports nothing for a consistent table.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::random::Random;
use shared::store::check::{Check, Code, Damage, Outcome, Report};
use tests::App;

mod accounts;
mod payments;
mod posts;
mod problems;
mod search;
mod unknown;
mod uploads;
mod weather;

/// The items of a resource that tests damage.
struct Items {
    /// The first part of their keys.
    kinds: &'static [&'static str],
    /// Items that keep a value unique, by the first part of the key, with the attribute that names the owner.
    locks: &'static [(&'static str, &'static str)],
    /// Attributes that the check computes, each with the kind of its item.
    computed: &'static [(&'static str, &'static str)],
    /// Items with numbers, by the beginning of the key, with the attribute of the number.
    counters: &'static [(&'static str, &'static str)],
}

const ITEMS: &[Items] =
    &[accounts::ITEMS, posts::ITEMS, problems::ITEMS, payments::ITEMS, uploads::ITEMS, weather::ITEMS];

/// A table with items of every kind, which tests damage.
struct Table {
    app: App,
}

impl Table {
    async fn filled() -> Self {
        let app = App::start().await;
        let user = accounts::fill(&app).await;
        posts::fill(&app, &user).await;
        problems::fill(&app, &user).await;
        payments::fill(&app, &user).await;
        uploads::fill(&app, &user).await;
        weather::fill(&app).await;
        Self { app }
    }

    async fn check(&self, repair: bool) -> Report {
        Check::new(&self.app.table(), Random::system(), 3).run(repair, |_| ()).await.unwrap()
    }

    /// Repairs the table and returns the damage that was found. Each damage is gone afterwards, or is reported every
    /// time.
    async fn mends(&self) -> Vec<(Code, String)> {
        let found = self.check(false).await;
        assert!(found.damage.iter().all(|damage| damage.outcome == Outcome::Found), "{found:?}");
        let mended = self.check(true).await;
        let name = |report: &Report| -> Vec<(Code, String)> { report.damage.iter().map(name).collect() };
        assert_eq!(name(&found), name(&mended), "{found:?} {mended:?}");
        let left: Vec<Damage> =
            mended.damage.into_iter().filter(|damage| damage.outcome != Outcome::Mended).collect();
        let again = self.check(true).await;
        assert_eq!(name(&again), left.iter().map(self::name).collect::<Vec<_>>(), "{again:?}");
        assert!(again.unsettled.is_empty(), "{again:?}");
        name(&found)
    }

    /// Returns the items whose partition key begins with this prefix.
    fn items(&self, prefix: &str) -> Vec<Value> {
        let mut items = self.app.items();
        items.retain(|item| item["pk"]["S"].as_str().unwrap().starts_with(prefix));
        items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
        items
    }

    fn item(&self, prefix: &str) -> Value {
        self.items(prefix).swap_remove(0)
    }

    fn put(&self, item: &Value) {
        let request = json!({"TableName": self.app.stack.table_name(), "Item": item});
        self.app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    fn delete(&self, item: &Value) {
        let key = json!({"pk": item["pk"], "sk": item["sk"]});
        let request = json!({"TableName": self.app.stack.table_name(), "Key": key});
        self.app.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Sets an attribute of the item, or removes it.
    fn change(&self, item: &Value, attribute: &str, value: Option<Value>) {
        let mut item = item.clone();
        match value {
            Some(value) => item[attribute] = value,
            None => drop(item.as_object_mut().unwrap().remove(attribute)),
        }
        self.put(&item);
    }
}

/// Returns the code, and the first part of the key.
fn name(damage: &Damage) -> (Code, String) {
    (damage.code, damage.pk.split('#').next().unwrap().to_owned())
}

fn named(expected: &[(Code, &str)]) -> Vec<(Code, String)> {
    expected.iter().map(|(code, kind)| (*code, (*kind).to_owned())).collect()
}

#[tokio::test]
async fn what_the_stores_write_is_whole() {
    let table = Table::filled().await;
    let report = table.check(true).await;
    assert!(report.damage.is_empty() && report.unsettled.is_empty(), "{report:?}");
    let kinds: BTreeSet<&str> = report.items.keys().map(String::as_str).collect();
    assert_eq!(kinds, ITEMS.iter().flat_map(|items| items.kinds).copied().collect());
    assert_eq!(report.items.values().sum::<u64>(), table.app.items().len() as u64);
}

#[tokio::test]
async fn an_empty_table_is_whole() {
    let app = App::start().await;
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
