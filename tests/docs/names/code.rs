//! The items that the workspace's Rust sources define.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItemFn, Item, ItemImpl, TraitItemFn, Type, Variant};

/// Words after which an item's name comes.
const KEYWORDS: [&str; 9] =
    ["const", "enum", "fn", "macro_rules", "mod", "static", "struct", "trait", "type"];

/// Paths of items, such as `shared`, `store`, `posts`, `Posts`, `create`, by the file that has them.
pub(super) struct Code(BTreeMap<String, Vec<Vec<String>>>);

impl Code {
    /// Reads all Rust files of the workspace's packages.
    pub(super) fn read(root: &Path) -> Self {
        let mut code = Self(BTreeMap::new());
        let folders = ["bench", "functions", "local", "scaffold", "shared", "tests", "xtask"];
        // `cargo xtask remove` can take the benchmarks out.
        for folder in folders.map(|folder| root.join(folder)).iter().filter(|folder| folder.exists()) {
            code.read_folder(root, folder);
        }
        code
    }

    /// Returns true if there is an item of this name; the modules and types before it may be left out, but not be others.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.values().flatten().any(|path| is_named(path, name))
    }

    /// Returns true if this file has such an item.
    pub(super) fn defines(&self, file: &str, name: &str) -> bool {
        self.0.get(file).is_some_and(|paths| paths.iter().any(|path| is_named(path, name)))
    }

    fn read_folder(&mut self, root: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read_folder(root, &path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                let parsed = syn::parse_file(&fs::read_to_string(&path).unwrap());
                let parsed = parsed.unwrap_or_else(|error| panic!("{file}: {error}"));
                let mut items = Items { within: module(&file), paths: Vec::new() };
                items.paths.push(items.within.clone());
                items.visit_file(&parsed);
                self.0.insert(file, items.paths);
            }
        }
    }
}

/// The module of a file: `shared/src/store/posts.rs` is `shared`, `store`, `posts`.
fn module(file: &str) -> Vec<String> {
    let parts = file.trim_end_matches(".rs").split('/');
    let parts = parts.filter(|part| !["functions", "src", "lib", "main"].contains(part));
    parts.map(|part| part.replace('-', "_")).collect()
}

/// Returns true if the path ends with the last part of the name and has the others before that, in their order.
fn is_named(path: &[String], name: &str) -> bool {
    let mut parts = name.split("::").collect::<Vec<_>>().into_iter().rev();
    let mut path = path.iter().rev();
    path.next().map(String::as_str) == parts.next() && parts.all(|part| path.any(|segment| segment == part))
}

/// Collects the items of one file.
struct Items {
    within: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Items {
    fn add(&mut self, name: &impl ToString) {
        self.paths.push([&*self.within, &[name.to_string()]].concat());
    }

    /// Visits what is inside an item with this name.
    fn inside(&mut self, name: &impl ToString, visit: impl FnOnce(&mut Self)) {
        self.within.push(name.to_string());
        visit(self);
        self.within.pop();
    }

    /// Adds what a macro's invocation defines.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut is_name = false;
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(ident) if is_name => {
                    self.add(&ident);
                    is_name = false;
                }
                TokenTree::Ident(ident) => is_name = KEYWORDS.contains(&ident.to_string().as_str()),
                _ => is_name = false,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item(&mut self, item: &'ast Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Mod(item) => &item.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Macro(item) => {
                if let Some(name) = &item.ident {
                    self.add(name);
                }
                self.add_tokens(item.mac.tokens.clone());
                return;
            }
            _ => return visit::visit_item(self, item),
        };
        self.add(name);
        self.inside(name, |items| visit::visit_item(items, item));
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let Type::Path(path) = &*item.self_ty else { return };
        let Some(name) = path.path.segments.last() else { return };
        self.inside(&name.ident, |items| visit::visit_item_impl(items, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig.ident);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.add(&item.sig.ident);
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        self.add(&variant.ident);
    }
}
