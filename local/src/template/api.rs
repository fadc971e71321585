//! The HTTP API: its stage and CORS.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Api, Cors, Stage};
use super::names::IMPLICIT_API;
use super::resources::{Declared, with_globals};
use super::route_settings::RouteSettings;
use super::yaml::{Kind, Node};

/// The longest time for which browsers may keep the answer to a preflight, in seconds.
const MAX_CORS_AGE: i64 = 86_400;

/// Reads the API of the template and its limits. It is the only API: declared, or added by SAM for events without an
/// `ApiId`.
pub(super) fn api(
    root: &Node,
    resolver: &Resolver<'_>,
    resources: &[Declared],
) -> Result<Option<(Api, RouteSettings)>, TemplateError> {
    let mut declared = resources.iter().filter(|resource| resource.kind == "AWS::Serverless::HttpApi");
    let api = declared.next();
    if let (Some(Declared { id: first, .. }), Some(second)) = (api, declared.next()) {
        let message = format!("{} is a second API beside {first}, and one alone is emulated", second.id);
        return Err(second.node.error(message));
    }
    let mut events = resources.iter().flat_map(events).peekable();
    if api.is_none() && events.peek().is_none() {
        return Ok(None);
    }
    let id = api.map_or(IMPLICIT_API, |api| &api.id);
    for event in events {
        match event.at(&["Properties", "ApiId"]) {
            None if id == IMPLICIT_API => {}
            None => {
                return Err(event.error(format!(
                    "this event has no ApiId, so SAM adds an API {IMPLICIT_API} beside {id}, and one alone is emulated: \
                     write ApiId: !Ref {id}"
                )));
            }
            Some(node) if node.referred().or(node.text()) == Some(id) => {}
            Some(node) => {
                return Err(
                    node.error("ApiId must be a !Ref to an AWS::Serverless::HttpApi of this template")
                );
            }
        }
    }
    let implicit = || {
        with_globals(
            root,
            "AWS::Serverless::HttpApi",
            &Node { line: 1, tag: None, kind: Kind::Map(Vec::new()) },
        )
    };
    let resource = match api {
        Some(api) => Some(api.node.clone()),
        None => resolver.decided(&implicit())?,
    };
    let read = |resource: Node| Ok((read(resolver, &resource)?, RouteSettings::read(resolver, &resource)?));
    resource.map(read).transpose()
}

/// Returns the events of a function that are routes.
fn events(resource: &Declared) -> impl Iterator<Item = &Node> {
    let is_function = resource.kind == "AWS::Serverless::Function";
    let events = resource.node.at(&["Properties", "Events"]).filter(|_| is_function);
    let events = events.map(Node::entries).unwrap_or_default().iter().map(|(_, event)| event);
    events.filter(|event| event.get("Type").and_then(Node::text) == Some("HttpApi"))
}

fn read(resolver: &Resolver<'_>, resource: &Node) -> Result<Api, TemplateError> {
    let property = |name: &str| resource.at(&["Properties", name]);
    let mut variables = BTreeMap::new();
    for (name, node) in property("StageVariables").map(Node::entries).unwrap_or_default() {
        variables.insert(name.clone(), resolver.text(node)?);
    }
    let name = property("StageName").map(|node| stage_name(resolver, node)).transpose()?.flatten();
    Ok(Api {
        cors: property("CorsConfiguration").map(|node| cors_of_api(resolver, node)).transpose()?.flatten(),
        stage: Stage { name, variables },
    })
}

/// Reads the name of the stage, which is in every path unless it is `$default`.
fn stage_name(resolver: &Resolver<'_>, node: &Node) -> Result<Option<String>, TemplateError> {
    let name = resolver.text(node)?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    match name.as_str() {
        "$default" => Ok(None),
        name if name.chars().all(is_name) && (1..=128).contains(&name.len()) => Ok(Some(name.to_owned())),
        _ => Err(node.error(format!("{name} cannot be a StageName: letters, digits, - and _, or $default"))),
    }
}

/// Reads `CorsConfiguration`, whose origins API Gateway takes only with their schemes.
fn cors_of_api(resolver: &Resolver<'_>, node: &Node) -> Result<Option<Cors>, TemplateError> {
    let Some(cors) = cors(resolver, node)? else { return Ok(None) };
    match cors.allow_origins.iter().find(|origin| *origin != "*" && !origin.contains("://")) {
        Some(origin) => {
            let node = node.get("AllowOrigins").unwrap_or(node);
            Err(node.error(format!("the origin {origin} has no scheme such as https://")))
        }
        None => Ok(Some(cors)),
    }
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
    let at = |name: &str| node.get(name).unwrap_or(node);
    let max_age = settings.get("MaxAge").map(|value| {
        let seconds = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let seconds = seconds.filter(|seconds| (-1..=MAX_CORS_AGE).contains(seconds));
        seconds.ok_or_else(|| {
            at("MaxAge").error(format!("MaxAge must be from -1 to {MAX_CORS_AGE} seconds, found {value}"))
        })
    });
    let cors = Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        allow_credentials: truth("AllowCredentials")?,
        max_age: max_age.transpose()?,
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(
            node.error("AllowCredentials with AllowOrigins * is refused, by API Gateway or by browsers")
        );
    }
    Ok(Some(cors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::model::Template;

    /// Returns the API of a template with these resources, the first at line 2, or the error.
    fn parse(resources: &str) -> Result<Option<Api>, String> {
        let template = Template::parse(&format!("Resources:\n{resources}"), &BTreeMap::new(), "us-east-1");
        template.map(|template| template.api).map_err(|error| error.to_string())
    }

    fn api(id: &str, properties: &str) -> String {
        format!("  {id}: {{ Type: AWS::Serverless::HttpApi, Properties: {{ {properties} }} }}\n")
    }

    fn function(id: &str, event: &str) -> String {
        format!(
            "  {id}: {{ Type: AWS::Serverless::Function, Properties: {{ Events: {{ E: {{ Type: HttpApi, Properties: {{ {event} }} }} }} }} }}\n"
        )
    }

    #[test]
    fn one_api_has_all_routes() {
        let (route, of_api) = ("Path: /a, Method: GET", "Path: /a, Method: GET, ApiId: !Ref Api");
        assert_eq!(parse("").unwrap(), None);
        assert_eq!(parse(&function("F", route)).unwrap(), Some(Api::default()));
        assert_eq!(parse(&(api("Api", "") + &function("F", of_api))).unwrap(), Some(Api::default()));
        assert!(
            parse(&(api("ServerlessHttpApi", "CorsConfiguration: true") + &function("F", route)))
                .unwrap()
                .unwrap()
                .cors
                .is_some()
        );
        let implicit = "this event has no ApiId, so SAM adds an API ServerlessHttpApi beside Api, and one alone is \
                        emulated: write ApiId: !Ref Api";
        let other = "ApiId must be a !Ref to an AWS::Serverless::HttpApi of this template";
        for (resources, message) in [
            (
                api("Api", "") + &api("Second", ""),
                "Second is a second API beside Api, and one alone is emulated",
            ),
            (api("Api", "") + &function("F", route), implicit),
            (api("Api", "") + &function("F", "Path: /a, Method: GET, ApiId: !Ref F"), other),
            (
                function("F", "Path: /a, Method: GET") + &function("G", "Path: /b, Method: GET, ApiId: abc"),
                other,
            ),
        ] {
            assert_eq!(parse(&resources).unwrap_err(), format!("template line 3: {message}"));
        }
    }

    #[test]
    fn settings_of_globals_are_those_of_the_api() {
        let text = "Globals:\n  HttpApi:\n    StageVariables: { colour: blue }\nResources:\n".to_owned();
        for resources in [
            function("F", "Path: /a, Method: GET"),
            api("Api", "StageName: prod") + &function("F", "Path: /a, Method: GET, ApiId: !Ref Api"),
        ] {
            let template =
                Template::parse(&(text.clone() + &resources), &BTreeMap::new(), "us-east-1").unwrap();
            let stage = template.api.unwrap().stage;
            assert_eq!(stage.variables["colour"], "blue");
            assert_eq!(stage.name.as_deref(), resources.contains("prod").then_some("prod"));
        }
    }

    // The matrix of `local` and AWS, rows 41 and 85.
    #[test]
    fn what_api_gateway_refuses_is_refused() {
        for (properties, message) in [
            ("StageName: a.b", "a.b cannot be a StageName: letters, digits, - and _, or $default"),
            (
                "CorsConfiguration: { AllowOrigins: [example.com] }",
                "the origin example.com has no scheme such as https://",
            ),
            (
                "CorsConfiguration: { AllowOrigins: ['*'], MaxAge: 999999 }",
                "MaxAge must be from -1 to 86400 seconds, found 999999",
            ),
        ] {
            assert_eq!(parse(&api("Api", properties)).unwrap_err(), format!("template line 2: {message}"));
        }
        assert_eq!(parse(&api("Api", "StageName: $default")).unwrap(), Some(Api::default()));
    }
}
