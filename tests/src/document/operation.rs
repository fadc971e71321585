use std::collections::{BTreeMap, HashSet};

use mediatype::{MediaTypeBuf, ReadParams};
use reqwest::Method;
use reqwest::header::HeaderName;
use serde_json::{Value, json};

use super::request::{Body, Parameter};
use super::{Compiler, Place, Schema};

/// A method at a path.
pub struct Operation {
    /// The method and path as in the document: `GET /api/posts/{id}`.
    pub name: String,
    /// Its method.
    pub method: Method,
    /// Its parameters, those in the path among them.
    pub parameters: Vec<Parameter>,
    /// Its bodies, one for each media type.
    pub bodies: Vec<Body>,
    /// True if an access token is one of its credentials.
    pub takes_token: bool,
    /// True if a session's cookie is one of its credentials.
    pub takes_session: bool,
    /// True if a request without a credential is refused.
    pub needs_credential: bool,
    /// The path under `make run`, in segments: that of the operation's server, then the operation's own.
    segments: Vec<String>,
    pub(crate) responses: BTreeMap<u16, Response>,
}

/// An answer with one of the documented statuses.
pub(crate) struct Response {
    pub(crate) headers: Vec<Header>,
    pub(crate) content: Vec<Content>,
}

/// A header field of an answer.
pub(crate) struct Header {
    pub(crate) name: HeaderName,
    /// True if every answer with the status has this header.
    pub(crate) is_promised: bool,
    pub(crate) schema: Option<Schema>,
}

/// A body of one media type.
pub(crate) struct Content {
    pub(crate) media_type: MediaTypeBuf,
    pub(crate) schema: Option<Schema>,
}

impl Operation {
    pub(super) fn read(
        method: &str,
        path: &str,
        operation: &Place<'_>,
        root: &Place<'_>,
        compiler: &mut Compiler,
    ) -> Self {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut servers = operation.items("servers");
        servers.extend(root.items("servers"));
        let server = servers.iter().find_map(|server| server.text("url")).filter(|url| url.starts_with('/'));
        let base = server.unwrap_or_default().trim_end_matches('/');
        let mut responses = BTreeMap::new();
        for (status, response) in operation.members("responses") {
            // `default` is skipped, because it promises nothing definite.
            if let Ok(status) = status.parse() {
                responses.insert(status, Response::read(&response, compiler));
            }
        }
        let parameters = operation.items("parameters");
        let parameters = parameters.iter().map(|parameter| Parameter::read(parameter, compiler)).collect();
        let body = operation.get("requestBody");
        let bodies = body.map_or_else(Vec::new, |body| body.members("content"));
        let bodies = bodies.iter().map(|(media_type, content)| Body::read(media_type, content, compiler));
        let bodies = bodies.collect();
        let takes = |scheme: &str| {
            let alternatives = operation.value["security"].as_array().into_iter().flatten();
            alternatives.into_iter().any(|alternative| alternative.get(scheme).is_some())
        };
        Self {
            name: format!("{method} {path}"),
            segments: format!("{base}{path}").split('/').map(str::to_owned).collect(),
            parameters,
            bodies,
            takes_token: takes("accessToken"),
            takes_session: takes("session"),
            // With an empty list, or an empty alternative in it, the operation needs no credential.
            needs_credential: operation.value["security"]
                .as_array()
                .is_some_and(|alternatives| !alternatives.is_empty() && !alternatives.contains(&json!({}))),
            responses,
            method,
        }
    }

    /// Returns its path under `make run`, with variables such as `{id}`.
    pub fn path(&self) -> String {
        self.segments.join("/")
    }

    /// Returns the status of its success.
    ///
    /// # Panics
    ///
    /// If the document has no status below 300.
    pub fn success(&self) -> u16 {
        let first = self.responses.keys().next().filter(|status| **status < 300);
        *first.unwrap_or_else(|| panic!("{}: no answer says that it is done", self.name))
    }

    /// Returns its path with the document's example of each variable. No resource has these ids.
    ///
    /// # Panics
    ///
    /// If a variable has no example.
    pub fn shown_path(&self) -> String {
        let shown = |segment: &String| match segment.strip_prefix('{') {
            Some(name) => self.shown_in_path(name.trim_end_matches('}')),
            None => segment.clone(),
        };
        self.segments.iter().map(shown).collect::<Vec<_>>().join("/")
    }

    /// Returns the document's example of a variable in its path.
    pub(crate) fn shown_in_path(&self, variable: &str) -> String {
        let parameter = self.parameters.iter().find(|parameter| parameter.name == variable);
        let shown = parameter.and_then(Parameter::example).and_then(Value::as_str);
        shown.unwrap_or_else(|| panic!("{}: {{{variable}}} has no example", self.name)).to_owned()
    }

    /// Tells whether a decoded path is this operation's.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').collect();
        segments.len() == self.segments.len()
            && self.segments.iter().zip(segments).all(|(template, segment)| {
                if template.starts_with('{') { !segment.is_empty() } else { template == segment }
            })
    }
}

impl Response {
    fn read(response: &Place<'_>, compiler: &mut Compiler) -> Self {
        let headers = response.members("headers");
        let headers = headers.iter().map(|(name, header)| Header {
            name: HeaderName::from_bytes(name.as_bytes())
                .unwrap_or_else(|_| panic!("{name} is no header's name")),
            is_promised: header.value["required"] == true,
            schema: header.get_unfollowed("schema").map(|schema| compiler.answer(&schema)),
        });
        let headers = headers.collect();
        let content = response.members("content");
        let content = content.iter().map(|(media_type, content)| {
            Content::new(media_type, content.get_unfollowed("schema").map(|schema| compiler.answer(&schema)))
        });
        Self { headers, content: content.collect() }
    }

    /// Returns the header fields that every such answer has.
    pub(super) fn promised(&self) -> HashSet<HeaderName> {
        let promised = self.headers.iter().filter(|header| header.is_promised);
        promised.map(|header| header.name.clone()).collect()
    }
}

impl Content {
    pub(super) fn new(media_type: &str, schema: Option<Schema>) -> Self {
        let media_type = media_type.parse().unwrap_or_else(|_| panic!("{media_type} is no media type"));
        Self { media_type, schema }
    }

    /// Tells whether a `Content-Type` matches. It may have parameters that the document does not name.
    pub(crate) fn is(&self, content_type: &MediaTypeBuf) -> bool {
        let wanted = |(name, value)| content_type.get_param(name) == Some(value);
        self.media_type.essence() == content_type.essence() && self.media_type.params().all(wanted)
    }
}
