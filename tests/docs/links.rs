//! Links between documents lead to files and headings that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::root;

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut links = 0;
    let mut gaps = Vec::new();
    for file in documents() {
        let text = fs::read_to_string(&file).unwrap();
        for target in targets(&text) {
            links += 1;
            if !leads_somewhere(&file, target) {
                gaps.push(format!("{}: {target}", file.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(links > 100, "the links are found: {links}");
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

#[test]
fn a_link_to_nowhere_is_found_out() {
    let file = root().join("docs/README.md");
    assert!(leads_somewhere(&file, "api-design.md#rate-limits"));
    assert!(leads_somewhere(&file, "../template.yaml"));
    for nowhere in ["nowhere.md", "api-design.md#nowhere", "#nowhere", "../nowhere"] {
        assert!(!leads_somewhere(&file, nowhere), "{nowhere}");
    }
}

#[test]
fn the_index_lists_every_document() {
    let index = root().join("docs/README.md");
    let text = fs::read_to_string(&index).unwrap();
    let listed: BTreeSet<PathBuf> = targets(&text).map(|target| root().join("docs").join(target)).collect();
    let documents = documents().into_iter().filter(|file| file.parent() == index.parent() && *file != index);
    let missing: Vec<PathBuf> = documents.filter(|file| !listed.contains(file)).collect();
    assert!(missing.is_empty(), "add a row to docs/README.md for {missing:?}");
}

/// README.md, and the documents of docs/ and of the client.
pub(super) fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    docs.chain(["README.md", "clients/typescript/README.md"].map(|file| root().join(file))).collect()
}

/// The targets of links, but for those on the web.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://"))
}

/// Returns true if there is the file, and in it the heading that the target names.
fn leads_somewhere(from: &Path, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { from.to_owned() } else { from.parent().unwrap().join(path) };
    let Some(anchor) = anchor else { return file.exists() };
    fs::read_to_string(file).is_ok_and(|text| anchors(&text).contains(anchor))
}

/// The anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(anchor).collect()
}
