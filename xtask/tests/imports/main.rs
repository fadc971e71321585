//! The imports between modules have no circles and one style, and functions list the features that they import.
//!
//! `cargo cycles` (crate `cargo-cycles`) also shows circles, as far as they come from `use` declarations.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod features;
mod graph;
mod krate;
mod style;

use std::path::PathBuf;

use features::{Guards, packages};
use graph::Graph;
use krate::Crate;
use serde_json::Value;

/// Returns the first file of every library, program, test and example of the workspace.
fn roots() -> Vec<PathBuf> {
    packages().values().flat_map(roots_of).collect()
}

fn crates(package: &Value) -> Vec<Crate> {
    roots_of(package).map(|root| Crate::read(&root)).collect()
}

fn roots_of(package: &Value) -> impl Iterator<Item = PathBuf> {
    let targets = package["targets"].as_array().unwrap().iter();
    targets.map(|target| PathBuf::from(target["src_path"].as_str().unwrap()))
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

#[test]
fn a_function_lists_the_features_of_shared_that_it_uses_and_no_others() {
    let packages = packages();
    let guards = Guards::read(&packages["shared"]);
    let functions = xtask::root().join("functions");
    let manifest = |package: &Value| PathBuf::from(package["manifest_path"].as_str().unwrap());
    let functions = packages.values().filter(|package| manifest(package).starts_with(&functions));
    let faults = functions.flat_map(|package| {
        let faults = guards.faults(&crates(package), &features::listed(package));
        faults.into_iter().map(move |fault| format!("{}: {fault}", manifest(package).display()))
    });
    assert_eq!(faults.collect::<Vec<_>>(), [""; 0]);

    let faults = |function: &str, listed: &[&str]| {
        let listed = listed.iter().map(ToString::to_string).collect();
        Vec::from_iter(guards.faults(&crates(&packages[function]), &listed)).join("\n")
    };
    assert!(faults("health", &[]).contains("add the feature `store`, for shared::store::"));
    assert!(faults("users", &["store"]).contains("add the feature `auth`, for shared::auth::"));
    assert_eq!(faults("users", &["auth", "multipart"]), "remove the feature `multipart`: it is unused");
}
