//! Problems, and the rows of their postings.

use shared::domain::{Difficulty, ProblemAttributes, User};
use tests::App;

use crate::check::items::Items;

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
