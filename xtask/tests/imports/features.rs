//! The features of `shared` that each function's Cargo.toml lists, compared with those that its code uses.
//!
//! A build of several packages turns on every feature that any of them lists, so it misses none. Only the build of a
//! single function would fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use syn::{Attribute, Item, Meta, UseTree, Visibility};

use crate::krate::{Crate, Segments};

type Features = BTreeSet<String>;

/// The features that guard the public items of `shared`.
pub(crate) struct Guards {
    items: BTreeMap<Segments, Features>,
    /// The features that each feature turns on.
    implied: BTreeMap<String, Features>,
}

impl Guards {
    /// Reads the features of the package `shared` and its modules, beginning with its lib.rs.
    pub(crate) fn read(shared: &Value) -> Self {
        let features = shared["features"].as_object().unwrap().iter();
        let implied = features.map(|(name, on)| (name.clone(), texts(on).collect())).collect();
        let mut guards = Self { items: BTreeMap::new(), implied };
        let source = Path::new(shared["manifest_path"].as_str().unwrap()).with_file_name("src");
        guards.module(&source.join("lib.rs"), &source, &vec!["shared".to_owned()]);
        guards
    }

    /// Compares the features that a package lists with those that its crates use.
    pub(crate) fn faults(&self, crates: &[Crate], listed: &Features) -> BTreeSet<String> {
        let on = self.turned_on(listed);
        let (mut faults, mut used) = (BTreeSet::new(), Features::new());
        let modules = crates.iter().flat_map(|krate| krate.modules.values());
        for path in modules.flat_map(|module| &module.paths) {
            for feature in self.of(path) {
                if !on.contains(&feature) {
                    faults.insert(format!("add the feature `{feature}`, for {}", path.join("::")));
                }
                used.insert(feature);
            }
        }
        faults
            .extend(listed.difference(&used).map(|one| format!("remove the feature `{one}`: it is unused")));
        faults
    }

    /// Returns the features, with all that they turn on.
    fn turned_on(&self, listed: &Features) -> Features {
        let implied = listed.iter().filter_map(|feature| self.implied.get(feature)).flatten();
        let on: Features = listed.iter().chain(implied).cloned().collect();
        if on.len() == listed.len() { on } else { self.turned_on(&on) }
    }

    fn module(&mut self, file: &Path, directory: &Path, path: &Segments) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for item in syn::parse_file(&text).unwrap().items {
            match item {
                Item::Mod(module) if is_public(&module.vis) && module.content.is_none() => {
                    let name = module.ident.to_string();
                    let inside = directory.join(&name);
                    let path = [path.as_slice(), &[name]].concat();
                    self.module(&inside.with_extension("rs"), &inside, &path);
                    self.items.insert(path, features(&module.attrs));
                }
                Item::Use(item) if is_public(&item.vis) => {
                    for name in names(&item.tree) {
                        self.items.insert([path.as_slice(), &[name]].concat(), features(&item.attrs));
                    }
                }
                _ => {}
            }
        }
    }

    /// Returns the features without which `path` leads nowhere.
    fn of(&self, path: &Segments) -> Features {
        (1..=path.len()).filter_map(|end| self.items.get(&path[..end])).flatten().cloned().collect()
    }
}

/// Returns the packages of the workspace, as `cargo metadata` describes them, by name.
pub(crate) fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(xtask::root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), package.clone())).collect()
}

/// Returns the features of `shared` that the package lists.
pub(crate) fn listed(package: &Value) -> Features {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    let shared = dependencies.filter(|dependency| dependency["name"] == "shared");
    shared.flat_map(|dependency| texts(&dependency["features"])).collect()
}

fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns the features that `#[cfg(feature = "...")]` names, also within `all(...)`.
fn features(attributes: &[Attribute]) -> Features {
    let conditions = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.to_string()),
        _ => None,
    });
    conditions
        .flat_map(|text| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Returns the names that a `use` gives to its module.
fn names(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => names(&path.tree),
        UseTree::Name(name) => vec![name.ident.to_string()],
        UseTree::Rename(rename) => vec![rename.rename.to_string()],
        UseTree::Group(group) => group.items.iter().flat_map(names).collect(),
        UseTree::Glob(_) => Vec::new(),
    }
}
