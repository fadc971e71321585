//! The graph of modules: each module with the modules whose definitions it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::krate::{Crate, Segments};

/// The modules that each module uses, with the names that it uses of them.
#[derive(Default)]
pub(crate) struct Graph(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Graph {
    /// Follows every path, through re-exports, to the module that defines the item.
    pub(crate) fn of(krate: &Crate) -> Self {
        let mut graph = Self::default();
        for (from, module) in &krate.modules {
            for path in &module.paths {
                if let Some(to) = defined_in(krate, from, path, &mut Vec::new()) {
                    graph.add(from, &to, path.last().into_iter());
                }
            }
        }
        graph
    }

    /// Merges all modules below each top-level folder into one.
    pub(crate) fn rooms(&self) -> Self {
        let room = |module: &str| module.split("::").take(2).collect::<Vec<_>>().join("::");
        let mut rooms = Self::default();
        for (from, uses) in &self.0 {
            for (to, names) in uses {
                rooms.add(&room(from), &room(to), names.iter());
            }
        }
        rooms
    }

    /// Describes a shortest circle, if there is one.
    pub(crate) fn circle(&self) -> Option<String> {
        let circle = self.0.keys().filter_map(|module| self.way_back(module)).min_by_key(Vec::len)?;
        let mut text = String::new();
        for step in circle.windows(2) {
            let names = self.0[step[0]][step[1]].iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            writeln!(text, "  {} uses {names} of {}", step[0], step[1]).unwrap();
        }
        Some(text)
    }

    fn add<'n>(&mut self, from: &str, to: &str, names: impl Iterator<Item = &'n String>) {
        if from != to {
            let uses = self.0.entry(from.to_owned()).or_default();
            uses.entry(to.to_owned()).or_default().extend(names.cloned());
        }
    }

    /// Returns a shortest path from a module to itself.
    fn way_back<'g>(&'g self, module: &'g str) -> Option<Vec<&'g str>> {
        let mut ways = vec![vec![module]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                for next in self.0.get(*way.last()?).into_iter().flat_map(BTreeMap::keys) {
                    let way = [way.as_slice(), &[next.as_str()]].concat();
                    if next == module {
                        return Some(way);
                    }
                    if seen.insert(next) {
                        longer.push(way);
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

/// Returns the module that defines what `path` means in the module `at`, or `None` for another crate.
///
/// `met` holds the imports that were followed to get here.
fn defined_in(krate: &Crate, at: &str, path: &[String], met: &mut Vec<(String, Segments)>) -> Option<String> {
    let step = (at.to_owned(), path.to_vec());
    if met.contains(&step) {
        return None;
    }
    met.push(step);
    let (first, rest) = path.split_first()?;
    let module = &krate.modules[at];
    match first.as_str() {
        "crate" => return defined_in(krate, "crate", rest, met),
        "self" => return defined_in(krate, at, rest, met),
        "super" => return defined_in(krate, module.parent.as_deref()?, rest, met),
        _ => {}
    }
    if module.children.contains(first) {
        return defined_in(krate, &format!("{at}::{first}"), rest, met);
    }
    if module.items.contains(first) {
        return Some(at.to_owned());
    }
    if let Some(import) = module.imports.get(first) {
        return defined_in(krate, at, &[import.as_slice(), rest].concat(), met);
    }
    // A `*` import of another crate is not followed.
    let is_own = |glob: &&Segments| {
        let first = &glob[0];
        matches!(first.as_str(), "crate" | "self" | "super") || module.children.contains(first)
    };
    module
        .globs
        .iter()
        .filter(is_own)
        .find_map(|glob| defined_in(krate, at, &[glob.as_slice(), path].concat(), met))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Returns the circle in a crate of these files.
    fn circle(files: &[(&str, &str)]) -> Option<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Graph::of(&Crate::read(&directory.path().join("lib.rs"))).circle()
    }

    #[test]
    fn modules_that_use_each_other_are_a_circle() {
        let b = ("b.rs", "pub struct B; fn f() { let _ = crate::a::A; }");
        let expected = Some("  crate::a uses B of crate::b\n  crate::b uses A of crate::a\n".to_owned());
        for a in [
            "use crate::b::B; pub struct A(B);",
            "use super::b; pub struct A(b::B);",
            "pub struct A; fn f() { println!(\"{:?}\", crate::b::B); }",
            "use crate::B; pub struct A(B);",
        ] {
            assert_eq!(circle(&[("lib.rs", "mod a; mod b; pub use b::B;"), ("a.rs", a), b]), expected, "{a}");
        }
    }

    #[test]
    fn a_child_that_uses_its_parent_is_one_where_the_parent_uses_it() {
        let uses = ("a/b.rs", "use super::A; pub fn b(_: A) {}");
        let found =
            circle(&[("lib.rs", "mod a;"), ("a.rs", "mod b; pub struct A; fn f() { b::b(A) }"), uses]);
        assert_eq!(found.unwrap().lines().count(), 2);
        assert_eq!(circle(&[("lib.rs", "mod a;"), ("a.rs", "mod b; pub struct A;"), uses]), None);
    }

    #[test]
    fn a_module_that_names_what_others_define_is_none() {
        let a = ("a.rs", "use crate::B; pub struct A; #[cfg(test)] mod tests { use super::*; }");
        assert_eq!(circle(&[("lib.rs", "mod a; mod b; pub use b::B;"), a, ("b.rs", "pub struct B;")]), None);
    }
}
