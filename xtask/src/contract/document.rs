//! The paths of the code, and the operations of openapi.json.

use std::collections::BTreeSet;

use scaffold::name::{name_of, repeated_variable};

use super::Sources;
use crate::functions;

impl Sources {
    pub(super) fn every_name_is_a_path(&self, gaps: &mut Vec<String>) {
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

    /// An event has one value of each variable.
    pub(super) fn no_path_has_a_variable_twice(&self, gaps: &mut Vec<String>) {
        for function in &self.code {
            for path in function.document.paths.paths.keys() {
                if let Some(variable) = repeated_variable(path) {
                    gaps.push(format!(
                        "functions/{}: {path} has {{{variable}}} twice; give each variable a name of its own",
                        function.name
                    ));
                }
            }
        }
    }

    pub(super) fn the_document_has_every_operation(&self, gaps: &mut Vec<String>) {
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
