//! The commands of the day compile each dependency once: all of them select the same features of it.
//!
//! Cargo enables the features that the selected packages ask for. `cargo build -p local` and `cargo test --workspace`
//! would therefore compile tokio twice if a test asked for a feature of it that `local` does not. `local` asks for
//! every such feature, and each of these commands builds `local`.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The sets of features with which each crate is compiled.
type Features = BTreeMap<String, BTreeSet<String>>;

/// The selections of packages, each with the kinds of dependencies that its command compiles.
const COMMANDS: &[(&str, &str)] = &[
    ("-p local", "normal"),
    ("-p local", "normal,dev"),
    ("-p local -p users", "normal"),
    ("-p xtask", "normal"),
    ("-p xtask", "normal,dev"),
    ("-p tests", "normal,dev"),
    ("-p bench", "normal"),
];

fn features(selection: &str, edges: &str) -> Features {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}|", "--edges", edges])
        .args(selection.split(' '))
        .current_dir(xtask::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut features = Features::new();
    // Other lines are headings of dependencies that only a build script or a test has.
    for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.contains('|')) {
        let mut parts = line.split('|');
        let package = parts.next().unwrap().split(' ').take(2).collect::<Vec<_>>().join(" ");
        features.entry(package).or_default().insert(parts.next().unwrap().to_owned());
    }
    features
}

#[test]
fn every_command_compiles_a_dependency_with_the_same_features() {
    // A crate has one set of features in programs. Build scripts and macros may need another one.
    let programs = features("--workspace", "normal,dev,no-proc-macro");
    let all = features("--workspace", "normal,build,dev");
    assert!(
        programs.len() > 100 && all.len() > programs.len(),
        "{} and {} crates",
        programs.len(),
        all.len()
    );

    let mut different = Vec::new();
    for (selection, edges) in COMMANDS {
        let here = features(selection, &format!("{edges},no-proc-macro"));
        let differs = here.into_iter().filter(|(package, sets)| programs[package] != *sets);
        different
            .extend(differs.map(|(package, sets)| (selection, programs[&package].clone(), package, sets)));

        let here = features(selection, &format!("{edges},build"));
        let differs = here.into_iter().filter(|(package, sets)| !all[package].is_superset(sets));
        different.extend(differs.map(|(package, sets)| (selection, all[&package].clone(), package, sets)));
    }
    let lines = different.iter().map(|(selection, expected, package, sets)| {
        format!("{package}: {sets:?} in `{selection}`, {expected:?} in the workspace")
    });
    let lines: Vec<String> = lines.collect();
    assert!(
        lines.is_empty(),
        "Add the missing features to the list in local/Cargo.toml, so that nothing is compiled twice:\n{}",
        lines.join("\n")
    );
}
