//! Problems, and the rows of their postings.

use serde_json::{Value, json};
use shared::domain::{Difficulty, ProblemAttributes, User};
use shared::store::check::Code;
use tests::App;

use super::{Items, Table, named};

pub(super) const ITEMS: Items = Items {
    kinds: &["COUNT", "PROBLEM"],
    locks: &[],
    computed: &[("PROBLEM", "gsi1sk")],
    counters: &[("COUNT#PROBLEMS", "n")],
};

pub(super) async fn fill(app: &App, author: &User) {
    let problems = app.problems();
    for name in ["Two Sum", "Straße"] {
        let made = problems.create(author.id, problem(name), None).await.unwrap().into_parts().0;
        problems.replace(&made, problem(&format!("{name}, again"))).await.unwrap();
    }
}

fn problem(name: &str) -> ProblemAttributes {
    ProblemAttributes { name: name.parse().unwrap(), description: None, difficulty: Difficulty::Easy }
}

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
