//! The resources of template.yaml, one for each folder of functions/.

use local::template::Function;
use scaffold::name::{logical_id, path_of};
use scaffold::template::resource;

use super::Sources;

impl Sources {
    pub(super) fn every_folder_has_a_resource(&self, gaps: &mut Vec<String>) {
        for name in self.folders.iter().map(|folder| folder.name.as_str()) {
            let id = logical_id(name);
            match (self.template.function(name), self.template.function(&id)) {
                (Some(function), _) if function.logical_id != id => gaps.push(format!(
                    "template.yaml: call {} {id}, after functions/{name}",
                    function.logical_id
                )),
                (Some(function), _) => check(function, gaps),
                (None, Some(function)) => gaps.push(format!(
                    "template.yaml: {id} has another folder's binary, {}; write\n    \
                     BuildProperties: {{ Binary: {name} }}",
                    function.name
                )),
                (None, None) => gaps.push(format!(
                    "template.yaml: add to Resources, with the function's own path and its use of the table\n{}",
                    resource(name, &path_of(name))
                )),
            }
        }
    }

    pub(super) fn every_resource_has_a_folder(&self, gaps: &mut Vec<String>) {
        let has_folder = |function: &Function| {
            self.folders
                .iter()
                .any(|folder| folder.name == function.name || logical_id(&folder.name) == function.logical_id)
        };
        for Function { logical_id, name, .. } in
            self.template.functions.iter().filter(|function| !has_folder(function))
        {
            gaps.push(format!(
                "template.yaml: {logical_id} has no folder functions/{name}; remove one or add the other"
            ));
        }
    }

    /// The counts of a rate limit are in the table, and `RATE_LIMIT_SCALE` is their factor.
    pub(super) fn every_limited_function_can_count(&self, gaps: &mut Vec<String>) {
        for function in &self.template.functions {
            let id = &function.logical_id;
            if self.is_limited(&function.name) && !function.variables.contains_key("RATE_LIMIT_SCALE") {
                gaps.push(format!(
                    "template.yaml: {id} limits rates; add to its Environment.Variables\n    \
                     RATE_LIMIT_SCALE: !Ref RateLimitScale\n\
                     and to its Policies a statement that allows dynamodb:UpdateItem on RATE#write#*"
                ));
            }
        }
    }
}

/// Compares a resource with its folder and with its own environment.
fn check(function: &Function, gaps: &mut Vec<String>) {
    let Function { logical_id, name, code_uri, variables, has_policies, .. } = function;
    let folder = format!("functions/{name}");
    if code_uri.as_deref().is_none_or(|found| found.trim_end_matches('/') != folder) {
        let found = code_uri.as_deref().unwrap_or("missing");
        gaps.push(format!(
            "template.yaml: the CodeUri of {logical_id} is {found}; write\n    CodeUri: {folder}"
        ));
    }
    if variables.contains_key("TABLE_NAME") && !has_policies {
        gaps.push(format!(
            "template.yaml: {logical_id} has TABLE_NAME and may not call the table; add Policies that name each \
             action and, with dynamodb:LeadingKeys, its keys"
        ));
    }
}
