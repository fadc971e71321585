//! Routes: the `Events` of type `HttpApi`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{MAX_INTEGRATION_TIMEOUT, Route};
use super::numbers::within;
use super::path::{Pattern, shape};
use super::route_settings::{Limits, RouteSettings};
use super::yaml::Node;

/// The methods that a route can have; `ANY` stands for all of them.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Reads the routes of a function.
pub(super) fn routes(
    resolver: &Resolver<'_>,
    function: &str,
    settings: &RouteSettings,
    resource: &Node,
) -> Result<Vec<Route>, TemplateError> {
    let mut routes = Vec::new();
    for (_, event) in resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default() {
        if event.get("Type").and_then(Node::text) != Some("HttpApi") {
            continue;
        }
        let text = |name: &str| event.at(&["Properties", name]).map(|node| resolver.text(node)).transpose();
        let (path, method) = match (text("Path")?, text("Method")?) {
            (Some(path), Some(method)) => (path, method),
            (None, None) => ("$default".to_owned(), "ANY".to_owned()),
            _ => return Err(event.error("an event of type HttpApi has both a Path and a Method, or neither")),
        };
        let method = match method {
            method if method == "*" || method.eq_ignore_ascii_case("x-amazon-apigateway-any-method") => {
                "ANY".to_owned()
            }
            method => {
                let known = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(&method));
                let node = event.at(&["Properties", "Method"]).unwrap_or(event);
                known.ok_or_else(|| node.error(format!("API Gateway has no method {method}")))?.to_owned()
            }
        };
        let line = event.at(&["Properties", "Path"]).unwrap_or(event).line;
        let at = |message: String| TemplateError { line, message };
        if path != "$default" {
            Pattern::parse(&path).map_err(|reason| at(format!("route {path}: {reason}")))?;
        }
        let timeout = match event.at(&["Properties", "TimeoutInMillis"]) {
            Some(node) => {
                Duration::from_millis(within(resolver, node, "TimeoutInMillis", 50, 30_000)?.into())
            }
            None => MAX_INTEGRATION_TIMEOUT,
        };
        let function = function.to_owned();
        let mut route = Route { method, path, function, timeout, throttling: None, line };
        let own = Limits::read(resolver, event.at(&["Properties", "RouteSettings"]))?;
        route.throttling = settings.of(&route.key(), own);
        routes.push(route);
    }
    Ok(routes)
}

pub(super) fn no_route_twice(routes: &[Route]) -> Result<(), TemplateError> {
    let mut seen = BTreeMap::new();
    for route in routes {
        let key = (&route.method, shape(&route.path));
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
