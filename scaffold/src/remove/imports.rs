//! Imports that lead nowhere any more, found without the compiler, which would tell of them crate by crate.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ItemMacro, ItemUse, UseTree};

use super::rust;

/// Finds the imports of own names that nothing defines, and in the same file the places that use them.
///
/// A name is known by itself: an import stays as long as any file defines its name.
pub(super) fn dangling(sources: &BTreeMap<PathBuf, String>) -> Vec<(PathBuf, Vec<Range<usize>>)> {
    let mut defined = Defined::default();
    let files: Vec<(&PathBuf, &String, syn::File)> =
        sources.iter().filter_map(|(path, text)| Some((path, text, syn::parse_file(text).ok()?))).collect();
    for (path, _, file) in &files {
        defined.0.extend(modules(path));
        defined.visit_file(file);
    }
    let mut found = Vec::new();
    // Functions keep their imports: if one leads nowhere, the compiler says what the function needs.
    for (path, text, file) in files.iter().filter(|(path, ..)| !path.starts_with("functions")) {
        let mut imports = Imports { defined: &defined.0, places: Vec::new(), names: Vec::new() };
        imports.visit_file(file);
        let Imports { mut places, names, .. } = imports;
        places.extend(names.iter().flat_map(|name| rust::uses(text, name)));
        if !places.is_empty() {
            found.push(((*path).clone(), places));
        }
    }
    found
}

/// The names of the modules and the package that a file stands for.
fn modules(path: &Path) -> impl Iterator<Item = String> {
    let parts = path.with_extension("");
    let parts: Vec<String> =
        parts.components().map(|part| part.as_os_str().to_string_lossy().replace('-', "_")).collect();
    parts.into_iter()
}

/// The names that items, variants and macros define.
#[derive(Default)]
struct Defined(BTreeSet<String>);

impl<'ast> Visit<'ast> for Defined {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.0.insert(rust::name(item));
        visit::visit_item(self, item);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.0.insert(variant.ident.to_string());
    }

    fn visit_use_rename(&mut self, rename: &'ast syn::UseRename) {
        self.0.insert(rename.rename.to_string());
    }

    /// A macro can define each name that it is given.
    fn visit_item_macro(&mut self, invoked: &'ast ItemMacro) {
        fn walk(tokens: TokenStream, names: &mut BTreeSet<String>) {
            for token in tokens {
                match token {
                    TokenTree::Ident(name) => drop(names.insert(name.to_string())),
                    TokenTree::Group(group) => walk(group.stream(), names),
                    _ => {}
                }
            }
        }
        walk(invoked.mac.tokens.clone(), &mut self.0);
    }
}

struct Imports<'a> {
    defined: &'a BTreeSet<String>,
    places: Vec<Range<usize>>,
    names: Vec<String>,
}

impl Imports<'_> {
    /// Collects the imports of a tree that lead nowhere: all of them if the path to it does not.
    fn collect(&mut self, tree: &UseTree, leads_nowhere: bool) {
        let is_gone = |name: &syn::Ident| {
            leads_nowhere || !self.defined.contains(&name.to_string()) && !is_keyword(name)
        };
        match tree {
            UseTree::Path(path) => {
                let is_gone = is_gone(&path.ident);
                self.collect(&path.tree, is_gone);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.collect(tree, leads_nowhere)),
            UseTree::Name(name) if is_gone(&name.ident) => self.take(&name.ident, &name.ident),
            UseTree::Rename(name) if is_gone(&name.ident) => self.take(&name.ident, &name.rename),
            _ => {}
        }
    }

    fn take(&mut self, place: &syn::Ident, name: &syn::Ident) {
        self.places.push(place.span().byte_range());
        self.names.push(name.to_string());
    }
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && (is_keyword(&path.ident) || is_package(&path.ident.to_string()))
        {
            self.collect(&path.tree, false);
        }
    }
}

fn is_keyword(name: &syn::Ident) -> bool {
    ["crate", "self", "super"].iter().any(|keyword| name == keyword)
}

/// Tells whether this is a library of the workspace that others import.
fn is_package(name: &str) -> bool {
    ["local", "shared", "tests", "xtask"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let texts: BTreeMap<PathBuf, String> = sources;
        let places = dangling(&texts).into_iter().flat_map(|(path, ranges)| {
            let text = texts[&path].clone();
            ranges.into_iter().map(move |range| text[range].to_owned()).collect::<Vec<_>>()
        });
        places.collect()
    }

    #[test]
    fn an_import_of_what_nothing_defines_is_found_with_its_uses() {
        let user = ("shared/src/user.rs", "pub struct User;\nid! { UserId }");
        assert_eq!(
            found(&[user, ("a.rs", "use shared::{Post, User, UserId, user};\nfn f(_: Post, _: User) {}")]),
            ["Post", "Post", "Post"]
        );
        assert_eq!(found(&[user, ("a.rs", "use std::fs::File;\nuse crate::user::User as U;")]), [""; 0]);
    }

    #[test]
    fn nothing_dangles_in_this_checkout() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let listed = std::process::Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"])
            .current_dir(root)
            .output();
        let files = String::from_utf8(listed.unwrap().stdout).unwrap();
        let files =
            files.lines().filter_map(|file| Some((file, std::fs::read_to_string(root.join(file)).ok()?)));
        let files: Vec<(&str, String)> = files.collect();
        assert!(files.len() > 300, "the files are found");
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, &**text)).collect();
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn everything_below_a_module_that_is_gone_is_gone() {
        let files = [("shared/src/user.rs", "pub struct User;"), ("a.rs", "use crate::post::{Id, User};")];
        assert_eq!(found(&files), ["Id", "User", "Id", "User"]);
    }
}
