//! Paths of routes, as the template writes them: `/api/users/{id}`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

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

impl Segment {
    fn variable(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }
}

impl Pattern {
    /// Parses a path such as `/api/users/{id}`. The error describes the mistake.
    pub fn parse(path: &str) -> Result<Self, &'static str> {
        let path = path.strip_prefix('/').ok_or("a path starts with /")?;
        let segments: Vec<Segment> = path
            .split('/')
            .map(|segment| match segment.strip_prefix('{').map(|rest| rest.strip_suffix('}')) {
                None if segment.contains(['{', '}']) => Err("a variable is a whole segment"),
                None => Ok(Segment::Fixed(segment.to_owned())),
                Some(None) => Err("a variable is a whole segment"),
                Some(Some("" | "+")) => Err("a variable needs a name"),
                Some(Some(name)) if name.contains(['{', '}']) => Err("a variable is a whole segment"),
                Some(Some(name)) => Ok(match name.strip_suffix('+') {
                    Some(name) => Segment::Greedy(name.to_owned()),
                    None => Segment::Variable(name.to_owned()),
                }),
            })
            .collect::<Result<_, _>>()?;
        if segments.len() > 1 && segments.last() == Some(&Segment::Fixed(String::new())) {
            return Err("API Gateway makes no route of a path that ends with /");
        }
        let greedy = segments.iter().position(|segment| matches!(segment, Segment::Greedy(_)));
        if greedy.is_some_and(|at| at + 1 != segments.len()) {
            return Err("a greedy variable ends the path");
        }
        let names: Vec<&str> = segments.iter().filter_map(Segment::variable).collect();
        if names.iter().enumerate().any(|(at, name)| names[..at].contains(name)) {
            return Err("a variable is in a path once");
        }
        Ok(Self { segments })
    }

    /// Returns the values of the variables if a decoded path has this form.
    pub(crate) fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
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

    /// Orders the more specific pattern first.
    pub(crate) fn by_specificity(&self, other: &Self) -> Ordering {
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

/// Returns the path without its variables' names: two routes with the same shape and method are the same route.
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

    #[test]
    fn patterns_that_api_gateway_refuses_are_refused() {
        for path in
            ["api", "/{a}b", "/{a}-{b}", "/{}", "/{+}", "/{a+}/b", "/a}", "/a/", "/{a}/{a}", "/{a}/{a+}"]
        {
            assert!(Pattern::parse(path).is_err(), "{path}");
        }
    }
}
