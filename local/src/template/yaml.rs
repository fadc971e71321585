//! YAML as `CloudFormation` writes it: every node keeps its tag (`!Ref`) and its line.

use saphyr::{MarkedYaml, ScalarStyle, YamlData, YamlLoader};
use saphyr_parser::Parser;
use serde_json::{Map, Value};

use super::error::TemplateError;

/// An unresolved node of the template.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The line in the file, from 1.
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
    /// Parses the first document of `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let at = |error: &saphyr::ScanError| TemplateError {
            line: error.marker().line(),
            message: format!("not YAML: {}", error.info()),
        };
        let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
        loader.early_parse(false);
        Parser::new_from_str(text).load(&mut loader, false).map_err(|error| at(&error))?;
        if let Some(error) = loader.error() {
            return Err(at(error));
        }
        match loader.into_documents().into_iter().next() {
            Some(document) => Self::from_yaml(&document),
            None => Err(TemplateError { line: 1, message: "the file is empty".to_owned() }),
        }
    }

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

    fn from_yaml(yaml: &MarkedYaml<'_>) -> Result<Self, TemplateError> {
        let line = yaml.span.start.line();
        let node =
            |tag: Option<&saphyr::Tag>, kind| Self { line, tag: tag.map(|tag| tag.suffix.clone()), kind };
        Ok(match &yaml.data {
            YamlData::Representation(text, style, tag) => {
                node(tag.as_deref().filter(|tag| !tag.is_yaml_core_schema()), scalar(text, *style))
            }
            YamlData::Tagged(tag, inner) => {
                let inner = Self::from_yaml(inner)?;
                Self { tag: Some(tag.suffix.clone()), line, ..inner }
            }
            YamlData::Sequence(items) => {
                node(None, Kind::List(items.iter().map(Self::from_yaml).collect::<Result<_, _>>()?))
            }
            YamlData::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = Self::from_yaml(key)?;
                    let name = key.text().ok_or_else(|| key.error("a key must be a string"))?;
                    Ok((name.to_owned(), Self::from_yaml(value)?))
                });
                node(None, Kind::Map(entries.collect::<Result<_, TemplateError>>()?))
            }
            YamlData::Value(_) | YamlData::Alias(_) | YamlData::BadValue => {
                return Err(TemplateError { line, message: "unreadable YAML node".to_owned() });
            }
        })
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

fn scalar(text: &str, style: ScalarStyle) -> Kind {
    if style != ScalarStyle::Plain {
        return Kind::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Plain(Value::Bool(true), text.to_owned()),
        "false" | "False" | "FALSE" => Kind::Plain(Value::Bool(false), text.to_owned()),
        _ => match text.parse::<i64>() {
            Ok(number) => Kind::Plain(number.into(), text.to_owned()),
            Err(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && text.bytes().any(|byte| byte.is_ascii_digit()) => {
                    Kind::Plain(number.into(), text.to_owned())
                }
                _ => Kind::String(text.to_owned()),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_lines_are_kept() {
        let node = Node::parse("a: !Ref X\nb:\n  - !Sub\n    - x\n    - {y: 1}\n").unwrap();
        let reference = node.get("a").unwrap();
        assert_eq!((reference.tag.as_deref(), reference.text(), reference.line), (Some("Ref"), Some("X"), 1));
        let Kind::List(items) = &node.get("b").unwrap().kind else { panic!() };
        assert_eq!((items[0].tag.as_deref(), items[0].line), (Some("Sub"), 3));
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let error = Node::parse("a: 1\nb: [\n").unwrap_err();
        assert!(error.line >= 2, "{error}");
        assert!(Node::parse("a: 1\na: 2\n").unwrap_err().to_string().contains("duplicated"));
    }

    #[test]
    fn scalars_are_read_as_cloudformation_reads_them() {
        let node = Node::parse("n: 7200\nf: 0.5\nt: true\ns: \"7\"\nv: 2010-09-09\ne:\nempty: ''\n").unwrap();
        assert_eq!(
            plain_value(&node),
            serde_json::json!({"n": 7200, "f": 0.5, "t": true, "s": "7", "v": "2010-09-09", "e": null, "empty": ""})
        );
    }
}
