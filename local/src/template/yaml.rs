//! YAML as `CloudFormation` writes it: every node keeps its tag (`!Ref`) and its line.

use serde_json::{Map, Value};

use super::error::TemplateError;

/// An unresolved node of the template.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The line in the file, from 1; of a value in a map, the line of its key.
    pub(crate) line: usize,
    /// The tag without its `!`.
    pub(crate) tag: Option<String>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A quoted scalar, or one that YAML reads as a string.
    String(String),
    /// A plain scalar that YAML reads as a number or a boolean, with its text.
    Plain(Value, String),
    Null,
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Returns the value of `key` if the node is a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Returns the node at `path`, which is a sequence of map keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the entries of a map, or none for any other node.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns a scalar as text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) | Kind::Plain(_, text) => Some(text),
            _ => None,
        }
    }

    /// Returns the name to which the node refers, if it is a `!Ref`.
    pub(crate) fn referred(&self) -> Option<&str> {
        match (&self.tag, self.entries()) {
            (Some(tag), _) => self.text().filter(|_| tag == "Ref"),
            (None, [(name, argument)]) if name == "Ref" => argument.text(),
            _ => None,
        }
    }

    /// Reports whether the node is an intrinsic, in its short or its long form.
    pub(crate) fn is_intrinsic(&self) -> bool {
        let is_name = |name: &str| name == "Ref" || name.starts_with("Fn::");
        self.tag.is_some() || matches!(self.entries(), [(name, _)] if is_name(name))
    }

    /// Returns the `N` items of a list, the argument of the intrinsic `name` at `node`.
    pub(crate) fn exactly<const N: usize>(
        &self,
        node: &Self,
        name: &str,
    ) -> Result<&[Self; N], TemplateError> {
        match &self.kind {
            Kind::List(list) => list.as_slice().try_into().ok(),
            _ => None,
        }
        .ok_or_else(|| node.error(format!("!{name} takes a list of {N}")))
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError { line: self.line, message: message.into() }
    }
}

/// Returns the node as JSON, unresolved. The long form of an intrinsic is a map with its name as the only key.
pub(crate) fn plain_value(node: &Node) -> Value {
    match &node.kind {
        Kind::String(text) => Value::String(text.clone()),
        Kind::Plain(value, _) => value.clone(),
        Kind::Null => Value::Null,
        Kind::List(items) => items.iter().map(plain_value).collect(),
        Kind::Map(entries) => {
            entries.iter().map(|(key, node)| (key.clone(), plain_value(node))).collect::<Map<_, _>>().into()
        }
    }
}
