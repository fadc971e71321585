//! Problems, and the rows of their postings.

use serde_json::{Value, json};
use shared::store::check::Code;

use super::table::{Table, named};

#[tokio::test]
async fn rows_of_a_problem_that_is_gone_are_removed() {
    let table = Table::filled().await;
    let problem = table.item("PROBLEM#");
    let problem = table.items(problem["pk"]["S"].as_str().unwrap());
    let entity = problem.iter().find(|item| item["sk"]["S"] == "PROBLEM").unwrap();
    table.delete(entity);
    let found = table.mends().await;
    let orphans = found.iter().filter(|(code, _)| *code == Code::Orphan).count();
    assert_eq!((orphans, found.len()), (problem.len() - 1, problem.len()), "{found:?}");
    assert_eq!(table.items(entity["pk"]["S"].as_str().unwrap()), Vec::<Value>::new());
}

#[tokio::test]
async fn a_row_beyond_the_last_is_unknown() {
    let table = Table::filled().await;
    let row = json!({"pk": {"S": "PROBLEM#1"}, "sk": {"S": "GRAM#97"}});
    table.put(&row);
    assert_eq!(table.mends().await, named(&[(Code::Unknown, "PROBLEM")]));
    table.delete(&row);
}
