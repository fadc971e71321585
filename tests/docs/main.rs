//! The documents are true: docs/security.md and docs/local.md name tests that exist, docs/architecture.md names items that
//! exist, links lead somewhere, and commands work.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod asvs;
mod commands;
mod fidelity;
mod links;
mod names;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The cells of a table's row.
type Row = Vec<String>;

#[test]
fn every_requirement_names_the_tests_that_show_it() {
    let mut gaps = Vec::new();
    let rows = rows("docs/security.md");
    assert!(rows.len() > 20, "the tables are found: {}", rows.len());
    for row in rows {
        let named = names(row.last().unwrap());
        if named.is_empty() {
            gaps.push(format!("no test shows: {}", row[0]));
        }
        for name in named {
            if let Err(gap) = find(&name) {
                gaps.push(format!("{name}: {gap}"));
            }
        }
    }
    assert!(gaps.is_empty(), "docs/security.md:\n\n{}\n", gaps.join("\n"));
}

#[test]
fn every_requirement_has_a_source_and_no_two_rows_are_one() {
    let mut seen = BTreeSet::new();
    for row in rows("docs/security.md") {
        assert_eq!(row.len(), 4, "requirement, source, how it holds, tests: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell: {row:?}");
        assert!(seen.insert(row[0].clone()), "twice: {}", row[0]);
    }
}

#[test]
fn a_name_that_leads_nowhere_is_found_out() {
    assert_eq!(find("tests::docs::main::a_name_that_leads_nowhere_is_found_out"), Ok(()));
    assert_eq!(find("shared::auth::token::a_changed_token_is_refused"), Ok(()));
    for nowhere in
        ["tests::docs::main::nowhere", "tests::docs::nowhere::x", "shared::auth::token::forge", "x"]
    {
        assert!(find(nowhere).is_err(), "{nowhere}");
    }
}

/// Returns the rows of a document's tables, without their heads.
fn rows(document: &str) -> Vec<Row> {
    let document = std::fs::read_to_string(root().join(document)).unwrap();
    let lines: Vec<&str> = document.lines().collect();
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_head = lines.get(at + 1).is_some_and(|next| next.starts_with("|--"));
        if line.starts_with('|') && !line.starts_with("|--") && !is_head {
            rows.push(line.trim_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

/// Returns the names in backquotes that contain `::`.
fn names(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::")).map(str::to_owned).collect()
}

/// Finds the test called `crate::module::test`. The name is that of `cargo test`, without the module `tests`.
fn find(name: &str) -> Result<(), String> {
    let parts: Vec<&str> = name.split("::").collect();
    let [package, modules @ .., test] = parts.as_slice() else { return Err("no crate and test".to_owned()) };
    let files = files(package, modules);
    let sources: Vec<String> = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    if sources.is_empty() {
        return Err(format!("none of these files: {files:?}"));
    }
    let source = sources.join("\n");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {test}(");
    let Some(at) = lines.iter().position(|line| line.trim_start_matches("async ").starts_with(&function))
    else {
        return Err("no such function".to_owned());
    };
    let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    if attributes.copied().any(|attribute| attribute.starts_with("#[test]") || attribute.contains("::test")) {
        Ok(())
    } else {
        Err("a function, and no test".to_owned())
    }
}

/// Returns the files that can hold a module of this package.
fn files(package: &str, modules: &[&str]) -> Vec<PathBuf> {
    let folder = match package {
        "shared" | "local" | "tests" | "xtask" | "scaffold" => root().join(package),
        function => root().join("functions").join(function.replace('_', "-")),
    };
    let module = if modules.is_empty() { "lib".to_owned() } else { modules.join("/") };
    ["src", "tests", ""]
        .iter()
        .flat_map(|part| {
            [format!("{module}.rs"), format!("{module}/tests.rs")].map(|file| folder.join(part).join(file))
        })
        .collect()
}

/// Returns the workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
