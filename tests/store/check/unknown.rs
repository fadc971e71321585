//! Items that `fsck` does not know, as newer code or a new resource writes them.

use serde_json::{Value, json};
use shared::store::check::{Code, Outcome, Report};
use tests::App;

use super::filled::ITEMS;
use super::table::Table;

fn item(pk: &str, sk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}})
}

/// Gadgets as items of their own, and below their user.
fn gadgets(table: &Table) -> [Value; 2] {
    let user = table.item("USER#");
    [item("GADGET#1", "GADGET"), item(user["pk"]["S"].as_str().unwrap(), "GADGET#1")]
}

/// The outcome of the one damage of this code.
fn outcome(report: &Report, code: Code) -> Outcome {
    let mut found = report.damage.iter().filter(|damage| damage.code == code);
    let outcome = found.next().unwrap_or_else(|| panic!("no {code} in {report:?}")).outcome;
    assert!(found.next().is_none(), "{report:?}");
    outcome
}

#[tokio::test]
async fn it_is_listed_and_left() {
    let table = Table::filled().await;
    for (pk, sk) in [
        ("GADGET#1", "GADGET"),
        ("USER#1", "GADGET#1"),
        ("COUNT#GADGETS#1", "SHARD#00"),
        ("COUNT#USERS", "GADGET#1"),
        ("nothing", "at all"),
    ] {
        let item = item(pk, sk);
        table.put(&item);
        let report = table.check(true).await;
        let [damage] = report.damage.as_slice() else { panic!("{report:?}") };
        assert_eq!((damage.code, &*damage.pk, &*damage.sk), (Code::Unknown, pk, sk));
        assert!(matches!(damage.outcome, Outcome::Left(_)) && !report.is_clean_now(), "{report:?}");
        assert_eq!(report.items["unknown"], 1);
        assert!(table.app.items().contains(&item));
        table.delete(&item);
    }
}

#[tokio::test]
async fn no_counter_is_repaired_beside_one() {
    for (counter, attribute) in ITEMS.iter().flat_map(|items| items.counters) {
        let table = Table::filled().await;
        let right = table.item(counter);
        table.change(&right, attribute, Some(json!({"N": "41"})));
        for gadget in gadgets(&table) {
            table.put(&gadget);
            let report = table.check(true).await;
            assert_eq!(
                outcome(&report, Code::Count),
                Outcome::Left("it may count an item that is listed as unknown or unreadable")
            );
            assert!(matches!(outcome(&report, Code::Unknown), Outcome::Left(_)), "{report:?}");
            assert_eq!(table.item(counter)[attribute], json!({"N": "41"}));
            table.delete(&gadget);
        }
        let report = table.check(true).await;
        assert_eq!(report.damage.len(), 1, "{report:?}");
        assert_eq!(outcome(&report, Code::Count), Outcome::Mended);
        assert_eq!(table.item(counter), right);
    }
}

#[tokio::test]
async fn a_counter_of_what_is_unknown_keeps_its_number() {
    let table = Table::filled().await;
    let mut counter = item("COUNT#GADGETS#1", "SHARD#00");
    counter["n"] = json!({"N": "3"});
    table.put(&counter);
    let report = table.check(true).await;
    assert!(matches!(outcome(&report, Code::Unknown), Outcome::Left(_)), "{report:?}");
    assert_eq!(table.item("COUNT#GADGETS"), counter);
    table.delete(&counter);
}

#[tokio::test]
#[should_panic(expected = "    GADGET#1 GADGET\nAdd an entity to `ENTITIES`")]
async fn a_test_that_leaves_one_fails() {
    let app = App::start().await;
    let request = json!({"TableName": app.stack.table_name(), "Item": item("GADGET#1", "GADGET")});
    app.stack.dynamodb().database().put_item(serde_json::from_value(request).unwrap()).unwrap();
}
