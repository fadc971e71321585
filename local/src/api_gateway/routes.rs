//! Which function answers: API Gateway's route selection.
//!
//! The most specific path that has the method wins; a fixed segment beats `{id}`, which beats
//! `{proxy+}`; of two routes with one path the exact method beats `ANY`; `$default` takes the rest.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::{cmp::Ordering, collections::BTreeMap};

use crate::template::Route;

/// All routes of the API, most specific first.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routes: Vec<(Pattern, Route)>,
    default: Option<Route>,
}

/// A route and what its path's variables are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Match<'r> {
    /// The route.
    pub route: &'r Route,
    /// Variables of the path, decoded.
    pub parameters: BTreeMap<String, String>,
}

impl Router {
    /// Sorts the routes of a template.
    #[must_use]
    pub fn new(routes: &[Route]) -> Self {
        let mut sorted = Self::default();
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

    /// The route for a decoded path: API Gateway decodes before it matches, so `%2F` divides segments.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        self.routes
            .iter()
            .filter(|(_, route)| route.method == "ANY" || route.method == method)
            .find_map(|(pattern, route)| Some(Match { route, parameters: pattern.matches(path)? }))
            .or_else(|| self.default.as_ref().map(|route| Match { route, parameters: BTreeMap::new() }))
    }
}

impl Route {
    /// `ANY /api/users/{id}`, or `$default`: the event's `routeKey`.
    #[must_use]
    pub fn key(&self) -> String {
        if self.path == "$default" { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }
}

/// The path of a route, in segments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Fixed(String),
    Variable(String),
    Greedy(String),
}

impl Pattern {
    /// Reads `/api/users/{id}`; the error says what is wrong with it.
    pub fn parse(path: &str) -> Result<Self, &'static str> {
        let path = path.strip_prefix('/').ok_or("a path starts with /")?;
        let segments: Vec<Segment> = path
            .split('/')
            .map(|segment| match segment.strip_prefix('{').map(|rest| rest.strip_suffix('}')) {
                None if segment.contains(['{', '}']) => Err("a variable is a whole segment"),
                None => Ok(Segment::Fixed(segment.to_owned())),
                Some(None) => Err("a variable is a whole segment"),
                Some(Some("" | "+")) => Err("a variable needs a name"),
                Some(Some(name)) => Ok(match name.strip_suffix('+') {
                    Some(name) => Segment::Greedy(name.to_owned()),
                    None => Segment::Variable(name.to_owned()),
                }),
            })
            .collect::<Result<_, _>>()?;
        let greedy = segments.iter().position(|segment| matches!(segment, Segment::Greedy(_)));
        if greedy.is_some_and(|at| at + 1 != segments.len()) {
            return Err("a greedy variable ends the path");
        }
        Ok(Self { segments })
    }

    fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut rest = Some(path.strip_prefix('/')?);
        let mut parameters = BTreeMap::new();
        for segment in &self.segments {
            let here = rest?;
            let (first, after) = match here.split_once('/') {
                Some((first, after)) => (first, Some(after)),
                None => (here, None),
            };
            match segment {
                Segment::Fixed(text) if text == first => rest = after,
                Segment::Variable(name) if !first.is_empty() => {
                    parameters.insert(name.clone(), first.to_owned());
                    rest = after;
                }
                Segment::Greedy(name) if !here.is_empty() => {
                    parameters.insert(name.clone(), here.to_owned());
                    rest = None;
                }
                _ => return None,
            }
        }
        rest.is_none().then_some(parameters)
    }

    fn by_specificity(&self, other: &Self) -> Ordering {
        let rank = |segment: Option<&Segment>| match segment {
            Some(Segment::Fixed(_)) => 0,
            Some(Segment::Variable(_)) => 1,
            Some(Segment::Greedy(_)) => 2,
            None => 3,
        };
        (0..self.segments.len().max(other.segments.len()))
            .map(|index| rank(self.segments.get(index)).cmp(&rank(other.segments.get(index))))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// The path with its variables' names left out: two routes of one shape and method are one route.
pub(crate) fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}",
            (true, false) => "{}",
            _ => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
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
                    line: 1,
                }
            })
            .collect();
        Router::new(&routes)
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

    #[test]
    fn patterns_that_api_gateway_refuses_are_refused() {
        for path in ["api", "/{a}b", "/{}", "/{+}", "/{a+}/b", "/a}"] {
            assert!(Pattern::parse(path).is_err(), "{path}");
        }
    }
}
