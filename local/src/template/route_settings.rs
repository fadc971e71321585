//! Limits of routes: `DefaultRouteSettings` and `RouteSettings` of the API, and those of events.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>

use std::collections::BTreeMap;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Route, Throttling};
use super::yaml::Node;

/// The limits that one place of the template sets.
#[derive(Clone, Copy, Default)]
pub(super) struct Limits {
    rate: Option<f64>,
    burst: Option<f64>,
}

impl Limits {
    pub(super) fn read(resolver: &Resolver<'_>, settings: Option<&Node>) -> Result<Self, TemplateError> {
        let limit = |name: &str| {
            let Some(node) = settings.and_then(|settings| settings.get(name)) else { return Ok(None) };
            let text = resolver.text(node)?;
            let number = text.parse::<f64>().ok().filter(|number| *number >= 0.0 && number.is_finite());
            number.map(Some).ok_or_else(|| node.error(format!("{name} must be a number, found {text}")))
        };
        Ok(Self { rate: limit("ThrottlingRateLimit")?, burst: limit("ThrottlingBurstLimit")? })
    }

    fn or(self, other: Self) -> Self {
        Self { rate: self.rate.or(other.rate), burst: self.burst.or(other.burst) }
    }
}

/// The limits that the API has for its routes.
#[derive(Default)]
pub(super) struct RouteSettings {
    default: Limits,
    /// The limits of single routes by their keys, with the lines of the template.
    by_key: BTreeMap<String, (Limits, usize)>,
}

impl RouteSettings {
    /// Reads the settings of an API.
    pub(super) fn read(resolver: &Resolver<'_>, api: &Node) -> Result<Self, TemplateError> {
        let property = |name: &str| api.at(&["Properties", name]);
        let mut by_key = BTreeMap::new();
        for (key, node) in property("RouteSettings").map(Node::entries).unwrap_or_default() {
            by_key.insert(key.clone(), (Limits::read(resolver, Some(node))?, node.line));
        }
        Ok(Self { default: Limits::read(resolver, property("DefaultRouteSettings"))?, by_key })
    }

    /// Returns the limits of the route with this key, whose event has limits of its own.
    pub(super) fn of(&self, key: &str, own: Limits) -> Option<Throttling> {
        let of_api = self.by_key.get(key).map(|(limits, _)| *limits).unwrap_or_default();
        let Limits { rate, burst } = own.or(of_api).or(self.default);
        rate.map(|rate| Throttling { rate, burst: burst.unwrap_or(rate) })
    }

    /// Checks that each route with settings is there.
    pub(super) fn check(&self, routes: &[Route]) -> Result<(), TemplateError> {
        let missing = self.by_key.iter().find(|(key, _)| !routes.iter().any(|route| route.key() == **key));
        let Some((key, (_, line))) = missing else { return Ok(()) };
        Err(TemplateError { line: *line, message: format!("RouteSettings: there is no route {key}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::model::Template;

    #[test]
    fn the_limits_of_a_route_are_the_nearest_ones() {
        let text = |key: &str| {
            format!(
                "Resources:\n  Api:\n    Type: AWS::Serverless::HttpApi\n    Properties:\n      \
                 DefaultRouteSettings: {{ ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 }}\n      \
                 RouteSettings: {{ {key}: {{ ThrottlingRateLimit: 3 }} }}\n  \
                 F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        \
                 A: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Api, Path: /a, Method: GET }} }}\n        \
                 B: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Api, Path: /b, Method: GET }} }}\n        \
                 C: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Api, Path: /c, Method: ANY, RouteSettings: {{ ThrottlingBurstLimit: 9 }} }} }}\n"
            )
        };
        let parse = |key: &str| Template::parse(&text(key), &BTreeMap::new(), "us-east-1");
        let limits = |rate, burst| Some(Throttling { rate, burst });
        let routes = parse("GET /a").unwrap().routes;
        let found: Vec<Option<Throttling>> = routes.iter().map(|route| route.throttling).collect();
        assert_eq!(found, [limits(3.0, 2.0), limits(1.0, 2.0), limits(1.0, 9.0)]);
        let error = parse("GET /d").unwrap_err().to_string();
        assert_eq!(error, "template line 6: RouteSettings: there is no route GET /d");
    }
}
