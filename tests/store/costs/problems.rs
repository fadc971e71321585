//! The costs of problems and of their search, with far more problems than fit into a page.

use shared::domain::{Difficulty, ProblemAttributes, SearchText, Start, UserId};
use shared::store::Problems;
use tests::App;
use tokio::try_join;

use super::row::{Row, measure};

/// The number of problems in the table while costs are measured.
const PROBLEMS: usize = 2_000;

/// A name of twenty characters, 17 of them different.
const NAME: &str = "Median of two arrays";

pub(super) async fn rows() -> Vec<Row> {
    let app = App::start().await;
    let problems = app.problems();
    let author: UserId = app.caller().id().parse().unwrap();
    // The search finds ten of them, which are not the newest.
    let name = |n: usize| if n % 100 == 50 && n < 1_000 { format!("Heap {n}") } else { format!("Sort {n}") };
    app.import_problems(author, (0..PROBLEMS).map(|n| attributes(&name(n))));
    let mut rows = changes(&problems, author).await;
    let (page, list) = measure("GET /api/problems", (2, 1.5, 0.0), async {
        try_join!(problems.list(&Start::Offset(0), 10), problems.count())
    })
    .await;
    assert_eq!((page.0.items.len(), page.1), (10, PROBLEMS as u64));
    rows.push(list);
    rows.extend(searches(&app).await);
    rows
}

fn attributes(name: &str) -> ProblemAttributes {
    ProblemAttributes {
        name: name.parse().unwrap(),
        description: Some("What is to be done. ".repeat(50).parse().unwrap()),
        difficulty: Difficulty::Medium,
    }
}

async fn changes(problems: &Problems, author: UserId) -> Vec<Row> {
    let (problem, create) = measure(
        "POST /api/problems, a name of 20 characters",
        (1, 0.0, 100.0),
        problems.create(author, attributes(NAME), None),
    )
    .await;
    let (problem, _) = problem.into_parts();
    let (_, get) = measure("GET /api/problems/{id}, 1 KB", (1, 0.5, 0.0), problems.get(problem.id)).await;
    let described = ProblemAttributes { description: None, ..attributes(NAME) };
    let (_, describe) = measure("PATCH /api/problems/{id}, the description", (3, 5.0, 100.0), async {
        let problem = problems.get_latest(problem.id).await?.unwrap();
        problems.replace(&problem, described).await
    })
    .await;
    let (_, rename) = measure("PATCH /api/problems/{id}, another name", (3, 5.0, 200.0), async {
        let problem = problems.get_latest(problem.id).await?.unwrap();
        problems.replace(&problem, attributes("Shortest path by BFS")).await
    })
    .await;
    let ((), delete) = measure("DELETE /api/problems/{id}", (3, 5.0, 100.0), async {
        let problem = problems.get_latest(problem.id).await?.unwrap();
        problems.delete(&problem).await
    })
    .await;
    let longest: String = (0x4e00..0x4e00 + 90).filter_map(char::from_u32).collect();
    let (problem, longest) = measure(
        "POST /api/problems, 90 characters, all different",
        (1, 0.0, 500.0),
        problems.create(author, attributes(&longest), None),
    )
    .await;
    problems.delete(&problem.into_parts().0).await.unwrap();
    vec![create, longest, get, describe, rename, delete]
}

/// Measures searches that find ten problems and learn whether there are more.
async fn searches(app: &App) -> Vec<Row> {
    let search = app.problem_search();
    let mut rows = Vec::new();
    for (request, text) in [
        ("GET /api/search?q=, 1 or 2 characters, 10 hits", "he"),
        ("GET /api/search?q=, 3 characters, 10 hits", "EAP"),
        ("GET /api/search?q=, more characters, 10 hits", "heap "),
    ] {
        let text: SearchText = text.parse().unwrap();
        let calls = 6;
        let (page, row) =
            measure(request, (calls, 10.0, 0.0), search.page(&text, &Start::Offset(0), 10)).await;
        assert_eq!((page.items.len(), page.next), (10, None), "{request}");
        rows.push(row);
    }
    rows
}
