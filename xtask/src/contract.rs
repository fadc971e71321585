//! The contract of four places that must agree: the folders of functions/, their code, template.yaml and openapi.json.

use std::collections::BTreeSet;
use std::path::Path;

use local::template::Template;
use scaffold::name::{logical_id, name_of, path_of};
use scaffold::template::{resource, route as route_properties};
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
        let path = root.join("functions");
        let entries =
            std::fs::read_dir(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let mut folders = Vec::new();
        for entry in entries.flatten().filter(|entry| entry.path().join("Cargo.toml").exists()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let manifest = read(&entry.path().join("Cargo.toml"))?;
            let events = std::fs::read_dir(root.join("events").join(&name)).map_or(0, Iterator::count);
            folders.push(Folder { name, manifest, events });
        }
        folders.sort_by(|one, other| one.name.cmp(&other.name));
        let document = serde_json::from_str(&read(&root.join("openapi.json"))?)?;
        Ok(Self { folders, code: functions::all(), template: template::load(root)?, document })
    }

    /// Returns everything that is missing somewhere, with the way to add it.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        self.every_folder_is_known(&mut gaps);
        self.every_name_is_a_path(&mut gaps);
        self.every_operation_is_routed(&mut gaps);
        self.every_route_is_answered(&mut gaps);
        self.every_function_url_is_in_code_and_template(&mut gaps);
        self.the_document_has_every_operation(&mut gaps);
        gaps
    }

    fn every_folder_is_known(&self, gaps: &mut Vec<String>) {
        for Folder { name, manifest, events } in &self.folders {
            if *events == 0 {
                gaps.push(format!("events/{name}: record an event, such as get.json; a test replays it"));
            }
            if !manifest.lines().any(|line| line.trim() == format!("name = \"{name}\"")) {
                gaps.push(format!("functions/{name}/Cargo.toml: call the package `{name}`, as its folder"));
            }
            if !self.is_triggered(name) && !self.code.iter().any(|function| function.name == name) {
                let lib = name.replace('-', "_");
                gaps.push(format!(
                    "xtask/Cargo.toml: add\n    {name} = {{ path = \"../functions/{name}\" }}\n\
                     xtask/src/functions.rs: add\n    \
                     Function {{ name: \"{name}\", document: {lib}::routes().into_openapi() }},"
                ));
            }
            match self.template.function(name) {
                None => gaps.push(format!(
                    "template.yaml: add to Resources, with the function's own path and what it uses of the table\n{}",
                    resource(name, &path_of(name))
                )),
                Some(function) if function.logical_id != logical_id(name) => gaps.push(format!(
                    "template.yaml: call {} {}, after functions/{name}",
                    function.logical_id,
                    logical_id(name)
                )),
                Some(_) => {}
            }
        }
        let folders: BTreeSet<&str> = self.folders.iter().map(|folder| folder.name.as_str()).collect();
        for function in self.template.functions.iter().filter(|function| !folders.contains(&*function.name)) {
            let (id, name) = (&function.logical_id, &function.name);
            gaps.push(format!(
                "template.yaml: {id} has no folder functions/{name}; remove one or add the other"
            ));
        }
    }

    /// Tells whether events of S3 or DynamoDB invoke the function, which then has no routes.
    fn is_triggered(&self, name: &str) -> bool {
        let objects = self.template.object_triggers.iter().map(|trigger| &trigger.function);
        let streams = self.template.stream_triggers.iter().map(|trigger| &trigger.function);
        objects.chain(streams).any(|function| function == name)
    }

    fn every_name_is_a_path(&self, gaps: &mut Vec<String>) {
        for function in &self.code {
            let paths: BTreeSet<&str> =
                functions::operations(&function.document).map(|(_, path, _)| path).collect();
            if !paths.is_empty() && !paths.iter().any(|path| name_of(path) == function.name) {
                gaps.push(format!(
                    "functions/{}: a function is called after its path, this one answers {paths:?}",
                    function.name
                ));
            }
        }
    }

    fn every_operation_is_routed(&self, gaps: &mut Vec<String>) {
        for Function { name, document } in self.code.iter().filter(|function| !function.has_url()) {
            for (method, path, _) in functions::operations(document) {
                let mut routes = self.template.routes.iter().filter(|route| route.path == path).peekable();
                if routes.peek().is_none() {
                    gaps.push(format!(
                        "template.yaml: no route to {method} {path}; add to the Events of {}\n    \
                         NameIt: {{ Type: HttpApi, Properties: {} }}",
                        logical_id(name),
                        route_properties(path)
                    ));
                }
                for route in routes.filter(|route| route.function != *name) {
                    gaps.push(format!(
                        "template.yaml, line {}: {path} goes to {}, functions/{name} answers it",
                        route.line, route.function
                    ));
                }
            }
        }
    }

    fn every_route_is_answered(&self, gaps: &mut Vec<String>) {
        for route in &self.template.routes {
            let (line, key, function) = (route.line, route.key(), &route.function);
            if route.method != "ANY" {
                // The function itself answers 405 with `Allow` in the error shape. The gateway would answer 404 in its
                // own shape.
                gaps.push(format!(
                    "template.yaml, line {line}: route every method: Method: ANY, not {}",
                    route.method
                ));
            }
            if route.path == "$default" {
                continue;
            }
            let code = self.code.iter().find(|code| code.name == *function);
            let is_answered = code.is_some_and(|code| code.document.paths.paths.contains_key(&route.path));
            if !is_answered {
                gaps.push(format!(
                    "functions/{function}: no operation at the path of {key} (template.yaml, line {line}); \
                     add one to `routes()` or remove the route"
                ));
            }
        }
        if !self.template.routes.iter().any(|route| route.path == "$default") {
            gaps.push("template.yaml: no route $default, so that the gateway's own 404 shows".to_owned());
        }
    }

    fn every_function_url_is_in_code_and_template(&self, gaps: &mut Vec<String>) {
        for function in &self.code {
            let name = function.name;
            let Some(declared) = self.template.function(name) else { continue };
            match &declared.url {
                Some(url) if !function.has_url() => gaps.push(format!(
                    "functions/{name}: its Function URL (template.yaml, line {}) is not in the document; \
                     begin `routes()` with `function_url_routes(\"{name}\")`",
                    url.line
                )),
                Some(url) if functions::operations(&function.document).next().is_none() => gaps.push(format!(
                    "functions/{name}: no operation at its Function URL (template.yaml, line {})",
                    url.line
                )),
                None if function.has_url() => gaps.push(format!(
                    "template.yaml: {} has no FunctionUrlConfig, and functions/{name} answers at a Function URL; add\n    \
                     FunctionUrlConfig: {{ AuthType: NONE, InvokeMode: RESPONSE_STREAM }}",
                    declared.logical_id
                )),
                _ => {}
            }
        }
    }

    fn the_document_has_every_operation(&self, gaps: &mut Vec<String>) {
        let keys = |document| -> BTreeSet<String> {
            functions::operations(document).map(|(method, path, _)| format!("{method} {path}")).collect()
        };
        let documented = keys(&self.document);
        let mut answered = BTreeSet::new();
        for function in &self.code {
            for key in keys(&function.document) {
                if !documented.contains(&key) {
                    gaps.push(format!("openapi.json: {key} is missing; run `cargo xtask openapi`"));
                }
                if !answered.insert(key.clone()) {
                    gaps.push(format!("functions/{}: another function answers {key}, too", function.name));
                }
            }
        }
        for key in documented.difference(&answered) {
            gaps.push(format!("openapi.json: no function answers {key}; run `cargo xtask openapi`"));
        }
    }
}
