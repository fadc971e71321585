//! The HTTP API: CORS and throttling.

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Cors, Throttling};
use super::yaml::Node;

/// Reads the API's `CorsConfiguration`.
pub(super) fn cors_configuration(
    root: &Node,
    resolver: &Resolver<'_>,
    resource: &Node,
) -> Result<Option<Cors>, TemplateError> {
    property(root, resource, "CorsConfiguration").map_or(Ok(None), |node| cors(resolver, node))
}

/// Reads the limits of the API's `DefaultRouteSettings`.
pub(super) fn throttling(
    root: &Node,
    resolver: &Resolver<'_>,
    resource: &Node,
) -> Result<Option<Throttling>, TemplateError> {
    let Some(settings) = property(root, resource, "DefaultRouteSettings") else { return Ok(None) };
    let limit = |name: &str| -> Result<Option<f64>, TemplateError> {
        let Some(node) = settings.get(name) else { return Ok(None) };
        let text = resolver.text(node)?;
        text.parse().map(Some).map_err(|_| node.error(format!("{name} must be a number, found {text}")))
    };
    let Some(rate) = limit("ThrottlingRateLimit")? else { return Ok(None) };
    Ok(Some(Throttling { rate, burst: limit("ThrottlingBurstLimit")?.unwrap_or(rate) }))
}

/// Returns a property of the API, either its own or that of `Globals`.
fn property<'n>(root: &'n Node, resource: &'n Node, name: &str) -> Option<&'n Node> {
    resource.at(&["Properties", name]).or_else(|| root.at(&["Globals", "HttpApi", name]))
}

/// Reads CORS settings, of an API or of a Function URL.
pub(super) fn cors(resolver: &Resolver<'_>, node: &Node) -> Result<Option<Cors>, TemplateError> {
    let settings = match resolver.resolve(node)? {
        None | Some(Value::Bool(false)) => return Ok(None),
        // SAM expands `CorsConfiguration: true` to this.
        Some(Value::Bool(true)) => {
            return Ok(Some(Cors { allow_origins: vec!["*".to_owned()], ..Cors::default() }));
        }
        Some(Value::Object(settings)) => settings,
        Some(other) => return Err(node.error(format!("CORS settings must be a map, found {other}"))),
    };
    let list = |name: &str| match settings.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.split(',').map(|item| item.trim().to_owned()).collect()),
        Some(Value::Array(items)) => Ok(items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect()),
        Some(other) => Err(node.error(format!("{name} must be a list, found {other}"))),
    };
    let truth = |name: &str| match settings.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(other) => Err(node.error(format!("{name} must be true or false, found {other}"))),
    };
    let max_age = settings.get("MaxAge").map(|value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    if max_age == Some(None) {
        return Err(node.error("MaxAge must be a number of seconds"));
    }
    let cors = Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        allow_credentials: truth("AllowCredentials")?,
        max_age: max_age.flatten(),
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(
            node.error("AllowCredentials with AllowOrigins * is refused, by API Gateway or by browsers")
        );
    }
    Ok(Some(cors))
}
