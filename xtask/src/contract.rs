//! The contract of four places that must agree: the folders of functions/, their code, template.yaml and openapi.json.

mod document;
mod folders;
mod resources;
mod routes;

use std::fs::read_dir;
use std::path::{Path, PathBuf};

use local::template::Template;
use utoipa::openapi::OpenApi;

use crate::error::{Error, read};
use crate::functions::{self, Function};
use crate::template;

/// The current content of the four places.
pub struct Sources {
    /// The folders of functions/, each with its package.
    pub folders: Vec<Folder>,
    /// The functions with the operations at their routes.
    pub code: Vec<Function>,
    /// template.yaml.
    pub template: Template,
    /// openapi.json.
    pub document: OpenApi,
}

/// A folder of functions/.
pub struct Folder {
    /// Its name.
    pub name: String,
    /// The text of its Cargo.toml.
    pub manifest: String,
    /// The number of events that are recorded for it.
    pub events: usize,
}

impl Sources {
    /// Reads the four places.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let mut folders = Vec::new();
        for folder in entries(&root.join("functions"))? {
            if !folder.join("Cargo.toml").exists() {
                continue;
            }
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            folders.push(Folder {
                manifest: read(&folder.join("Cargo.toml"))?,
                events: read_dir(root.join("events").join(&name)).map_or(0, Iterator::count),
                name,
            });
        }
        Ok(Self {
            folders,
            code: functions::all(),
            template: template::load(root)?,
            document: serde_json::from_str(&read(&root.join("openapi.json"))?)?,
        })
    }

    /// Returns everything that is missing somewhere, with the way to add it. One mistake is one gap.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for check in [
            Self::every_package_is_called_as_its_folder,
            Self::every_function_has_events,
            Self::every_function_is_in_the_document,
            Self::every_folder_has_a_resource,
            Self::every_resource_has_a_folder,
            Self::every_limited_function_can_count,
            Self::every_operation_is_routed,
            Self::every_route_is_answered,
            Self::every_function_url_is_in_code_and_template,
            Self::every_name_is_a_path,
            Self::no_path_has_a_variable_twice,
            Self::the_document_has_every_operation,
        ] {
            check(self, &mut gaps);
        }
        gaps
    }

    fn code_of(&self, name: &str) -> Option<&Function> {
        self.code.iter().find(|function| function.name == name)
    }

    /// Tells whether events other than requests invoke the function, which then has no routes.
    fn is_triggered(&self, name: &str) -> bool {
        self.template.triggers.functions().any(|function| function == name)
    }

    /// True if openapi.json has the status 429 for an operation of the function.
    fn is_limited(&self, name: &str) -> bool {
        let paths = self.code_of(name).map(|function| function.document.paths.paths.keys());
        paths.into_iter().flatten().any(|path| {
            let operations =
                functions::operations(&self.document).filter(|(_, documented, _)| documented == path);
            operations.into_iter().any(|(_, _, operation)| operation.responses.responses.contains_key("429"))
        })
    }
}

/// Returns the content of a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = read_dir(folder).map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
