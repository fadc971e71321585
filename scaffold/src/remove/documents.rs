//! The files that are not Rust: manifests, recorded answers, documents, the benchmarks' targets, and the report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::{Removal, links, manifests, markdown, modules, read, rust, texts, write};
use crate::Error;

impl Removal<'_> {
    /// Manifests, the list of functions in xtask, and recorded answers.
    pub(super) fn texts(&self) -> Result<(), Error> {
        for file in self.files()? {
            let path = self.root.join(&file);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let text = if name == "Cargo.toml" {
                texts::manifest(&read(&path)?, self.names)
            } else if name.ends_with(".snap") && name.contains("recorded_event") {
                texts::snapshot(&read(&path)?, self.names)
            } else {
                continue;
            };
            write(&path, &text)?;
        }
        Ok(())
    }

    /// Features and dependencies that the code no longer uses.
    pub(super) fn manifests(&self, before: &BTreeMap<PathBuf, String>) -> Result<(), Error> {
        let files = self.files()?.into_iter().filter(|file| file.ends_with("Cargo.toml"));
        let mut texts = files
            .map(|file| read(&self.root.join(&file)).map(|text| (file, text)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        manifests::without_unused(&mut texts, before, &self.sources()?);
        texts.iter().try_for_each(|(file, text)| write(&self.root.join(file), text))
    }

    /// Documents, and the programs that are not Rust.
    pub(super) fn documents(&mut self, before: &BTreeMap<PathBuf, String>) -> Result<(), Error> {
        let tests = |sources: &BTreeMap<PathBuf, String>| -> BTreeSet<String> {
            sources.values().flat_map(|text| rust::tests(text)).collect()
        };
        self.tests = &tests(before) - &tests(&self.sources()?);
        let (mut documents, mut sections) = (Vec::new(), BTreeSet::new());
        for file in self.files()? {
            let path = self.root.join(&file);
            let is_of_strangers = file.starts_with("tests/strangers");
            let end = file.extension().unwrap_or_default().to_string_lossy();
            let text = match &*end {
                "md" => {
                    let text = texts::tests_in_rows(&read(&path)?, |test| {
                        test.rsplit_once("::").is_some_and(|(_, name)| self.tests.contains(name))
                    });
                    // A sentence on both is for people to change.
                    let is_gone = |text: &str| self.is_gone(text) && !self.names.has_kept_path(text);
                    let (text, headings) = markdown::document(&text, is_gone);
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    let anchors = headings.iter().map(|heading| links::anchor(heading));
                    sections.extend(anchors.map(|anchor| format!("{name}#{anchor}")));
                    documents.push(file.clone());
                    text
                }
                "ts" => modules::without(&read(&path)?, |module| self.has_module(&file, module)),
                "py" if is_of_strangers => {
                    let text = modules::without(&read(&path)?, |module| self.has_module(&file, module));
                    texts::rows(&text, |line| self.is_gone(line))
                }
                "toml" if is_of_strangers => texts::paragraphs(&read(&path)?, |line| self.is_gone(line)),
                _ => continue,
            };
            write(&path, &text)?;
        }
        for file in documents {
            let path = self.root.join(&file);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let is_gone = |target: &str| {
                let target =
                    if target.starts_with('#') { format!("{name}{target}") } else { target.to_owned() };
                sections.contains(target.rsplit('/').next().unwrap_or_default())
            };
            let links_to_it = |text: &str| links::targets(text).any(&is_gone);
            let text = markdown::without_sentences(&read(&path)?, links_to_it);
            write(&path, &links::without(&text, is_gone))?;
        }
        Ok(())
    }

    /// Tells whether a line names something that is gone.
    fn is_gone(&self, line: &str) -> bool {
        let is_name = |name: &str| {
            self.files.contains(name) || self.names.is_function(name) || self.words.contains(name)
        };
        let leads_to_a_file = |target: &str| {
            let target = target.split('#').next().unwrap_or_default().trim_start_matches("../");
            !target.is_empty() && self.files.iter().any(|file| Path::new(file).ends_with(target))
        };
        // A word in capitals can be a word of any text, unless it is code or begins a key.
        let is_word = |word: &str| word.contains(|c: char| c.is_lowercase() || "_-#".contains(c));
        let words = line.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        self.names.has_path(line)
            || links::targets(line).any(leads_to_a_file)
            || line.split('`').any(is_name)
            || words
                .map(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '#'))
                .any(|word| is_word(word) && self.words.contains(word))
    }

    /// Tells whether a module that a file imports is gone.
    fn has_module(&self, file: &Path, module: &str) -> bool {
        let mut path = file.parent().map(Path::to_owned).unwrap_or_default();
        for part in Path::new(module).components() {
            match part {
                Component::ParentDir => drop(path.pop()),
                Component::Normal(name) => path.push(name),
                _ => {}
            }
        }
        let end = file.extension().unwrap_or_default();
        self.files.contains(&*path.with_extension(end).to_string_lossy())
    }

    /// The benchmarks use what may be gone. They go as a whole.
    pub(super) fn bench(&mut self) -> Result<(), Error> {
        // Errors in several of its files come together.
        if !self.root.join("bench").exists() {
            return Ok(());
        }
        let about_it = ["docs/performance", ".github/workflows/performance"].map(Path::new);
        let is_of_bench =
            |file: &PathBuf| file.starts_with("bench") || about_it.contains(&&*file.with_extension(""));
        for file in self.files()?.into_iter().filter(is_of_bench) {
            self.delete(&file)?;
        }
        let names_it = |line: &str| line.contains("make bench") || line.contains("--package bench ");
        let manifest = self.root.join("Cargo.toml");
        let text = read(&manifest)?.replace("\"bench\", \"bench/bare\", \"bench/floor\", ", "");
        write(&manifest, &texts::paragraphs(&text, names_it))?;
        let makefile = self.root.join("Makefile");
        write(&makefile, &texts::paragraphs(&read(&makefile)?, names_it))?;
        self.words.extend(["bench", "bench-peers", "bench-scale"].map(str::to_owned));
        for (file, text) in self.sources()?.into_iter().filter(|(file, _)| file.starts_with("xtask/tests")) {
            let literals = rust::literals(&text, |literal| literal == "\"-p bench\"");
            self.cut(&file, literals, |_| true)?;
        }
        Ok(())
    }

    pub(super) fn report(&self) -> String {
        let mut report =
            format!("Removed {}", self.names.functions.iter().cloned().collect::<Vec<_>>().join(", "));
        if !self.tests.is_empty() {
            let _ = write!(report, " and {} tests that are about them", self.tests.len());
        }
        report.push_str(
            ".\nRun `make openapi`, and read `git diff`. Prose and TypeScript that still name them:",
        );
        for file in self.files().unwrap_or_default() {
            let end = file.extension().unwrap_or_default().to_string_lossy().into_owned();
            if !["md", "ts", "py", "html", "toml"].contains(&&*end) || file.ends_with("schema.ts") {
                continue;
            }
            let text = read(&self.root.join(&file)).unwrap_or_default();
            for (number, line) in text.lines().enumerate().filter(|(_, line)| self.is_gone(line)) {
                let _ = write!(report, "\n    {}:{}: {}", file.display(), number + 1, line.trim());
            }
        }
        report
    }
}
