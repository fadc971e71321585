//! Functions and their routes.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Function, FunctionUrl, MAX_INTEGRATION_TIMEOUT, Route, TemplateError, Variable, api, events,
    intrinsics::Resolver, yaml::Node,
};

/// The binary's name: as `BuildProperties` has it, else from the logical id.
pub(super) fn function_name(logical_id: &str, resource: &Node) -> String {
    if let Some(binary) = resource.at(&["Metadata", "BuildProperties", "Binary"]).and_then(Node::text) {
        return binary.to_owned();
    }
    let stem = logical_id.strip_suffix("Function").filter(|stem| !stem.is_empty()).unwrap_or(logical_id);
    let mut name = String::with_capacity(stem.len() + 4);
    for (index, letter) in stem.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

pub(super) fn function(
    root: &Node,
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Function, TemplateError> {
    let property = |path: &[&str]| -> Option<&Node> {
        resource
            .get("Properties")
            .and_then(|own| own.at(path))
            .or_else(|| root.at(&["Globals", "Function"]).and_then(|globals| globals.at(path)))
    };
    let number = |name: &str, default: u64| match property(&[name]) {
        Some(node) => natural(resolver, node, name),
        None => Ok(default),
    };
    let logging = |name: &str, default: &str| match property(&["LoggingConfig", name]) {
        Some(node) => resolver.text(node),
        None => Ok(default.to_owned()),
    };
    let mut variables = BTreeMap::new();
    for source in [root.at(&["Globals", "Function"]), resource.get("Properties")].into_iter().flatten() {
        for (name, node) in source.at(&["Environment", "Variables"]).map(Node::entries).unwrap_or_default() {
            variables.remove(name);
            if let Some(value) = resolver.resolve(node)? {
                let text = match value {
                    Value::String(text) => text,
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    other => return Err(node.error(format!("{name} must be text, found {other}"))),
                };
                let variable =
                    if text.contains("{{resolve:") { Variable::Secret } else { Variable::Plain(text) };
                variables.insert(name.clone(), variable);
            }
        }
    }
    let reserved = property(&["ReservedConcurrentExecutions"])
        .map(|node| natural(resolver, node, "ReservedConcurrentExecutions"))
        .transpose()?;
    Ok(Function {
        logical_id: logical_id.to_owned(),
        name: function_name(logical_id, resource),
        timeout: Duration::from_secs(number("Timeout", 3)?),
        memory_size: number("MemorySize", 128)?,
        variables,
        log_format: logging("LogFormat", "Text")?,
        log_level: logging("ApplicationLogLevel", "INFO")?,
        reserved_concurrency: reserved.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        asynchronous: events::async_limits(resolver, property(&["EventInvokeConfig"]))?,
        url: property(&["FunctionUrlConfig"]).map(|node| url(resolver, node)).transpose()?,
    })
}

fn url(resolver: &Resolver<'_>, node: &Node) -> Result<FunctionUrl, TemplateError> {
    let text = |name: &str| node.get(name).map(|value| resolver.text(value)).transpose();
    let wrong = |name: &str, message: String| Err(node.get(name).unwrap_or(node).error(message));
    match text("AuthType")?.as_deref() {
        Some("NONE") => {}
        Some("AWS_IAM") => {
            return wrong("AuthType", "`local` checks no signatures: AuthType must be NONE".to_owned());
        }
        other => {
            return wrong("AuthType", format!("AuthType must be NONE, found {}", other.unwrap_or("nothing")));
        }
    }
    let streams = match text("InvokeMode")?.as_deref() {
        None | Some("BUFFERED") => false,
        Some("RESPONSE_STREAM") => true,
        Some(other) => {
            return wrong(
                "InvokeMode",
                format!("InvokeMode must be BUFFERED or RESPONSE_STREAM, found {other}"),
            );
        }
    };
    let cors = node.get("Cors").map(|cors| api::cors(resolver, cors)).transpose()?.flatten();
    Ok(FunctionUrl { streams, cors, line: node.line })
}

pub(super) fn routes(
    resolver: &Resolver<'_>,
    function: &str,
    resource: &Node,
    routes: &mut Vec<Route>,
) -> Result<(), TemplateError> {
    for (_, event) in resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default() {
        if event.get("Type").and_then(Node::text) != Some("HttpApi") {
            continue;
        }
        let text = |name: &str| event.at(&["Properties", name]).map(|node| resolver.text(node)).transpose();
        let path = text("Path")?.unwrap_or_else(|| "$default".to_owned());
        let method = match text("Method")?.unwrap_or_else(|| "ANY".to_owned()) {
            method if method == "*" || method.eq_ignore_ascii_case("x-amazon-apigateway-any-method") => {
                "ANY".to_owned()
            }
            method => method.to_ascii_uppercase(),
        };
        let line = event.at(&["Properties", "Path"]).unwrap_or(event).line;
        let at = |message: String| TemplateError { line, message };
        if path != "$default" {
            crate::api_gateway::routes::Pattern::parse(&path)
                .map_err(|reason| at(format!("route {path}: {reason}")))?;
        }
        if let Some(version) = text("PayloadFormatVersion")?
            && version != "2.0"
        {
            return Err(at(format!("payload format {version} is not emulated, only 2.0")));
        }
        let timeout = match event.at(&["Properties", "TimeoutInMillis"]) {
            Some(node) => Duration::from_millis(natural(resolver, node, "TimeoutInMillis")?),
            None => MAX_INTEGRATION_TIMEOUT,
        };
        let timeout = timeout.min(MAX_INTEGRATION_TIMEOUT);
        routes.push(Route { method, path, function: function.to_owned(), timeout, line });
    }
    Ok(())
}

pub(super) fn no_route_twice(routes: &[Route]) -> Result<(), TemplateError> {
    let mut seen = BTreeMap::new();
    for route in routes {
        let key = (&route.method, crate::api_gateway::routes::shape(&route.path));
        if let Some(first) = seen.insert(key, route) {
            return Err(TemplateError {
                line: route.line,
                message: format!(
                    "route {} {} of {} is already at line {} ({})",
                    route.method, route.path, route.function, first.line, first.function
                ),
            });
        }
    }
    Ok(())
}

pub(super) fn natural(resolver: &Resolver<'_>, node: &Node, name: &str) -> Result<u64, TemplateError> {
    let text = resolver.text(node)?;
    text.parse().map_err(|_| node.error(format!("{name} must be a whole number, found {text}")))
}
