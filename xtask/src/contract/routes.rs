//! The routes and Function URLs of template.yaml, and the operations of the code.

use scaffold::name::logical_id;
use scaffold::template::route as route_properties;

use super::Sources;
use crate::functions::{self, Function};

impl Sources {
    pub(super) fn every_operation_is_routed(&self, gaps: &mut Vec<String>) {
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
                // A binary that no function has is a gap of the resource.
                let is_function = |name: &str| self.code_of(name).is_some();
                for route in routes.filter(|route| route.function != *name && is_function(&route.function)) {
                    gaps.push(format!(
                        "template.yaml, line {}: {path} goes to {}, functions/{name} answers it",
                        route.line, route.function
                    ));
                }
            }
        }
    }

    pub(super) fn every_route_is_answered(&self, gaps: &mut Vec<String>) {
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
            let code = self.code_of(function);
            if code.is_none() && !self.is_triggered(function) {
                // A function that the document does not know is a gap of its own.
                continue;
            }
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

    pub(super) fn every_function_url_is_in_code_and_template(&self, gaps: &mut Vec<String>) {
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
}
