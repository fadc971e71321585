//! docs/local.md names, for each behaviour of AWS that `local` shares, the tests that show it.

use std::collections::BTreeSet;

use super::{Row, find, names, rows};

/// The verdicts of the document, in the order of its table.
const VERDICTS: [&str; 4] = ["same", "on purpose", "differs", "unknown"];

#[test]
fn every_behaviour_that_is_the_same_has_tests_that_exist() {
    let rows = behaviours();
    assert!(rows.len() > 150, "the tables are found: {}", rows.len());
    let gaps: Vec<String> = rows.iter().flat_map(gaps).collect();
    assert!(gaps.is_empty(), "docs/local.md:\n\n{}\n", gaps.join("\n"));
    let numbers: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(numbers.len(), rows.len(), "two behaviours have one number");
}

#[test]
fn a_row_without_evidence_or_test_is_found_out() {
    let row = |cells: [&str; 6]| gaps(&cells.map(str::to_owned).to_vec()).len();
    let test = "`tests::docs::fidelity::a_row_without_evidence_or_test_is_found_out`";
    assert_eq!(row(["1", "a path", "D", "the same", "same", test]), 0);
    assert_eq!(row(["1", "a path", "unknown", "404", "unknown", ""]), 0);
    for wrong in [
        ["1", "a path", "D", "the same", "same", ""],
        ["1", "a path", "D", "the same", "same", "`tests::docs::fidelity::nowhere`"],
        ["1", "a path", "unknown", "the same", "same", test],
        ["1", "a path", "D", "404", "fine", test],
        ["1", "a path", "D", "", "unknown", ""],
    ] {
        assert_eq!(row(wrong), 1, "{wrong:?}");
    }
}

/// Returns the rows of the document's tables of behaviours, whose first cell is a number.
fn behaviours() -> Vec<Row> {
    rows("docs/local.md").into_iter().filter(|row| row[0].parse::<u32>().is_ok()).collect()
}

/// Returns the faults of a row: number, behaviour, AWS, `local`, verdict, tests.
fn gaps(row: &Row) -> Vec<String> {
    let [number, _, aws, local, verdict, tests] = row.as_slice() else {
        return vec![format!("six cells are expected: {row:?}")];
    };
    let named = names(tests);
    let missing =
        named.iter().filter_map(|name| Some(format!("row {number}, {name}: {}", find(name).err()?)));
    let mut gaps: Vec<String> = missing.collect();
    if !VERDICTS.contains(&verdict.as_str()) || aws.is_empty() || local.is_empty() {
        gaps.push(format!("row {number} has no verdict, or an empty cell"));
    }
    if verdict == "same" && named.is_empty() {
        gaps.push(format!("row {number} names no test"));
    }
    if verdict != "unknown" && aws == "unknown" {
        gaps.push(format!("row {number} has a verdict without evidence"));
    }
    gaps
}
