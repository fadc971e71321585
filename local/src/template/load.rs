//! The reader of YAML, with `CloudFormation`'s restrictions: no aliases, no merge keys, one document.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>
//! Nothing here is recursive, so no input exhausts the stack, and the depth is limited for the sake of later readers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::Value;

use super::error::TemplateError;
use super::yaml::{Kind, Node};

/// The size of the largest template that `CloudFormation` takes, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_BYTES: usize = 1 << 20;

/// The greatest depth of maps and lists. Templates that people write have less than 20.
const MAX_DEPTH: usize = 100;

/// Parses the only document of `text`.
pub(super) fn load(text: &str) -> Result<Node, TemplateError> {
    if text.len() > MAX_BYTES {
        let message = format!("the template has {} bytes, and CloudFormation takes {MAX_BYTES}", text.len());
        return Err(TemplateError { line: 1, message });
    }
    let mut loader = Loader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| not_yaml(&error))?;
        loader.take(event, span.start.line())?;
    }
    loader.root.ok_or_else(|| error(1, "the file is empty"))
}

/// A template up to some event.
#[derive(Default)]
struct Loader {
    /// The maps and lists whose ends have not come yet, the innermost last.
    open: Vec<Open>,
    root: Option<Node>,
}

/// A map or a list whose end has not come yet.
struct Open {
    line: usize,
    tag: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(String, Node)>,
        /// The lines of the keys so far.
        keys: BTreeMap<String, usize>,
        /// The key whose value comes next, with its line.
        key: Option<(String, usize)>,
    },
}

impl Loader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), TemplateError> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(error(line, "a template is one YAML document, and here a second one begins"))
            }
            Event::Alias(_) => {
                Err(error(line, "CloudFormation takes no YAML aliases (*name): repeat the value"))
            }
            Event::Scalar(text, style, _, tag) => {
                let is_text =
                    tag.as_deref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let kind = if is_text { Kind::String(text.into_owned()) } else { scalar(text, style) };
                self.value(Node { line, tag: name_of(tag), kind })
            }
            Event::SequenceStart(_, tag) => self.open(line, tag, Content::List(Vec::new())),
            Event::MappingStart(_, tag) => {
                let content = Content::Map { entries: Vec::new(), keys: BTreeMap::new(), key: None };
                self.open(line, tag, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        line: usize,
        tag: Option<Cow<'_, Tag>>,
        content: Content,
    ) -> Result<(), TemplateError> {
        if self.open.len() == MAX_DEPTH {
            return Err(error(line, format!("more than {MAX_DEPTH} maps and lists lie within each other")));
        }
        self.open.push(Open { line, tag: name_of(tag), content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TemplateError> {
        let Some(Open { line, tag, content }) = self.open.pop() else { return Ok(()) };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.value(Node { line, tag, kind })
    }

    /// Puts a complete node into what is open.
    fn value(&mut self, mut node: Node) -> Result<(), TemplateError> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, keys, key }) => {
                if let Some((name, line)) = key.take() {
                    node.line = line;
                    entries.push((name, node));
                } else {
                    let name = key_of(&node)?;
                    if let Some(first) = keys.insert(name.clone(), node.line) {
                        return Err(node.error(format!("the key {name} is already at line {first}")));
                    }
                    *key = Some((name, node.line));
                }
            }
        }
        Ok(())
    }
}

/// Returns the text of a key of a map.
fn key_of(node: &Node) -> Result<String, TemplateError> {
    match node.text().filter(|_| node.tag.is_none()) {
        Some("<<") => Err(node.error("CloudFormation takes no YAML merge keys (<<): repeat the entries")),
        Some(name) => Ok(name.to_owned()),
        None => Err(node.error("a key must be a text")),
    }
}

fn not_yaml(error: &ScanError) -> TemplateError {
    TemplateError { line: error.marker().line(), message: format!("not YAML: {}", error.info()) }
}

fn error(line: usize, message: impl Into<String>) -> TemplateError {
    TemplateError { line, message: message.into() }
}

/// Returns a tag without its `!`; YAML's own tags such as `!!str` do not count.
fn name_of(tag: Option<Cow<'_, Tag>>) -> Option<String> {
    tag.filter(|tag| !tag.is_yaml_core_schema()).map(|tag| tag.into_owned().suffix)
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Kind {
    let text = text.into_owned();
    if style != ScalarStyle::Plain {
        return Kind::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Plain(Value::Bool(true), text),
        "false" | "False" | "FALSE" => Kind::Plain(Value::Bool(false), text),
        _ => match text.parse::<i64>() {
            Ok(number) => Kind::Plain(number.into(), text),
            Err(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && text.bytes().any(|byte| byte.is_ascii_digit()) => {
                    Kind::Plain(number.into(), text)
                }
                _ => Kind::String(text),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::yaml::plain_value;

    #[test]
    fn tags_and_lines_are_kept() {
        let node = load("a: !Ref X\nb:\n  - !Sub\n    - x\n    - {y: 1}\n").unwrap();
        let reference = node.get("a").unwrap();
        assert_eq!((reference.tag.as_deref(), reference.text(), reference.line), (Some("Ref"), Some("X"), 1));
        let list = node.get("b").unwrap();
        let Kind::List(items) = &list.kind else { panic!() };
        // The value of b begins at line 3, and its key is at line 2.
        assert_eq!((items[0].tag.as_deref(), list.line), (Some("Sub"), 2));
    }

    #[test]
    fn scalars_are_read_as_cloudformation_reads_them() {
        let text = "n: 7200\nf: 0.5\nt: true\ns: \"7\"\nm: !!str 8\nv: 2010-09-09\ne:\nempty: ''\n";
        assert_eq!(
            plain_value(&load(text).unwrap()),
            serde_json::json!({"n": 7200, "f": 0.5, "t": true, "s": "7", "m": "8", "v": "2010-09-09", "e": null, "empty": ""})
        );
    }
}
