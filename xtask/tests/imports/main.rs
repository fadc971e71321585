//! The imports between modules have no circles and one style.
//!
//! `cargo cycles` (crate `cargo-cycles`) also shows circles, as far as they come from `use` declarations.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod graph;
mod krate;
mod style;

use std::path::PathBuf;
use std::process::Command;

use graph::Graph;
use krate::Crate;

/// Returns the first file of every library, program, test and example of the workspace.
fn roots() -> Vec<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(xtask::root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let targets = packages.iter().flat_map(|package| package["targets"].as_array().unwrap());
    targets.map(|target| PathBuf::from(target["src_path"].as_str().unwrap())).collect()
}

#[test]
fn no_imports_run_in_a_circle() {
    let roots = roots();
    assert!(roots.len() > 50, "{} crates", roots.len());
    let mut circles = Vec::new();
    for root in roots {
        let modules = Graph::of(&Crate::read(&root));
        for graph in [modules.rooms(), modules] {
            circles.extend(graph.circle().map(|circle| format!("{}:\n{circle}", root.display())));
        }
    }
    assert!(circles.is_empty(), "modules that import each other:\n{}", circles.join("\n"));
}

#[test]
fn every_import_has_the_style_of_the_workspace() {
    let files: Vec<PathBuf> = roots().iter().flat_map(|root| Crate::read(root).files()).collect();
    let mistakes: Vec<String> = files.iter().flat_map(|file| style::mistakes(file)).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}
