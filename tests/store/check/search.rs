//! The rows of postings, in which a search finds problems.

use serde_json::{Value, json};
use shared::domain::Start;
use shared::store::check::Code;

use super::table::{Table, named};

#[tokio::test]
async fn postings_follow_the_name() {
    let is_row = |item: &Value| item["sk"]["S"].as_str().unwrap().starts_with("GRAM#");
    let damages: [fn(&Table, &Value); 4] = [
        |table, row| table.delete(row),
        |table, row| table.change(row, "name", Some(json!({"S": "Another"}))),
        |table, row| {
            let index = (1..=5).find(|n| row.get(format!("gsi{n}pk")).is_some()).unwrap();
            table.change(row, &format!("gsi{index}pk"), Some(json!({"S": "GRAM#xyz"})));
        },
        |table, row| table.change(row, "sk", Some(json!({"S": "GRAM#42"}))),
    ];
    for damage in damages {
        let table = Table::filled().await;
        let row = table.items("PROBLEM").into_iter().find(is_row).unwrap();
        damage(&table, &row);
        assert_eq!(table.mends().await, named(&[(Code::Postings, "PROBLEM")]));
        let search = table.app.problem_search();
        for (text, found) in [("again", 2), ("two", 1), ("another", 0), ("xyz", 0)] {
            let page = search.page(&text.parse().unwrap(), &Start::Offset(0), 10).await.unwrap();
            assert_eq!(page.items.len(), found, "{text}");
        }
    }
}
