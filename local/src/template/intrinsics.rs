//! `CloudFormation`'s intrinsic functions, as far as they have a value on one machine.
//!
//! A value that cannot be resolved is an error with its line, never a blank. Only values that the emulator needs are
//! resolved; alarms and the like are skipped.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::TemplateError;
use super::model::{ACCOUNT_ID, QUEUE_URLS};
use super::names::{function_name, pseudo_parameter};
use super::yaml::{Kind, Node, plain_value};

/// Resolves nodes of one template.
pub(crate) struct Resolver<'t> {
    region: &'t str,
    parameters: BTreeMap<String, Value>,
    conditions: Option<&'t Node>,
    resources: Option<&'t Node>,
    mappings: Option<&'t Node>,
    /// The conditions that are being evaluated. A condition that depends on itself is an error, not an endless loop.
    evaluating: RefCell<Vec<String>>,
}

/// The value of an intrinsic; `None` stands for `AWS::NoValue`.
type Resolved = Result<Option<Value>, TemplateError>;

impl<'t> Resolver<'t> {
    /// Makes a resolver of the template at `root`, with these values of its parameters.
    pub(crate) fn new(root: &'t Node, parameters: BTreeMap<String, Value>, region: &'t str) -> Self {
        Self {
            region,
            parameters,
            conditions: root.get("Conditions"),
            resources: root.get("Resources"),
            mappings: root.get("Mappings"),
            evaluating: RefCell::default(),
        }
    }

    /// Returns the node with every intrinsic in it resolved; `None` stands for `AWS::NoValue`.
    pub(crate) fn resolve(&self, node: &Node) -> Resolved {
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

    /// Returns the node as text; numbers and booleans are converted.
    pub(crate) fn text(&self, node: &Node) -> Result<String, TemplateError> {
        match self.resolve(node)? {
            Some(Value::String(text)) => Ok(text),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(value)) => Ok(value.to_string()),
            Some(other) => Err(node.error(format!("expected text, found {other}"))),
            None => Err(node.error("expected text, found AWS::NoValue")),
        }
    }

    /// Reports whether a resource's condition holds, if it has one.
    pub(super) fn exists(&self, resource: &Node) -> Result<bool, TemplateError> {
        match resource.get("Condition").and_then(Node::text) {
            Some(condition) => self.condition(condition, resource),
            None => Ok(true),
        }
    }

    /// Evaluates the condition `name`, which is used at `node`.
    pub(crate) fn condition(&self, name: &str, node: &Node) -> Result<bool, TemplateError> {
        let condition = self
            .conditions
            .and_then(|conditions| conditions.get(name))
            .ok_or_else(|| node.error(format!("no condition is called {name}")))?;
        if self.evaluating.borrow().iter().any(|known| known == name) {
            return Err(node.error(format!("condition {name} depends on itself")));
        }
        self.evaluating.borrow_mut().push(name.to_owned());
        let result = self.truth(condition);
        self.evaluating.borrow_mut().pop();
        result
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
            "If" => self.choose(node, argument),
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
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        match pseudo_parameter(name, self.region) {
            Some(value) => Ok(Some(value.into())),
            None => self.resource(name, node)?.reference(self, name, node).map(|text| Some(text.into())),
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
        let resource = self.resource(&name, node)?;
        resource.attribute(self, &name, &attribute, node).map(Value::String)
    }

    fn resource(&self, name: &str, node: &Node) -> Result<Resource<'_>, TemplateError> {
        let find = |name: &str| self.resources.and_then(|resources| resources.get(name));
        // SAM makes a role for each function that has none.
        if let (None, Some(function)) = (find(name), name.strip_suffix("Role").and_then(find))
            && function.get("Type").and_then(Node::text) == Some("AWS::Serverless::Function")
        {
            return Ok(Resource { kind: "AWS::IAM::Role", node: function });
        }
        let resource = find(name).ok_or_else(|| {
            node.error(format!("{name} is neither a parameter nor a resource of this template"))
        })?;
        Ok(Resource { kind: resource.get("Type").and_then(Node::text).unwrap_or_default(), node: resource })
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
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let (name, after) = after.split_once('}').ok_or_else(|| node.error("!Sub: `${` without `}`"))?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
                continue;
            }
            let name = name.trim();
            if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
                out.push_str(&self.text(variable)?);
                continue;
            }
            let value = match name.split_once('.') {
                Some((resource, attribute)) => Some(Value::String(
                    self.resource(resource, node)?.attribute(self, resource, attribute, node)?,
                )),
                None => self.reference(name, node)?,
            };
            match value {
                Some(Value::String(text)) => out.push_str(&text),
                Some(Value::Array(items)) => out.push_str(&joined(&items, ",")),
                Some(other) => out.push_str(&other.to_string()),
                None => return Err(node.error(format!("!Sub: {name} has no value"))),
            }
        }
        out.push_str(rest);
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

    fn choose(&self, node: &Node, argument: &Node) -> Resolved {
        let [condition, yes, no] = argument.exactly(node, "If")?;
        let name = condition.text().ok_or_else(|| node.error("!If takes a condition's name"))?;
        self.resolve(if self.condition(name, node)? { yes } else { no })
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
        self.mappings
            .and_then(|mappings| mappings.at(&[&path[0], &path[1], &path[2]]))
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

/// A resource to which something refers.
pub(super) struct Resource<'t> {
    pub(super) kind: &'t str,
    pub(super) node: &'t Node,
}

impl Resource<'_> {
    /// Returns the value of `!Ref`.
    pub(super) fn reference(
        &self,
        resolver: &Resolver<'_>,
        name: &str,
        at: &Node,
    ) -> Result<String, TemplateError> {
        match self.kind {
            "AWS::DynamoDB::Table" => self.name(resolver, name, "TableName"),
            "AWS::Serverless::Function" => Ok(function_name(name, self.node)),
            "AWS::Serverless::HttpApi" => Ok("local".to_owned()),
            "AWS::SecretsManager::Secret" => self.attribute(resolver, name, "Id", at),
            "AWS::S3::Bucket" => Ok(self.name(resolver, name, "BucketName")?.to_ascii_lowercase()),
            "AWS::Logs::LogGroup" => self.name(resolver, name, "LogGroupName"),
            "AWS::IAM::Role" => self.name(resolver, name, "RoleName"),
            "AWS::IAM::ManagedPolicy" => Ok(format!("arn:aws:iam::{ACCOUNT_ID}:policy/{name}")),
            "AWS::SQS::Queue" => Ok(format!("{QUEUE_URLS}{}", self.name(resolver, name, "QueueName")?)),
            kind => Err(at.error(format!("`local` cannot answer !Ref {name}: {kind} is not emulated"))),
        }
    }

    /// Returns the value of `!GetAtt`.
    pub(super) fn attribute(
        &self,
        resolver: &Resolver<'_>,
        name: &str,
        attribute: &str,
        at: &Node,
    ) -> Result<String, TemplateError> {
        let arn =
            |service: &str, rest: &str| format!("arn:aws:{service}:{}:{ACCOUNT_ID}:{rest}", resolver.region);
        Ok(match (self.kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => {
                arn("dynamodb", &format!("table/{}", self.reference(resolver, name, at)?))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                arn("dynamodb", &format!("table/{}/stream/local", self.reference(resolver, name, at)?))
            }
            ("AWS::Serverless::Function", "Arn") => {
                arn("lambda", &format!("function:{}", function_name(name, self.node)))
            }
            ("AWS::SecretsManager::Secret", "Id" | "Arn") => {
                arn("secretsmanager", &format!("secret:{}", self.name(resolver, name, "Name")?))
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", self.reference(resolver, name, at)?),
            ("AWS::Serverless::HttpApi", "ApiEndpoint") => {
                format!("https://local.execute-api.{}.amazonaws.com", resolver.region)
            }
            ("AWS::IAM::Role", "Arn") => {
                format!("arn:aws:iam::{ACCOUNT_ID}:role/{}", self.reference(resolver, name, at)?)
            }
            ("AWS::SQS::Queue", "Arn") => arn("sqs", &self.name(resolver, name, "QueueName")?),
            ("AWS::SQS::Queue", "QueueName") => self.name(resolver, name, "QueueName")?,
            ("AWS::SQS::Queue", "QueueUrl") => self.reference(resolver, name, at)?,
            ("AWS::Logs::LogGroup", "Arn") => {
                arn("logs", &format!("log-group:{}", self.reference(resolver, name, at)?))
            }
            (kind, _) => {
                return Err(at.error(format!(
                    "`local` cannot answer !GetAtt {name}.{attribute}: that attribute of {kind} is not emulated"
                )));
            }
        })
    }

    /// Returns the name that the template gives, or else one derived from the logical id.
    fn name(&self, resolver: &Resolver<'_>, logical: &str, property: &str) -> Result<String, TemplateError> {
        match self.node.at(&["Properties", property]) {
            Some(name) => resolver.text(name),
            None => Ok(logical.to_owned()),
        }
    }
}
