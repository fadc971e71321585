//! API Gateway's route selection.
//!
//! The most specific path that has the method wins: a fixed segment beats `{id}`, which beats `{proxy+}`. If two routes
//! share a path, the exact method beats `ANY`. `$default` takes all other requests.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::collections::BTreeMap;

use crate::template::path::Pattern;
use crate::template::{Route, Stage};

/// All routes of the API, the most specific first.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routes: Vec<(Pattern, Route)>,
    default: Option<Route>,
    stage: Stage,
}

/// A route and the values of its path's variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'r> {
    /// The route.
    pub route: &'r Route,
    /// The values of the path's variables, decoded.
    pub parameters: BTreeMap<String, String>,
    /// The stage in which it is.
    pub stage: &'r Stage,
}

impl Router {
    /// Sorts the routes of a template.
    #[must_use]
    pub fn new(routes: &[Route], stage: Stage) -> Self {
        let mut sorted = Self { stage, ..Self::default() };
        for route in routes {
            match Pattern::parse(&route.path) {
                Ok(pattern) => sorted.routes.push((pattern, route.clone())),
                Err(_) => sorted.default = Some(route.clone()),
            }
        }
        sorted.routes.sort_by(|(left, a), (right, b)| {
            left.by_specificity(right).then_with(|| (a.method == "ANY").cmp(&(b.method == "ANY")))
        });
        sorted
    }

    /// Returns the route for a decoded path. API Gateway decodes before it matches, so `%2F` separates segments.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let (path, stage) = (self.stage.within(path)?, &self.stage);
        self.routes
            .iter()
            .filter(|(_, route)| route.method == "ANY" || route.method == method)
            .find_map(|(pattern, route)| Some(Match { route, parameters: pattern.matches(path)?, stage }))
            .or_else(|| {
                self.default.as_ref().map(|route| Match { route, parameters: BTreeMap::new(), stage })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(keys: &[&str]) -> Router {
        let routes: Vec<Route> = keys
            .iter()
            .map(|key| {
                let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
                Route {
                    method: method.to_owned(),
                    path: path.to_owned(),
                    function: (*key).to_owned(),
                    timeout: crate::template::MAX_INTEGRATION_TIMEOUT,
                    throttling: None,
                    line: 1,
                }
            })
            .collect();
        Router::new(&routes, Stage::default())
    }

    fn found(router: &Router, method: &str, path: &str) -> String {
        router.find(method, path).map_or_else(String::new, |found| found.route.function.clone())
    }

    #[test]
    fn the_most_specific_route_wins() {
        // The example of the page above.
        let router = router(&[
            "ANY /{proxy+}",
            "$default",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "GET /pets/dog/1",
        ]);
        for (method, path, key) in [
            ("GET", "/pets/dog/1", "GET /pets/dog/1"),
            ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
            ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
            ("POST", "/test/5", "ANY /{proxy+}"),
            ("GET", "/", "$default"),
        ] {
            assert_eq!(found(&router, method, path), key, "{method} {path}");
        }
    }

    #[test]
    fn the_exact_method_beats_any_and_other_methods_fall_through() {
        let router = router(&["ANY /a", "GET /a", "POST /b", "$default"]);
        assert_eq!(found(&router, "GET", "/a"), "GET /a");
        assert_eq!(found(&router, "DELETE", "/a"), "ANY /a");
        assert_eq!(found(&router, "GET", "/b"), "$default");
    }

    // Captured on AWS: powertools-lambda-python#621, aws-lambda-rust-runtime#668.
    #[test]
    fn the_name_of_the_stage_begins_every_path() {
        let Router { routes, default, .. } = router(&["GET /hello", "GET /"]);
        let stage = Stage { name: Some("prod".to_owned()), ..Stage::default() };
        let router = Router { routes, default, stage };
        for (path, key) in [
            ("/prod/hello", "GET /hello"),
            ("/prod/", "GET /"),
            ("/prod", "GET /"),
            ("/hello", ""),
            ("/", ""),
            ("/production/hello", ""),
            ("/prod/prod/hello", ""),
        ] {
            assert_eq!(found(&router, "GET", path), key, "{path}");
        }
    }

    #[test]
    fn odd_paths_match_what_they_say() {
        let router = router(&["ANY /api/users", "ANY /api/users/{id}", "ANY /files/{path+}"]);
        for (path, key, value) in [
            ("/api/users", "ANY /api/users", None),
            ("/api/users/", "", None),
            ("//api/users", "", None),
            ("/api//users", "", None),
            ("/api/users/a b", "ANY /api/users/{id}", Some("a b")),
            ("/api/users/\0", "ANY /api/users/{id}", Some("\0")),
            ("/api/users/a/b", "", None),
            ("/files/a//b/", "ANY /files/{path+}", Some("a//b/")),
            ("/files/", "", None),
            ("", "", None),
            ("*", "", None),
        ] {
            assert_eq!(found(&router, "GET", path), key, "{path:?}");
            let parameters = router.find("GET", path).map(|found| found.parameters).unwrap_or_default();
            assert_eq!(parameters.values().next().map(String::as_str), value, "{path:?}");
        }
    }
}
