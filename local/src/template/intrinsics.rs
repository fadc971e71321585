//! `CloudFormation`'s intrinsic functions, as far as they have a value on one machine.
//!
//! A value that cannot be resolved is an error with its line, never a blank. Only values that the emulator needs are
//! resolved; alarms and the like are skipped.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::budget::Budget;
use super::error::TemplateError;
use super::names::{IMPLICIT_API, pseudo_parameter};
use super::parameters::Parameter;
use super::references::{Resource, attribute, reference};
use super::sub::{Part, parts};
use super::yaml::{Kind, Node, plain_value};

/// Resolves nodes of one template.
pub(crate) struct Resolver<'t> {
    region: &'t str,
    parameters: BTreeMap<String, Parameter>,
    root: &'t Node,
    budget: Budget,
}

/// The value of an intrinsic; `None` stands for `AWS::NoValue`.
type Resolved = Result<Option<Value>, TemplateError>;

impl<'t> Resolver<'t> {
    /// Makes a resolver of the template at `root`, with these values of its parameters.
    pub(crate) fn new(root: &'t Node, parameters: BTreeMap<String, Parameter>, region: &'t str) -> Self {
        Self { region, parameters, root, budget: Budget::default() }
    }

    /// Returns the node with every intrinsic in it resolved; `None` stands for `AWS::NoValue`.
    pub(crate) fn resolve(&self, node: &Node) -> Resolved {
        let resolved = self.budget.nested(node, || self.resolve_nested(node))?;
        resolved.as_ref().map_or(Ok(()), |value| self.budget.charge(value, node))?;
        Ok(resolved)
    }

    fn resolve_nested(&self, node: &Node) -> Resolved {
        if let Some(tag) = &node.tag {
            return self.intrinsic(tag, node, &Node { tag: None, ..node.clone() });
        }
        match &node.kind {
            Kind::Map(entries) => {
                if let [(name, argument)] = entries.as_slice() {
                    if name == "Ref" {
                        return self.intrinsic("Ref", node, argument);
                    }
                    if let Some(name) = name.strip_prefix("Fn::") {
                        return self.intrinsic(name, node, argument);
                    }
                }
                let mut map = Map::new();
                for (key, value) in entries {
                    if let Some(value) = self.resolve(value)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Kind::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(list)))
            }
            _ => Ok(Some(plain_value(node))),
        }
    }

    /// Returns the node with every `!If` replaced by what it selects; `None` stands for `AWS::NoValue`.
    pub(super) fn decided(&self, node: &Node) -> Result<Option<Node>, TemplateError> {
        let argument = match (&node.tag, node.entries()) {
            (Some(tag), _) if tag == "If" => Some(&Node { tag: None, ..node.clone() }),
            (None, [(name, argument)]) if name == "Fn::If" => Some(argument),
            _ => None,
        };
        if let Some(argument) = argument {
            return self.budget.nested(node, || self.decided(self.chosen(node, argument)?));
        }
        if node.referred() == Some("AWS::NoValue") {
            return Ok(None);
        }
        let kind = match &node.kind {
            Kind::Map(entries) => {
                let mut kept = Vec::with_capacity(entries.len());
                for (name, node) in entries {
                    kept.extend(self.decided(node)?.map(|node| (name.clone(), node)));
                }
                Kind::Map(kept)
            }
            Kind::List(items) => {
                let mut kept = Vec::with_capacity(items.len());
                for item in items {
                    kept.extend(self.decided(item)?);
                }
                Kind::List(kept)
            }
            other => other.clone(),
        };
        Ok(Some(Node { kind, ..node.clone() }))
    }

    /// Returns the node as text; numbers and booleans are converted.
    pub(crate) fn text(&self, node: &Node) -> Result<String, TemplateError> {
        match self.resolve(node)? {
            Some(Value::String(text)) if text.contains("{{resolve:") => {
                Err(node.error(format!("{text} is known to AWS alone")))
            }
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(value)) => Ok(value.to_string()),
            Some(other) => Err(node.error(format!("expected text, found {other}"))),
            None => Err(node.error("expected text, found AWS::NoValue")),
        }
    }

    /// Reports whether a resource's condition holds, if it has one.
    pub(super) fn exists(&self, resource: &Node) -> Result<bool, TemplateError> {
        let Some(node) = resource.get("Condition") else { return Ok(true) };
        let name = node.text().filter(|_| node.tag.is_none());
        self.condition(name.ok_or_else(|| node.error("Condition must be the name of a condition"))?, node)
    }

    /// Evaluates the condition `name`, which is used at `node`.
    pub(crate) fn condition(&self, name: &str, node: &Node) -> Result<bool, TemplateError> {
        let condition = self
            .root
            .at(&["Conditions", name])
            .ok_or_else(|| node.error(format!("no condition is called {name}")))?;
        self.budget.named(format!("condition {name}"), node, || self.truth(condition))
    }

    fn truth(&self, node: &Node) -> Result<bool, TemplateError> {
        if node.tag.as_deref() == Some("Condition")
            || node.entries().first().is_some_and(|(key, _)| key == "Condition")
        {
            let name = node.get("Condition").unwrap_or(node);
            return self.condition(name.text().unwrap_or_default(), node);
        }
        match self.resolve(node)? {
            Some(Value::Bool(value)) => Ok(value),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            other => Err(node.error(format!("expected a condition, found {}", other.unwrap_or_default()))),
        }
    }

    fn intrinsic(&self, name: &str, node: &Node, argument: &Node) -> Resolved {
        match name {
            "Ref" => self.reference(argument.text().ok_or_else(|| node.error("!Ref takes a name"))?, node),
            "Sub" => self.sub(node, argument).map(|text| Some(Value::String(text))),
            "GetAtt" => self.get_att(node, argument).map(Some),
            "Join" => self.join(node, argument).map(Some),
            "Split" => self.split(node, argument).map(Some),
            "Select" => self.select(node, argument).map(Some),
            "If" => self.resolve(self.chosen(node, argument)?),
            "Equals" => {
                let [left, right] = argument.exactly(node, "Equals")?;
                Ok(Some(Value::Bool(self.compared(left)? == self.compared(right)?)))
            }
            "Not" => {
                let [inner] = argument.exactly(node, "Not")?;
                Ok(Some(Value::Bool(!self.truth(inner)?)))
            }
            "And" => self.all(node, argument, true),
            "Or" => self.all(node, argument, false),
            "Condition" => {
                self.condition(argument.text().unwrap_or_default(), node).map(|value| Some(value.into()))
            }
            "FindInMap" => self.find_in_map(node, argument).map(Some),
            "Base64" => {
                use base64::Engine as _;
                use base64::engine::general_purpose::STANDARD;
                Ok(Some(Value::String(STANDARD.encode(self.text(argument)?))))
            }
            other => Err(node.error(format!("`local` cannot answer the intrinsic !{other}"))),
        }
    }

    fn reference(&self, name: &str, node: &Node) -> Resolved {
        if let Some(parameter) = self.parameters.get(name) {
            let value = parameter.value(name, node)?.clone();
            self.budget.charge(&value, node)?;
            return Ok(Some(value));
        }
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        match pseudo_parameter(name, self.region) {
            Some(value) => Ok(Some(value.into())),
            None => self.reference_to(name, node).map(|text| Some(text.into())),
        }
    }

    fn get_att(&self, node: &Node, argument: &Node) -> Result<Value, TemplateError> {
        let (name, attribute) = match &argument.kind {
            Kind::List(parts) => match parts.as_slice() {
                [name, attribute] => (name.text().unwrap_or_default().to_owned(), self.text(attribute)?),
                _ => return Err(node.error("!GetAtt takes a resource and an attribute")),
            },
            _ => argument
                .text()
                .and_then(|text| text.split_once('.'))
                .map(|(name, attribute)| (name.to_owned(), attribute.to_owned()))
                .ok_or_else(|| node.error("!GetAtt takes Resource.Attribute"))?,
        };
        self.attribute_of(&name, &attribute, node).map(Value::String)
    }

    /// Returns the value of `!Ref` to a resource, for a use at `node`.
    pub(super) fn reference_to(&self, id: &str, node: &Node) -> Result<String, TemplateError> {
        let resource = self.resource(id, node)?;
        reference(&resource, &|property| self.name(&resource, property), self.region, node)
    }

    fn attribute_of(&self, id: &str, name: &str, node: &Node) -> Result<String, TemplateError> {
        let resource = self.resource(id, node)?;
        attribute(&resource, name, &|property| self.name(&resource, property), self.region, node)
    }

    /// Returns a property that names a resource, if the template has it.
    fn name(&self, resource: &Resource<'_>, property: &str) -> Result<Option<String>, TemplateError> {
        let Some(node) = resource.node.at(&["Properties", property]) else { return Ok(None) };
        let name = format!("the {property} of {}", resource.id);
        self.budget.named(name, node, || self.text(node)).map(Some)
    }

    fn resource<'n>(&'n self, id: &'n str, node: &Node) -> Result<Resource<'n>, TemplateError> {
        let find = |id: &str| self.root.at(&["Resources", id]);
        let kind = |resource: &'n Node| resource.get("Type").and_then(Node::text).unwrap_or_default();
        let (kind, resource) = match (find(id), id.strip_suffix("Role").and_then(find)) {
            (Some(resource), _) => (kind(resource), resource),
            // SAM makes a role for each function that has none, and an API for events that name none.
            (None, Some(function)) if kind(function) == "AWS::Serverless::Function" => {
                ("AWS::IAM::Role", function)
            }
            (None, _) if id == IMPLICIT_API => ("AWS::Serverless::HttpApi", self.root),
            (None, _) => {
                let message = format!("{id} is neither a parameter nor a resource of this template");
                return Err(node.error(message));
            }
        };
        if !self.exists(resource)? {
            return Err(node.error(format!("{id} does not exist, because its condition does not hold")));
        }
        Ok(Resource { id, kind, node: resource })
    }

    fn sub(&self, node: &Node, argument: &Node) -> Result<String, TemplateError> {
        let (text, variables) = match &argument.kind {
            Kind::List(parts) => match parts.as_slice() {
                [text, variables] => (text.text(), Some(variables)),
                _ => (None, None),
            },
            _ => (argument.text(), None),
        };
        let text = text.ok_or_else(|| node.error("!Sub takes a text, or a list of a text and a map"))?;
        let mut out = String::with_capacity(text.len());
        for part in parts(text).map_err(|mistake| node.error(format!("!Sub: {mistake}")))? {
            let name = match part {
                Part::Literal(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Variable(name) => name,
            };
            if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
                out.push_str(&self.text(variable)?);
                continue;
            }
            let value = match name.split_once('.') {
                Some((id, attribute)) => Some(Value::String(self.attribute_of(id, attribute, node)?)),
                None => self.reference(name, node)?,
            };
            match value {
                Some(Value::String(text)) => out.push_str(&text),
                Some(Value::Array(items)) => out.push_str(&joined(&items, ",")),
                Some(other) => out.push_str(&other.to_string()),
                None => return Err(node.error(format!("!Sub: {name} has no value"))),
            }
        }
        Ok(out)
    }

    fn join(&self, node: &Node, argument: &Node) -> Result<Value, TemplateError> {
        let [separator, list] = argument.exactly(node, "Join")?;
        let separator = self.text(separator)?;
        match self.resolve(list)? {
            Some(Value::Array(items)) => Ok(joined(&items, &separator).into()),
            _ => Err(node.error("!Join takes a separator and a list")),
        }
    }

    fn split(&self, node: &Node, argument: &Node) -> Result<Value, TemplateError> {
        let [separator, text] = argument.exactly(node, "Split")?;
        let (separator, text) = (self.text(separator)?, self.text(text)?);
        Ok(text.split(separator.as_str()).map(Value::from).collect())
    }

    fn select(&self, node: &Node, argument: &Node) -> Result<Value, TemplateError> {
        let [index, list] = argument.exactly(node, "Select")?;
        let index = self.text(index)?;
        let Some(Value::Array(mut list)) = self.resolve(list)? else {
            return Err(node.error("!Select takes an index and a list"));
        };
        match index.parse::<usize>() {
            Ok(index) if index < list.len() => Ok(list.swap_remove(index)),
            _ => Err(node.error(format!("!Select: no item {index} in a list of {}", list.len()))),
        }
    }

    /// Returns the node that an `!If` selects.
    fn chosen<'n>(&self, node: &Node, argument: &'n Node) -> Result<&'n Node, TemplateError> {
        let [condition, yes, no] = argument.exactly(node, "If")?;
        let name = condition.text().ok_or_else(|| node.error("!If takes a condition's name"))?;
        Ok(if self.condition(name, node)? { yes } else { no })
    }

    fn all(&self, node: &Node, argument: &Node, and: bool) -> Resolved {
        let Kind::List(list) = &argument.kind else {
            return Err(node.error("!And and !Or take a list of conditions"));
        };
        for item in list {
            if self.truth(item)? != and {
                return Ok(Some(Value::Bool(!and)));
            }
        }
        Ok(Some(Value::Bool(and)))
    }

    fn find_in_map(&self, node: &Node, argument: &Node) -> Result<Value, TemplateError> {
        let [map, top, second] = argument.exactly(node, "FindInMap")?;
        let path = [self.text(map)?, self.text(top)?, self.text(second)?];
        self.root
            .at(&["Mappings", &path[0], &path[1], &path[2]])
            .map(plain_value)
            .ok_or_else(|| node.error(format!("no mapping {}", path.join("."))))
    }

    /// Returns a side of `!Equals` as text, because `CloudFormation` compares strings.
    fn compared(&self, node: &Node) -> Result<String, TemplateError> {
        Ok(match self.resolve(node)? {
            Some(Value::String(text)) => text,
            Some(Value::Array(items)) => joined(&items, ","),
            Some(other) => other.to_string(),
            None => String::new(),
        })
    }
}

fn joined(items: &[Value], separator: &str) -> String {
    let texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    texts.join(separator)
}
