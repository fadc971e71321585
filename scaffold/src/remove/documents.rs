//! The files that are not Rust: manifests, recorded answers, documents, the benchmarks' targets, and the report.

use std::fmt::Write;

use super::{Removal, read, texts, write};
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

    pub(super) fn documents(&self) -> Result<(), Error> {
        let is_test_gone = |test: &str| self.tests.contains(test);
        for file in self.files()?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "md")) {
            let path = self.root.join(&file);
            let text = texts::tests_in_rows(&read(&path)?, is_test_gone);
            let has_file = |line: &str| line.split('`').any(|name| self.files.contains(name));
            let is_gone = |line: &str| self.names.has_path(line) || has_file(line);
            write(&path, &texts::document(&text, is_gone))?;
        }
        Ok(())
    }

    /// The benchmarks use what may be gone. They go as a whole.
    pub(super) fn bench(&self) -> Result<(), Error> {
        let folder = self.root.join("bench");
        // Errors in several of its files come together.
        if !folder.exists() {
            return Ok(());
        }
        std::fs::remove_dir_all(&folder).map_err(|source| Error::File { path: folder, source })?;
        let manifest = self.root.join("Cargo.toml");
        write(&manifest, &read(&manifest)?.replace("\"bench\", \"bench/bare\", ", ""))?;
        let makefile = self.root.join("Makefile");
        let text = read(&makefile)?;
        let blocks = text.split("\n\n").filter(|block| !block.contains("--package bench "));
        write(&makefile, &blocks.collect::<Vec<_>>().join("\n\n"))
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
            for (number, line) in text.lines().enumerate().filter(|(_, line)| self.names.has_path(line)) {
                let _ = write!(report, "\n    {}:{}: {}", file.display(), number + 1, line.trim());
            }
        }
        report
    }
}
