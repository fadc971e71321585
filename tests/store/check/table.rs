//! A table that tests damage.

use serde_json::{Value, json};
use shared::random::Random;
use shared::store::check::{Check, Code, Damage, Outcome, Report};
use tests::App;

use super::filled::fill;

/// A table with items of every kind, which tests damage.
pub(super) struct Table {
    pub(super) app: App,
}

impl Table {
    pub(super) async fn filled() -> Self {
        let app = App::start().await;
        fill(&app).await;
        Self { app }
    }

    pub(super) async fn check(&self, repair: bool) -> Report {
        Check::new(&self.app.table(), Random::system(), 3).run(repair, |_| ()).await.unwrap()
    }

    /// Repairs the table and returns the damage that was found. Each damage is gone afterwards, or is reported every
    /// time.
    pub(super) async fn mends(&self) -> Vec<(Code, String)> {
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
    pub(super) fn items(&self, prefix: &str) -> Vec<Value> {
        let mut items = self.app.items();
        items.retain(|item| item["pk"]["S"].as_str().unwrap().starts_with(prefix));
        items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
        items
    }

    pub(super) fn item(&self, prefix: &str) -> Value {
        self.items(prefix).swap_remove(0)
    }

    pub(super) fn put(&self, item: &Value) {
        let request = json!({"TableName": self.app.stack.table_name(), "Item": item});
        self.app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    pub(super) fn delete(&self, item: &Value) {
        let key = json!({"pk": item["pk"], "sk": item["sk"]});
        let request = json!({"TableName": self.app.stack.table_name(), "Key": key});
        self.app.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Sets an attribute of the item, or removes it.
    pub(super) fn change(&self, item: &Value, attribute: &str, value: Option<Value>) {
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

pub(super) fn named(expected: &[(Code, &str)]) -> Vec<(Code, String)> {
    expected.iter().map(|(code, kind)| (*code, (*kind).to_owned())).collect()
}
