//! `cargo xtask remove`: takes functions out, with everything that belongs to them and nothing else.
//!
//! Files are known by their names, and so are entries of template.yaml. What else has to go follows from the code: an
//! item of a library that nothing reaches any more, and what the compiler no longer understands. Functions that stay
//! are never changed: what they need is named, and then nothing is taken out.

mod compiler;
mod documents;
mod links;
mod manifests;
mod markdown;
mod modules;
mod names;
mod prose;
mod rust;
mod template;
mod texts;
mod unmade;
mod unreached;
mod unused;

use std::collections::{BTreeMap, BTreeSet};
use std::env::var_os;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::compiler::Finding;
use self::names::Names;
use self::rust::{Kind, Part};
use self::unreached::{Readings, Unreached};
use crate::Error;

/// The functions that `remove` takes out.
#[derive(clap::Args)]
pub struct Args {
    /// Functions, such as `weather`; `problems` is `problems-id`, too
    #[arg(required = true)]
    pub names: Vec<String>,
}

/// Removes functions and everything that belongs to them.
///
/// # Errors
///
/// If there is no such function, if something is not committed, or if something that stays needs one of them. Then
/// nothing is removed.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    remove(root, &Names::of(&args.names, &functions(root)?)?)
}

/// Removes every function that is not [kept](names::KEPT), as [`run`] does.
///
/// # Errors
///
/// As [`run`].
pub fn strip(root: &Path) -> Result<String, Error> {
    remove(root, &Names::but_for_kept(&functions(root)?))
}

fn functions(root: &Path) -> Result<Vec<template::Function>, Error> {
    let folders = root.join("functions");
    let entries =
        std::fs::read_dir(&folders).map_err(|source| Error::File { path: folders.clone(), source })?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(template::functions(&read(&root.join("template.yaml"))?, names.into_iter()))
}

fn remove(root: &Path, names: &Names) -> Result<String, Error> {
    if !git(root, &["status", "--porcelain"])?.is_empty() {
        return Err(Error::Removal("commit first: git can then bring everything back".to_owned()));
    }
    let mut removal =
        Removal { root, names, files: BTreeSet::new(), tests: BTreeSet::new(), words: BTreeSet::new() };
    let done = removal.run();
    if done.is_err() {
        git(root, &["checkout", "--quiet", "--", "."])?;
    }
    done.map(|()| removal.report())
}

struct Removal<'a> {
    root: &'a Path,
    names: &'a Names,
    /// Files that went.
    files: BTreeSet<String>,
    /// Tests that went, because they are about what is removed.
    tests: BTreeSet<String>,
    /// Names that went, and that documents can have: of resources and variables in template.yaml, of commands.
    words: BTreeSet<String>,
}

impl Removal<'_> {
    fn run(&mut self) -> Result<(), Error> {
        let sources = self.sources()?;
        let mut readings = Readings::default();
        let before = readings.unreached(&sources);
        let resources = self.template()?;
        for file in self.files()?.into_iter().filter(|file| self.names.owns(file, &resources)) {
            self.delete(&file)?;
        }
        self.texts()?;
        self.tags()?;
        self.literals()?;
        loop {
            while self.prune(&mut readings, &before)? {}
            let findings = compiler::check(self.root)?;
            if findings.is_empty() {
                break;
            }
            self.follow(findings)?;
        }
        self.manifests(&sources)?;
        self.documents()?;
        self.generated()
    }

    /// Takes out the items that nothing reaches any more. Returns `false` if there are none.
    fn prune(&mut self, readings: &mut Readings, before: &Unreached) -> Result<bool, Error> {
        let sources = self.sources()?;
        let Unreached { items, variants } = readings.unreached(&sources);
        let items = items.into_iter().filter(|(id, _)| !before.items.contains_key(id));
        let variants = variants.into_iter().filter(|(id, _)| !before.variants.contains_key(id));
        let mut by_file: BTreeMap<PathBuf, Vec<Part>> = BTreeMap::new();
        for ((file, _), range) in items {
            by_file.entry(file).or_default().push(Part::of(range));
        }
        for ((file, of, _), range) in variants {
            // Documents name the codes of errors.
            if of == "Code" {
                self.words.extend(sources[&file][range.clone()].split('"').nth(1).map(str::to_owned));
            }
            by_file.entry(file).or_default().push(Part::of(range));
        }
        let is_any = !by_file.is_empty();
        for (file, parts) in by_file {
            self.take(&file, parts)?;
        }
        Ok(is_any)
    }

    /// Takes out of the tests what names a path, and of their lists what names a function.
    fn literals(&mut self) -> Result<(), Error> {
        for (file, text) in self.sources()? {
            if !["tests", "xtask/tests", "bench"].iter().any(|folder| file.starts_with(folder)) {
                continue;
            }
            let is_name = |literal: &str| self.names.is_function(literal.trim_matches('"'));
            let mut literals =
                rust::literals(&text, |literal| is_name(literal) || self.names.has_path(literal));
            literals.retain(|range| {
                self.names.has_path(&text[range.clone()])
                    || rust::constant(&text, range).is_some_and(|texts| self.names.are_functions(&texts))
            });
            self.cut(&file, literals, |_| true)?;
        }
        Ok(())
    }

    /// Takes out what the compiler no longer understands, or says that something which stays needs it.
    fn follow(&mut self, findings: Vec<Finding>) -> Result<(), Error> {
        let mut by_file: BTreeMap<PathBuf, Vec<Finding>> = BTreeMap::new();
        for finding in findings {
            by_file.entry(finding.file.clone()).or_default().push(finding);
        }
        let mut needed = Vec::new();
        for (file, findings) in by_file {
            if file.starts_with("bench") {
                self.bench()?;
                continue;
            }
            let text = read(&self.root.join(&file))?;
            if let Some((range, replacement)) =
                findings.iter().find_map(|finding| finding.replacement.clone())
            {
                let text = format!("{}{replacement}{}", &text[..range.start], &text[range.end..]);
                write(&self.root.join(&file), &text)?;
                continue;
            }
            let places = findings.iter().flat_map(|finding| places(finding, &text)).collect();
            let cut = self.cut(&file, places, |part| may_go(&file, part))?;
            if cut == 0 {
                let Finding { line, message, .. } = &findings[0];
                needed.push(format!("{}:{line}: {message}", file.display()));
            }
        }
        if needed.is_empty() {
            return Ok(());
        }
        Err(Error::Removal(format!(
            "something that stays needs what was to go, so nothing is removed:\n    {}",
            needed.join("\n    ")
        )))
    }

    /// Takes the smallest parts out of a file that the places are in, and returns their number.
    fn cut(
        &mut self,
        file: &Path,
        places: Vec<Range<usize>>,
        may_go: impl Fn(&Part) -> bool,
    ) -> Result<usize, Error> {
        let text = read(&self.root.join(file))?;
        let parts = places.into_iter().filter_map(|place| {
            // Helpers of tests fill a table with items of every kind.
            rust::smallest_part(&text, place, file.starts_with("tests"))
        });
        self.take(file, parts.filter(may_go).collect())
    }

    fn take(&mut self, file: &Path, mut parts: Vec<Part>) -> Result<usize, Error> {
        let mut text = read(&self.root.join(file))?;
        // From behind, and the outer one of two that are in each other.
        parts.sort_by_key(|part| (std::cmp::Reverse(part.range.end), part.range.start));
        let mut count = 0;
        let mut end = text.len();
        for part in parts {
            if part.range.end > end {
                continue;
            }
            end = part.range.start;
            text = rust::cut(&text, &part.range);
            count += 1;
            if part.kind == Kind::Test {
                self.tests.insert(format!("{}::{}", module(file), part.name));
            }
        }
        if count > 0 && rust::is_empty(&text) {
            self.delete(file)?;
        } else if count > 0 {
            write(&self.root.join(file), &text)?;
        }
        Ok(count)
    }

    /// Deletes a file, and the module that it is.
    fn delete(&mut self, file: &Path) -> Result<(), Error> {
        let path = self.root.join(file);
        if file.extension().is_some_and(|extension| extension == "rs") {
            for test in rust::tests(&read(&path)?) {
                self.tests.insert(format!("{}::{test}", module(file)));
            }
        }
        std::fs::remove_file(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        self.files.insert(file.display().to_string());
        if let Some(parent) = parent(self.root, file) {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = read(&self.root.join(&parent))?;
            if let Some(range) = rust::module(&text, &stem) {
                self.cut(&parent, vec![range], |_| true)?;
            }
        }
        // Folders that have nothing left.
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|folder| std::fs::remove_dir(folder).is_ok()) {
            folder = empty.parent();
        }
        Ok(())
    }

    /// Takes out of template.yaml what belongs to the functions, and returns the resources whose name is one word.
    fn template(&mut self) -> Result<BTreeSet<String>, Error> {
        let path = self.root.join("template.yaml");
        let before = read(&path)?;
        let (text, gone) = template::without(&before, &self.names.functions);
        // A word with one capital is a word of any text.
        let is_name = |word: &&str| word.chars().filter(|c| c.is_uppercase()).count() > 1;
        let (names, words): (Vec<&str>, Vec<&str>) = gone.into_iter().partition(is_name);
        self.words.extend(names.into_iter().map(str::to_owned));
        write(&path, &text)?;
        Ok(words.into_iter().map(str::to_lowercase).collect())
    }

    /// The descriptions of tags that only removed operations have.
    fn tags(&mut self) -> Result<(), Error> {
        let document = read(&self.root.join("openapi.json"))?;
        let document: Value = serde_json::from_str(&document).unwrap_or_default();
        let (mut gone, mut kept) = (BTreeSet::new(), BTreeSet::new());
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            let operations = item.as_object().into_iter().flatten();
            let tags =
                operations.flat_map(|(_, operation)| operation["tags"].as_array().into_iter().flatten());
            let tags = tags.map(ToString::to_string);
            if self.names.has_path(path) { gone.extend(tags) } else { kept.extend(tags) }
        }
        let file = Path::new("xtask/src/openapi/about.rs");
        let text = read(&self.root.join(file))?;
        let literals = rust::literals(&text, |literal| gone.contains(literal) && !kept.contains(literal));
        self.cut(file, literals, |part| part.kind == Kind::Element).map(drop)
    }

    /// Writes what is made of the code: its format, openapi.json, the table of routes.
    fn generated(&self) -> Result<(), Error> {
        cargo(self.root, &["fmt", "--all"])?;
        // Of the whole workspace, so that dependencies are not compiled again with other features.
        cargo(self.root, &["build", "--quiet", "--workspace", "--bin", "xtask"])?;
        let target = var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from);
        output(Command::new(target.join("debug/xtask")).arg("openapi").current_dir(self.root)).map(drop)
    }

    /// The files of the repository that are there.
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let listed = git(self.root, &["ls-files"])?;
        Ok(listed.lines().map(PathBuf::from).filter(|file| self.root.join(file).exists()).collect())
    }

    fn sources(&self) -> Result<BTreeMap<PathBuf, String>, Error> {
        let rust = self.files()?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
        rust.map(|file| read(&self.root.join(&file)).map(|text| (file, text))).collect()
    }
}

/// The place of a finding; if an import is gone, also those that use its name.
fn places(finding: &Finding, text: &str) -> Vec<Range<usize>> {
    let is_import = finding.message.starts_with("unresolved import");
    let name = text.get(finding.range()).unwrap_or_default().rsplit(':').next().unwrap_or_default();
    let uses = if is_import { rust::uses(text, name) } else { Vec::new() };
    [vec![finding.range()], uses].concat()
}

/// Tells whether a part may go because something that it needs is gone.
fn may_go(file: &Path, part: &Part) -> bool {
    if file.starts_with("functions") {
        return false;
    }
    // The emulator and the chores list what belongs to the product; the rest of them is not about it.
    let is_list = matches!(part.kind, Kind::Import | Kind::Element | Kind::Test);
    let is_tool = file.starts_with("local") && !file.starts_with("local/src/product");
    is_list || !is_tool && part.name != "main"
}

/// `tests::api::posts` for tests/api/posts.rs, as docs/security.md names tests.
fn module(file: &Path) -> String {
    let mut words: Vec<String> = file
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().replace('-', "_"))
        .collect();
    words.retain(|word| !["src", "main", "lib", "functions"].contains(&&**word));
    words.join("::")
}

/// The file that declares a file's module.
fn parent(root: &Path, file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?;
    let candidates = [folder.with_extension("rs"), folder.join("main.rs"), folder.join("lib.rs")];
    candidates.into_iter().find(|candidate| candidate != file && root.join(candidate).exists())
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn git(root: &Path, args: &[&str]) -> Result<String, Error> {
    output(Command::new("git").args(args).current_dir(root))
}

fn cargo(root: &Path, args: &[&str]) -> Result<(), Error> {
    output(Command::new("cargo").args(args).current_dir(root)).map(drop)
}

fn output(command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|error| Error::Removal(format!("{command:?}: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Removal(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))))
    }
}
