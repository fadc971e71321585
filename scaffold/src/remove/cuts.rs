//! Code without what is gone: what nothing reaches, and what the compiler no longer understands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::compiler::Finding;
use super::parts::{Kind, Part};
use super::unreached::{Readings, Unreached};
use super::{Removal, imports, parts, read, rust, write};
use crate::Error;

impl Removal<'_> {
    /// Takes out the items that nothing reaches any more. Returns `false` if there are none.
    pub(super) fn prune(&mut self, readings: &mut Readings, before: &Unreached) -> Result<bool, Error> {
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

    /// Takes out the imports that lead nowhere any more, with what uses them. Returns `false` if there are none.
    pub(super) fn imports(&mut self) -> Result<bool, Error> {
        let mut is_any = false;
        for (file, places) in imports::dangling(&self.sources()?) {
            is_any |= self.cut(&file, places, |part| may_go(&file, part))? > 0;
        }
        Ok(is_any)
    }

    /// Takes out of the tests what names a path, and of their lists what names a function.
    pub(super) fn literals(&mut self) -> Result<(), Error> {
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
    pub(super) fn follow(&mut self, findings: Vec<Finding>) -> Result<(), Error> {
        let mut by_file: BTreeMap<PathBuf, Vec<Finding>> = BTreeMap::new();
        for finding in findings {
            by_file.entry(finding.file.clone()).or_default().push(finding);
        }
        let texts: Vec<String> =
            by_file.keys().map(|file| read(&self.root.join(file))).collect::<Result<_, _>>()?;
        let mut needed = Vec::new();
        for ((file, findings), text) in by_file.into_iter().zip(texts) {
            if file.starts_with("bench") {
                self.bench()?;
                continue;
            }
            // The places are those of the text that was checked, and a module of it may have gone since.
            if read(&self.root.join(&file)).ok().as_ref() != Some(&text) {
                continue;
            }
            let mut replacements: Vec<_> =
                findings.iter().filter_map(|finding| finding.replacement.clone()).collect();
            if !replacements.is_empty() {
                replacements.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
                replacements.dedup();
                let mut text = text;
                for (range, replacement) in replacements {
                    text.replace_range(range, &replacement);
                }
                write(&self.root.join(&file), &text)?;
                continue;
            }
            let (missing, others): (Vec<&Finding>, Vec<&Finding>) =
                findings.iter().partition(|finding| finding.is_about_a_name());
            let places = |findings: Vec<&Finding>| {
                findings.into_iter().flat_map(|finding| places(finding, &text)).collect()
            };
            let mut cut = self.cut(&file, places(missing), |part| may_go(&file, part))?;
            if cut == 0 {
                // What has the wrong shape now is not gone: a part of it is.
                let is_small = |part: &Part| part.kind != Kind::Item && may_go(&file, part);
                cut = self.cut(&file, places(others), is_small)?;
            }
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
    pub(super) fn cut(
        &mut self,
        file: &Path,
        places: Vec<Range<usize>>,
        may_go: impl Fn(&Part) -> bool,
    ) -> Result<usize, Error> {
        let text = read(&self.root.join(file))?;
        let parts = places.into_iter().filter_map(|place| {
            // Helpers of tests fill a table with items of every kind.
            parts::smallest_part(&text, place, file.starts_with("tests"))
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
            text = parts::cut(&text, &part.range);
            count += 1;
        }
        if count > 0 && rust::is_empty(&text) {
            self.delete(file)?;
            let tests = file.with_extension("").join("tests.rs");
            if self.root.join(&tests).exists() {
                self.delete(&tests)?;
            }
        } else if count > 0 {
            write(&self.root.join(file), &text)?;
        }
        Ok(count)
    }

    /// Deletes a file, and the module that it is.
    pub(super) fn delete(&mut self, file: &Path) -> Result<(), Error> {
        let path = self.root.join(file);
        std::fs::remove_file(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        self.files.insert(file.display().to_string());
        for parent in parents(self.root, file) {
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

/// The files that can declare a file's module.
fn parents(root: &Path, file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let candidates = [folder.with_extension("rs"), folder.join("main.rs"), folder.join("lib.rs")];
    candidates.into_iter().filter(|candidate| candidate != file && root.join(candidate).exists()).collect()
}
