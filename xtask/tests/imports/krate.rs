//! The modules of a crate, and the paths that each names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree};

/// The segments of a path: `crate`, `store`, `Table`.
pub(crate) type Segments = Vec<String>;

/// All modules of a crate but those of unit tests, by path; the root is `crate`.
#[derive(Default)]
pub(crate) struct Crate {
    pub(crate) modules: BTreeMap<String, Module>,
    files: BTreeSet<PathBuf>,
}

/// One module.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) parent: Option<String>,
    pub(crate) children: BTreeSet<String>,
    /// The names of the items that it defines.
    pub(crate) items: BTreeSet<String>,
    /// The path for which each imported name stands.
    pub(crate) imports: BTreeMap<String, Segments>,
    /// The modules from which `*` is imported.
    pub(crate) globs: Vec<Segments>,
    /// Every path in its code and its imports.
    pub(crate) paths: BTreeSet<Segments>,
}

impl Crate {
    /// Reads the crate whose first file is `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut krate = Self::default();
        krate.module("crate", None, root, root.parent().unwrap());
        krate
    }

    pub(crate) fn files(self) -> BTreeSet<PathBuf> {
        self.files
    }

    /// Reads the module of a file, whose children are in `directory`.
    fn module(&mut self, name: &str, parent: Option<&str>, file: &Path, directory: &Path) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.insert(file.to_owned());
        self.items(name, parent, &parsed.items, directory);
    }

    fn items(&mut self, name: &str, parent: Option<&str>, items: &[Item], directory: &Path) {
        let mut module = Module { parent: parent.map(str::to_owned), ..Module::default() };
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            module.items.extend(defined(item));
            match item {
                Item::Mod(child) => {
                    let child_name = child.ident.to_string();
                    let path = format!("{name}::{child_name}");
                    let inside = directory.join(&child_name);
                    if let Some((_, items)) = &child.content {
                        self.items(&path, Some(name), items, &inside);
                    } else {
                        let file = [inside.with_extension("rs"), inside.join("mod.rs")];
                        let file = file.iter().find(|file| file.exists());
                        let file =
                            file.unwrap_or_else(|| panic!("no file of {path} in {}", directory.display()));
                        self.module(&path, Some(name), file, &inside);
                    }
                    module.children.insert(child_name);
                }
                other => Paths(&mut module).visit_item(other),
            }
        }
        self.modules.insert(name.to_owned(), module);
    }
}

/// Returns the name that an item defines in its module.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Tells whether the item is for unit tests, whose imports are free.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// Collects the paths of a module's code.
struct Paths<'m>(&'m mut Module);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

impl Paths<'_> {
    fn import(&mut self, tree: &UseTree, before: &mut Segments) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) => self.imported(&name.ident.to_string(), None, before),
            UseTree::Rename(name) => {
                self.imported(&name.ident.to_string(), Some(name.rename.to_string()), before);
            }
            UseTree::Glob(_) => self.0.globs.push(before.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
        }
    }

    fn imported(&mut self, name: &str, rename: Option<String>, before: &[String]) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let name = rename.or_else(|| path.last().cloned()).unwrap();
        self.0.paths.insert(path.clone());
        self.0.imports.insert(name, path);
    }

    /// Finds paths in the arguments of a macro, which the parser leaves unparsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Segments::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
                TokenTree::Ident(name) => {
                    let earlier = std::mem::replace(&mut path, vec![name.to_string()]);
                    self.0.paths.insert(earlier);
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {
                    self.0.paths.insert(std::mem::take(&mut path));
                }
            }
            colons = 0;
        }
        self.0.paths.insert(path);
    }
}
