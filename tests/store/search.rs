//! The search finds the same names as a naive scan, and reads no more than it should.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use shared::cost::Cost;
use shared::domain::{
    Difficulty, Problem, ProblemAttributes, ProblemId, ProblemName, SearchText, Start, fold,
};
use shared::store::{Error, ProblemSearch, Problems};
use tests::App;
use tokio::runtime::Runtime;

/// The parts of names. There are few, so that names have parts in common. They come from several scripts, with marks
/// that compose and marks that do not, letters that fold to several, and emoji of several characters.
const PARTS: [&str; 36] = [
    "a",
    "A",
    "b",
    "an",
    "Two",
    "Sum",
    "the",
    " ",
    "-",
    "ß",
    "SS",
    "ﬃ",
    "İ",
    "ı",
    "I",
    "é",
    "e\u{301}",
    "\u{301}",
    "x\u{301}",
    "Σ",
    "σ",
    "ς",
    "ᾳ",
    "ΐ",
    "Ж",
    "ж",
    "排",
    "序",
    "排序",
    "한",
    "ก็",
    "العدد",
    "𝄞",
    "👩\u{200d}👧",
    "👩",
    "\u{200d}",
];

fn attributes(name: &ProblemName) -> ProblemAttributes {
    ProblemAttributes { name: name.clone(), description: None, difficulty: Difficulty::Easy }
}

/// Returns everything that `text` finds, in pages of `limit`.
async fn search(problems: &ProblemSearch, text: &SearchText, limit: u32) -> Vec<(ProblemId, String)> {
    let (mut found, mut start) = (Vec::new(), Start::Offset(0));
    for _ in 0..10_000 {
        let page = problems.page(text, &start, limit).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        found.extend(page.items.into_iter().map(|problem| (problem.id, problem.name.to_string())));
        match page.next {
            Some(next) => start = Start::After(next),
            None => return found,
        }
    }
    panic!("the pages do not end");
}

#[derive(Clone, Debug)]
enum Change {
    Create(ProblemName),
    Rename(Index, ProblemName),
    Remove(Index),
}

fn name() -> impl Strategy<Value = ProblemName> {
    proptest::collection::vec(select(&PARTS), 1..14)
        .prop_filter_map("a name", |parts| parts.concat().parse().ok())
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => name().prop_map(Change::Create),
        3 => (any::<Index>(), name()).prop_map(|(which, name)| Change::Rename(which, name)),
        1 => any::<Index>().prop_map(Change::Remove),
    ]
}

/// Generates texts from parts of names, and from slices of one of the names in any normalisation form.
fn texts() -> impl Strategy<Value = Vec<(Index, usize, usize, String)>> {
    let made = proptest::collection::vec(select(&PARTS), 1..5).prop_map(|parts| parts.concat());
    proptest::collection::vec((any::<Index>(), 0usize..40, 1usize..8, made), 12)
}

#[test]
fn a_search_finds_what_a_scan_finds_through_renames_and_removals() {
    let runtime = Runtime::new().unwrap();
    let app = runtime.block_on(App::start());
    let (problems, searched) = (app.problems(), app.problem_search());
    let author = app.caller().id().parse().unwrap();
    let there = std::cell::RefCell::new(BTreeMap::<ProblemId, Problem>::new());
    let mut runner = TestRunner::new(Config { cases: 24, max_shrink_iters: 0, ..Config::default() });
    let given = (proptest::collection::vec(change(), 1..10), texts(), 1u32..6);
    let outcome = runner.run(&given, |(changes, texts, limit)| {
        runtime.block_on(async {
            let mut items = there.take();
            for change in changes {
                apply(&problems, author, &mut items, change).await;
            }
            for (which, from, length, made) in texts {
                let part = items.values().nth(which.index(items.len().max(1)));
                let part = part.map(|problem| problem.attributes.name.as_str().to_uppercase());
                let part: String = part.unwrap_or_default().chars().skip(from % 12).take(length).collect();
                for text in [part, made] {
                    let Ok(parsed) = text.parse::<SearchText>() else { continue };
                    let scanned: Vec<(ProblemId, String)> = items
                        .values()
                        .rev()
                        .filter(|problem| fold(problem.attributes.name.as_str()).contains(&fold(&text)))
                        .map(|problem| (problem.id, problem.attributes.name.to_string()))
                        .collect();
                    prop_assert_eq!(search(&searched, &parsed, limit).await, scanned, "{:?}", text);
                }
            }
            there.replace(items);
            Ok(())
        })
    });
    outcome.unwrap();
}

async fn apply(
    problems: &Problems,
    author: shared::domain::UserId,
    there: &mut BTreeMap<ProblemId, Problem>,
    change: Change,
) {
    let chosen = |which: Index| there.values().nth(which.index(there.len().max(1))).cloned();
    match change {
        Change::Create(name) => {
            let (problem, _) = problems.create(author, attributes(&name), None).await.unwrap().into_parts();
            there.insert(problem.id, problem);
        }
        Change::Rename(which, name) => {
            let Some(problem) = chosen(which) else { return };
            let renamed = problems.replace(&problem, attributes(&name)).await.unwrap();
            there.insert(renamed.id, renamed);
        }
        Change::Remove(which) => {
            let Some(problem) = chosen(which) else { return };
            problems.delete(&problem).await.unwrap();
            there.remove(&problem.id);
        }
    }
}

#[tokio::test]
async fn the_longest_name_is_renamed_to_another_in_one_transaction() {
    let app = App::start().await;
    let (problems, searched) = (app.problems(), app.problem_search());
    let letters = |first: u32| -> ProblemName {
        (first..first + 90).filter_map(char::from_u32).collect::<String>().parse().unwrap()
    };
    let (before, after) = (letters(0x4e00), letters(0x5e00));
    let author = app.caller().id().parse().unwrap();
    let (problem, _) = problems.create(author, attributes(&before), None).await.unwrap().into_parts();
    let (renamed, cost) = Cost::of(problems.replace(&problem, attributes(&after))).await;
    assert_eq!(cost.calls, 2, "the rows, and one transaction: {cost:?}");
    let parts = |name: &ProblemName| -> Vec<SearchText> {
        let characters: Vec<char> = name.as_str().chars().collect();
        let runs = [1, 2, 3, 40, 90].map(|length| characters.windows(length).step_by(9));
        runs.into_iter().flatten().map(|run| run.iter().collect::<String>().parse().unwrap()).collect()
    };
    for text in parts(&before) {
        assert_eq!(search(&searched, &text, 10).await, [], "{text:?}");
    }
    for text in parts(&after) {
        assert_eq!(search(&searched, &text, 10).await, [(problem.id, after.to_string())], "{text:?}");
    }
    problems.delete(&renamed.unwrap()).await.unwrap();
    let left: Vec<String> = keys(&app).into_iter().filter(|key| !key.starts_with("COUNT#")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn the_table_has_the_grams_of_the_names_that_there_are_and_no_others() {
    let app = App::start().await;
    let problems = app.problems();
    let author = app.caller().id().parse().unwrap();
    let name = |text: &str| -> ProblemName { text.parse().unwrap() };
    let create = async |text: &str| {
        problems.create(author, attributes(&name(text)), None).await.unwrap().into_parts().0
    };
    let (kept, renamed, removed) =
        (create("Straße").await, create("A very long name to begin with").await, create("Gone").await);
    let renamed = problems.replace(&renamed, attributes(&name("Sum"))).await.unwrap();
    problems.delete(&removed).await.unwrap();
    let mut expected = BTreeSet::new();
    for (problem, folded) in [(kept, "strasse"), (renamed, "sum")] {
        for length in 1..=3 {
            let runs = (0..=folded.len() - length).map(|at| &folded[at..at + length]);
            expected.extend(runs.map(|gram| (format!("GRAM#{gram}"), problem.id.to_string())));
        }
    }
    let mut there = BTreeSet::new();
    for item in app.items() {
        for index in 1..=5 {
            let [pk, sk] = ["pk", "sk"].map(|key| item[format!("gsi{index}{key}")]["S"].as_str());
            if let (Some(pk), Some(sk)) = (pk.filter(|pk| pk.starts_with("GRAM#")), sk) {
                assert!(there.insert((pk.to_owned(), sk.to_owned())), "twice: {pk} {sk}");
            }
        }
    }
    assert_eq!(there, expected);
}

#[tokio::test]
async fn of_two_renames_of_one_version_one_is_done_as_a_whole() {
    let app = App::start().await;
    let (problems, searched) = (app.problems(), app.problem_search());
    let name = |text: &str| -> ProblemName { text.parse().unwrap() };
    let author = app.caller().id().parse().unwrap();
    for n in 0..10 {
        let (problem, _) = problems
            .create(author, attributes(&name(&format!("First name {n}"))), None)
            .await
            .unwrap()
            .into_parts();
        let names = [name(&format!("Second {n}")), name(&format!("Third {n}"))];
        let [one, other] = names.each_ref().map(|name| problems.replace(&problem, attributes(name)));
        let outcomes = tokio::join!(one, other);
        let (done, refused) = match outcomes {
            (Ok(done), Err(refused)) | (Err(refused), Ok(done)) => (done, refused),
            outcomes => panic!("one of two: {outcomes:?}"),
        };
        assert!(matches!(refused, Error::Stale), "{refused:?}");
        for text in ["First name", "Second", "Third"] {
            let text = format!("{text} {n}");
            let expected: Vec<(ProblemId, String)> = [(done.id, text.clone())]
                .into_iter()
                .filter(|_| done.attributes.name.as_str() == text)
                .collect();
            assert_eq!(search(&searched, &text.parse().unwrap(), 10).await, expected);
        }
    }
}

#[tokio::test]
async fn a_page_ends_after_a_bounded_number_of_postings_and_the_next_one_goes_on() {
    let app = App::start().await;
    let (problems, searched) = (app.problems(), app.problem_search());
    let author = app.caller().id().parse().unwrap();
    let create = async |text: &str| {
        let name: ProblemName = text.parse().unwrap();
        problems.create(author, attributes(&name), None).await.unwrap().into_parts().0
    };
    let oldest = create("abab").await;
    // Each name contains both grams of the search text, but not the text itself.
    for _ in 0..550 {
        create("aba bab").await;
    }
    let text: SearchText = "abab".parse().unwrap();
    let (page, cost) = Cost::of(searched.page(&text, &Start::Offset(0), 10)).await;
    let page = page.unwrap();
    assert_eq!(page.items, []);
    // 500 postings of 300 bytes are read with eventual consistency; each read is rounded up.
    assert!(cost.rcu <= 25.0, "{cost:?}");
    let page = searched.page(&text, &Start::After(page.next.unwrap()), 10).await.unwrap();
    assert_eq!(page.items.iter().map(|problem| problem.id).collect::<Vec<_>>(), [oldest.id]);
    assert_eq!(page.next, None);
}

/// Returns the partition keys of all items.
fn keys(app: &App) -> BTreeSet<String> {
    app.items().iter().map(|item| item["pk"]["S"].as_str().unwrap().to_owned()).collect()
}
