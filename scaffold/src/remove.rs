//! `cargo xtask remove`: takes functions out, with everything that belongs to them and nothing else.
//!
//! Files are known by their names, and so are entries of template.yaml. What else has to go follows from the code: an
//! item of a library that nothing reaches any more, and what the compiler no longer understands. Functions that stay
//! are never changed: what they need is named, and then nothing is taken out.

mod compiler;
mod cuts;
mod documents;
mod imports;
mod links;
mod manifests;
mod markdown;
mod modules;
mod names;
mod parts;
mod prose;
mod rust;
mod template;
mod texts;
mod unmade;
mod unreached;
mod unused;

use std::collections::{BTreeMap, BTreeSet};
use std::env::var_os;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::names::Names;
use self::parts::Kind;
use self::unreached::Readings;
use crate::{Error, checkout};

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
    remove(root, |functions| Names::of(&args.names, functions))
}

/// Removes every function that is not [kept](names::KEPT), as [`run`] does.
///
/// # Errors
///
/// As [`run`].
pub fn strip(root: &Path) -> Result<String, Error> {
    remove(root, |functions| Ok(Names::but_for_kept(functions)))
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

fn remove(
    root: &Path,
    names: impl FnOnce(&[template::Function]) -> Result<Names, Error>,
) -> Result<String, Error> {
    if !git(root, &["status", "--porcelain"])?.is_empty() {
        return Err(Error::Removal("commit first: git can then bring everything back".to_owned()));
    }
    let names = &names(&functions(root)?)?;
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
    /// The names of tests that went, because they are about what is removed.
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
            while self.prune(&mut readings, &before)? || self.imports()? {}
            let findings = compiler::check(self.root)?;
            if findings.is_empty() {
                break;
            }
            self.follow(findings)?;
        }
        self.manifests(&sources)?;
        self.documents(&sources)?;
        self.generated()
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

    /// The Rust files but for those of this crate, which has names like the product's and uses nothing of it.
    fn sources(&self) -> Result<BTreeMap<PathBuf, String>, Error> {
        let is_wanted =
            |file: &PathBuf| file.extension().is_some_and(|end| end == "rs") && !file.starts_with("scaffold");
        let rust = self.files()?.into_iter().filter(is_wanted);
        rust.map(|file| read(&self.root.join(&file)).map(|text| (file, text))).collect()
    }
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
    output(checkout::cargo().args(args).current_dir(root)).map(drop)
}

fn output(command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|error| Error::Removal(format!("{command:?}: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Removal(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))))
    }
}
