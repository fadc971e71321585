//! The folders of functions/: their packages, their events and their place in the document.

use super::{Folder, Sources};

impl Sources {
    pub(super) fn every_package_is_called_as_its_folder(&self, gaps: &mut Vec<String>) {
        for Folder { name, manifest, .. } in &self.folders {
            if !manifest.lines().any(|line| line.trim() == format!("name = \"{name}\"")) {
                gaps.push(format!("functions/{name}/Cargo.toml: call the package `{name}`, as its folder"));
            }
        }
    }

    pub(super) fn every_function_has_events(&self, gaps: &mut Vec<String>) {
        for Folder { name, .. } in self.folders.iter().filter(|folder| folder.events == 0) {
            gaps.push(format!("events/{name}: record an event, such as get.json; a test replays it"));
        }
    }

    pub(super) fn every_function_is_in_the_document(&self, gaps: &mut Vec<String>) {
        for Folder { name, .. } in &self.folders {
            if !self.is_triggered(name) && self.code_of(name).is_none() {
                let lib = name.replace('-', "_");
                gaps.push(format!(
                    "xtask/Cargo.toml: add\n    {name} = {{ path = \"../functions/{name}\" }}\n\
                     xtask/src/functions.rs: add\n    \
                     Function {{ name: \"{name}\", document: {lib}::routes() }},"
                ));
            }
        }
    }
}
