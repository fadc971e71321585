//! docs/security.md accounts for each requirement of ASVS 5.0.0, chapters 6 to 10, levels 1 and 2.

use std::collections::BTreeSet;

use crate::root;

/// The sections, with the number of their requirements of these levels, which are the first of each section.
const SECTIONS: [(&str, usize); 26] = [
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 2),
    ("10.3", 4),
    ("10.4", 11),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
];

#[test]
fn every_requirement_has_its_tests_or_a_reason() {
    let document = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let named: BTreeSet<&str> = document
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|number| number.trim_matches('.'))
        .collect();
    let missing: Vec<String> = SECTIONS
        .iter()
        .filter(|(section, _)| !named.contains(section))
        .flat_map(|(section, count)| (1..=*count).map(move |n| format!("{section}.{n}")))
        .filter(|requirement| !named.contains(&**requirement))
        .collect();
    assert!(missing.is_empty(), "docs/security.md names neither these nor their sections: {missing:?}");
}
