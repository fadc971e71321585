//! Items that nothing reaches any more. The compiler says so of private ones; these are the public ones of libraries.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{ImplItem, Item, ItemImpl, Visibility};

use super::rust::{self, is_for_tests, owner};

/// Folders whose public items are there for others.
const LIBRARIES: [&str; 3] = ["shared/src", "tests/src", "local/src/product"];

/// The identity of an item over several looks: its file, and the names that lead to it.
pub(super) type Id = (PathBuf, Vec<String>);

struct Node {
    id: Id,
    range: Range<usize>,
    mentions: HashSet<String>,
}

/// The items of a file in a library, or the names in any other file.
#[derive(Default)]
pub(super) struct Reading {
    nodes: Vec<Node>,
    mentions: HashSet<String>,
    /// True for tests of libraries, which need no function.
    is_test: bool,
}

impl Reading {
    pub(super) fn of(path: &Path, text: &str) -> Self {
        let is_of_tests = ["tests/properties", "tests/store"].iter().any(|folder| path.starts_with(folder));
        let is_test = is_of_tests || path.ends_with("tests.rs");
        let mut reading = Self { is_test, ..Self::default() };
        let is_in_a_library = !is_test && LIBRARIES.iter().any(|folder| path.starts_with(folder));
        match syn::parse_file(text) {
            Ok(file) if is_in_a_library => Library { path, text }.collect(&file.items, &mut reading.nodes),
            _ => reading.mentions = words(text),
        }
        reading
    }
}

/// Finds the items of libraries that no function, no test and no chore reaches, with their bytes.
///
/// An item is known by its name alone: it stays as long as anything that is reached mentions the name.
pub(super) fn unused<'a>(files: impl Iterator<Item = &'a Reading>) -> BTreeMap<Id, Range<usize>> {
    let (mut waiting, mut reached): (Vec<&Node>, HashSet<&str>) = (Vec::new(), HashSet::new());
    // The names in tests of libraries alone: a test is no reason to keep what it tests.
    let mut tested: HashSet<&str> = HashSet::new();
    for reading in files {
        waiting.extend(&reading.nodes);
        let names = reading.mentions.iter().map(String::as_str);
        if reading.is_test { tested.extend(names) } else { reached.extend(names) }
    }
    loop {
        let before = waiting.len();
        waiting.retain(|node| {
            let mut names = node.id.1.iter().map(String::as_str);
            let mentions = node.mentions.iter().map(String::as_str);
            if names.clone().all(|name| reached.contains(name)) {
                reached.extend(mentions);
                return false;
            }
            let is_helper = !node.id.0.starts_with("shared");
            let is_tested = is_helper && names.all(|name| reached.contains(name) || tested.contains(name));
            if is_tested {
                tested.extend(mentions);
            }
            !is_tested
        });
        if waiting.len() == before {
            return waiting.into_iter().map(|node| (node.id.clone(), node.range.clone())).collect();
        }
    }
}

/// A file of a library.
struct Library<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Library<'_> {
    fn collect(&self, items: &[Item], nodes: &mut Vec<Node>) {
        for item in items {
            match item {
                // A test is no reason to keep what it tests, and neither is an import.
                Item::Mod(module) if is_for_tests(&module.attrs) => {}
                Item::Use(_) => {}
                Item::Mod(module) => {
                    let items = module.content.as_ref().map(|(_, items)| &**items);
                    self.collect(items.unwrap_or_default(), nodes);
                }
                Item::Impl(block) if block.trait_.is_none() => self.collect_methods(block, nodes),
                Item::Impl(block) => nodes.push(self.node(owner(block), item)),
                // Its methods are called, and its name is only imported.
                Item::Trait(_) => nodes.push(self.node(Vec::new(), item)),
                item => {
                    let name = rust::name(item);
                    nodes.push(self.node(Vec::from_iter((!name.is_empty()).then_some(name)), item));
                }
            }
        }
    }

    fn collect_methods(&self, block: &ItemImpl, nodes: &mut Vec<Node>) {
        for item in &block.items {
            let mut names = owner(block);
            match item {
                ImplItem::Fn(item) if is_public(&item.vis) => names.push(item.sig.ident.to_string()),
                ImplItem::Const(item) if is_public(&item.vis) => names.push(item.ident.to_string()),
                _ => {}
            }
            nodes.push(self.node(names, item));
        }
    }

    fn node(&self, names: Vec<String>, item: &impl Spanned) -> Node {
        let range = item.span().byte_range();
        Node { id: (self.path.to_owned(), names), mentions: words(&self.text[range.clone()]), range }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The names in code, in the strings of attributes such as serde's, and in strings that are formatted.
fn words(code: &str) -> HashSet<String> {
    fn walk(tokens: TokenStream, is_attribute: bool, found: &mut HashSet<String>) {
        let mut after_hash = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
                TokenTree::Group(group) if after_hash && group.delimiter() == Delimiter::Bracket => {
                    let is_doc = matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc");
                    if !is_doc {
                        walk(group.stream(), true, found);
                    }
                }
                TokenTree::Group(group) => walk(group.stream(), is_attribute, found),
                TokenTree::Literal(literal) if is_attribute => {
                    let text = literal.to_string();
                    found.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
                }
                TokenTree::Punct(ref mark) => {
                    // `#!` is one, too.
                    after_hash = mark.as_char() == '#' || after_hash && mark.as_char() == '!';
                    continue;
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let formatted = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
                    found.extend(formatted.map(str::to_owned));
                }
            }
            after_hash = false;
        }
    }
    let mut found = HashSet::new();
    if let Ok(tokens) = code.parse() {
        walk(tokens, false, &mut found);
    }
    found
}
