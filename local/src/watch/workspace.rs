//! The cargo workspace that builds the functions, as `cargo metadata` describes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, TargetKind};

/// The files that decide about all packages, and are in none of them: <https://doc.rust-lang.org/cargo/reference/>
/// and <https://rust-lang.github.io/rustup/overrides.html>.
const OF_ALL: [&str; 5] =
    ["Cargo.toml", "Cargo.lock", "config.toml", "rust-toolchain", "rust-toolchain.toml"];

/// A workspace, its functions, and the files of each.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    /// The folder that cargo builds into.
    pub(super) target: PathBuf,
    /// The folders of all packages that a function is made of, each with these functions.
    packages: BTreeMap<PathBuf, BTreeSet<String>>,
    /// Files outside of packages that a function is made of, each with these functions.
    outside: BTreeMap<PathBuf, BTreeSet<String>>,
}

/// The functions that a changed file belongs to.
#[derive(Debug, Default)]
pub(super) struct Affected {
    pub(super) functions: BTreeSet<String>,
    /// True if a build that is running has probably read the file.
    pub(super) is_source: bool,
}

impl Workspace {
    /// Returns the workspace around `directory`, which is built into `target`, or the reason why there is none. Blocks while
    /// cargo runs.
    pub(super) fn around(directory: &Path, target: &Path) -> Result<Self, String> {
        let metadata = MetadataCommand::new()
            .current_dir(directory)
            .no_deps()
            .exec()
            .map_err(|error| error.to_string())?;
        Self::of(&metadata, target).map_err(|error| error.to_string())
    }

    fn of(metadata: &Metadata, target: &Path) -> std::io::Result<Self> {
        let folder = |manifest: &Path| fs::canonicalize(manifest.parent().unwrap_or(manifest));
        let mut dependencies = BTreeMap::new();
        for package in &metadata.packages {
            let paths = package.dependencies.iter().filter(|other| other.kind != DependencyKind::Development);
            // A folder that is missing is cargo's to report.
            let folders = paths.filter_map(|other| fs::canonicalize(other.path.as_ref()?).ok());
            dependencies
                .insert(folder(package.manifest_path.as_std_path())?, folders.collect::<BTreeSet<_>>());
        }
        let mut packages = BTreeMap::<PathBuf, BTreeSet<String>>::new();
        for package in &metadata.packages {
            let own = folder(package.manifest_path.as_std_path())?;
            let binaries = package.targets.iter().filter(|target| target.is_kind(TargetKind::Bin));
            for binary in binaries {
                let (mut found, mut left) = (BTreeSet::new(), vec![own.clone()]);
                while let Some(next) = left.pop() {
                    if found.insert(next.clone()) {
                        left.extend(dependencies.get(&next).into_iter().flatten().cloned());
                        packages.entry(next).or_default().insert(binary.name.clone());
                    }
                }
            }
        }
        let root = fs::canonicalize(&metadata.workspace_root)?;
        Ok(Self { root, target: target.to_owned(), packages, outside: BTreeMap::new() })
    }

    /// Returns true if the workspace builds the function's binary.
    pub(super) fn builds(&self, function: &str) -> bool {
        self.packages.values().any(|functions| functions.contains(function))
    }

    /// Returns the functions that are made of the package in this folder.
    pub(super) fn made_of(&self, package: &Path) -> Option<&BTreeSet<String>> {
        self.packages.get(package)
    }

    /// Returns the functions that a changed file belongs to.
    pub(super) fn affected(&self, path: &Path) -> Affected {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(functions) = self.outside.get(path) {
            return Affected { functions: functions.clone(), is_source: true };
        }
        // Editors keep drafts in hidden files.
        if path.starts_with(&self.target) || name.starts_with('.') {
            return Affected::default();
        }
        let is_of_all = OF_ALL.contains(&name.as_ref())
            && [Some(self.root.as_path()), Some(&*self.root.join(".cargo"))].contains(&path.parent());
        if is_of_all {
            let functions = self.packages.values().flatten().cloned().collect();
            return Affected { functions, is_source: false };
        }
        // The package that the file is in, or the packages in a folder that was moved.
        let around = path.ancestors().find_map(|folder| self.packages.get(folder));
        let below = self.packages.iter().filter(|(folder, _)| folder.starts_with(path));
        let functions = around.into_iter().chain(below.map(|(_, functions)| functions)).flatten().cloned();
        Affected { functions: functions.collect(), is_source: true }
    }

    /// Returns true if a change of `path` can change the packages or the folders to watch.
    pub(super) fn is_shaped_by(&self, path: &Path) -> bool {
        let is_manifest = path.file_name().is_some_and(|name| name == "Cargo.toml");
        (is_manifest || path.is_dir()) && !path.starts_with(&self.target)
    }

    /// Takes over the files that cargo read for the last build of a function: the "dep-info files" of
    /// <https://doc.rust-lang.org/cargo/reference/build-cache.html>. They name also what a build script or `include_str!`
    /// reads elsewhere.
    pub(super) fn read_outside(&mut self, function: &str) {
        let text =
            fs::read_to_string(self.target.join("debug").join(format!("{function}.d"))).unwrap_or_default();
        // Most files are in packages. Only the others can have names such as `users/../../openapi.json`.
        let is_plain = |path: &Path| !path.components().any(|part| part == Component::ParentDir);
        let paths = dependencies(&text).map(PathBuf::from);
        for path in
            paths.filter_map(|path| if is_plain(&path) { Some(path) } else { path.canonicalize().ok() })
        {
            let is_inside = path.ancestors().any(|folder| self.packages.contains_key(folder));
            if !is_inside && !path.starts_with(&self.target) {
                self.outside.entry(path).or_default().insert(function.to_owned());
            }
        }
    }

    /// Returns the folders to watch with everything in them, and those to watch alone.
    pub(super) fn folders(&self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let mut whole = BTreeSet::new();
        let mut alone = BTreeSet::from([self.root.clone(), self.root.join(".cargo")]);
        for package in self.packages.keys() {
            match package.strip_prefix(&self.root).map(|inside| inside.components().next()) {
                Ok(Some(first)) => drop(whole.insert(self.root.join(first))),
                // The root's own package: all of its folders but those that are built or hidden.
                Ok(None) => {
                    let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
                    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
                    whole.extend(folders.filter(|path| {
                        let is_hidden =
                            path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
                        !is_hidden && !self.target.starts_with(path)
                    }));
                }
                Err(_) => drop(whole.insert(package.clone())),
            }
        }
        alone.extend(self.outside.keys().filter_map(|path| Some(path.parent()?.to_owned())));
        alone.retain(|folder| folder.is_dir() && !folder.ancestors().any(|above| whole.contains(above)));
        (whole, alone)
    }
}

/// Reads the paths behind `binary:` in a file for `make`, in which `\ ` is a space.
fn dependencies(text: &str) -> impl Iterator<Item = String> {
    let line = text.lines().find_map(|line| line.split_once(": ")).map_or("", |(_, paths)| paths);
    let joined = line.replace("\\ ", "\0");
    joined.split(' ').map(|path| path.replace('\0', " ")).collect::<Vec<_>>().into_iter()
}
