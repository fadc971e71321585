//! The template's Parameters: defaults, overrides, types and constraints.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use fancy_regex::RegexBuilder;
use serde_json::Value;

use super::error::TemplateError;
use super::yaml::{Kind, Node};

/// The types of values that the Parameter Store has, as in `AWS::SSM::Parameter::Value<String>`.
const STORED: &str = "AWS::SSM::Parameter::Value<";

/// The attributes that a parameter can have.
const ATTRIBUTES: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// The steps after which a pattern that goes back and forth in a value is given up.
const MAX_STEPS: usize = 1_000_000;

/// The value of a parameter.
pub(super) enum Parameter {
    Known(Value),
    /// A value in the Parameter Store, under this name.
    Stored(String),
}

impl Parameter {
    /// Returns the value for a use of the parameter `name` at `node`.
    pub(super) fn value(&self, name: &str, node: &Node) -> Result<&Value, TemplateError> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Stored(path) => Err(node.error(format!(
                "{name} is {path} of AWS's Parameter Store: give its value with --parameter {name}=..."
            ))),
        }
    }
}

/// Returns every parameter's value. `overrides` come from the command line; `Metadata.Local.Parameters` is next.
pub(super) fn resolve(
    root: &Node,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Parameter>, TemplateError> {
    let declared = root.get("Parameters").map(Node::entries).unwrap_or_default();
    for name in overrides.keys() {
        if !declared.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
            return Err(root
                .get("Parameters")
                .unwrap_or(root)
                .error(format!("there is no parameter {name}; the template has: {}", known.join(", "))));
        }
    }
    let here = root.at(&["Metadata", "Local", "Parameters"]).map(Node::entries).unwrap_or_default();
    if let Some((name, node)) = here.iter().find(|(name, _)| !declared.iter().any(|(known, _)| known == name))
    {
        return Err(node.error(format!("Metadata.Local.Parameters: there is no parameter {name}")));
    }
    let given = |name: &str| {
        let here = || here.iter().find(|(known, _)| known == name).and_then(|(_, node)| node.text());
        overrides.get(name).map(String::as_str).or_else(here)
    };
    let value = |name: &str, node| {
        Declaration { name, node }.value(given(name)).map(|value| (name.to_owned(), value))
    };
    declared.iter().map(|(name, node)| value(name, node)).collect()
}

/// The declaration of one parameter.
struct Declaration<'t> {
    name: &'t str,
    node: &'t Node,
}

impl Declaration<'_> {
    fn value(&self, given: Option<&str>) -> Result<Parameter, TemplateError> {
        let Self { name, node } = self;
        if let Some((attribute, at)) =
            node.entries().iter().find(|(attribute, _)| !ATTRIBUTES.contains(&attribute.as_str()))
        {
            return Err(at.error(format!("a parameter has no {attribute}")));
        }
        let kind = node.get("Type").and_then(Node::text);
        let kind = kind.ok_or_else(|| node.error(format!("parameter {name} needs a Type")))?;
        let default = node.get("Default").and_then(Node::text);
        let text = given.or(default).ok_or_else(|| {
            node.error(format!("parameter {name} has no default: give one with --parameter {name}=..."))
        })?;
        // A default is the name under which the value is stored, and constraints are the name's. What is given is the value.
        if let Some(stored) = kind.strip_prefix(STORED) {
            let stored = stored.trim_end_matches('>');
            return match given {
                Some(text) => self.typed(stored, text).map(Parameter::Known),
                None => Ok(Parameter::Stored(text.to_owned())),
            };
        }
        let value = self.typed(kind, text)?;
        self.constraints(kind, text, &value)?;
        Ok(Parameter::Known(value))
    }

    /// Returns the value of a text. Types of AWS's own, such as `AWS::EC2::VPC::Id`, are texts.
    fn typed(&self, kind: &str, text: &str) -> Result<Value, TemplateError> {
        let list = || text.split(',').map(str::trim);
        match kind {
            "Number" => self.number(text),
            "List<Number>" => list().map(|item| self.number(item)).collect(),
            "CommaDelimitedList" => Ok(list().map(Value::from).collect()),
            kind if kind.starts_with("List<") => Ok(list().map(Value::from).collect()),
            kind if kind == "String" || kind.starts_with("AWS::") => Ok(text.into()),
            kind => Err(self.node.error(format!("parameter {} has the unknown type {kind}", self.name))),
        }
    }

    fn number(&self, text: &str) -> Result<Value, TemplateError> {
        let whole = text.trim().parse::<i64>().map(Value::from).ok();
        let number = || text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
        whole.or_else(number).ok_or_else(|| self.refused(text, "must be a number"))
    }

    fn constraints(&self, kind: &str, text: &str, value: &Value) -> Result<(), TemplateError> {
        let items: Vec<&str> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => vec![text],
        };
        for item in &items {
            self.is_allowed(item)?;
        }
        if matches!(kind, "String" | "CommaDelimitedList") {
            for item in &items {
                self.has_pattern(item)?;
            }
        }
        if kind == "String" {
            let length = u32::try_from(text.chars().count()).map_or(f64::INFINITY, f64::from);
            self.within(text, ["MinLength", "MaxLength"], length, "characters long")?;
        }
        if kind == "Number" {
            let number = value.as_f64().unwrap_or(f64::INFINITY);
            self.within(text, ["MinValue", "MaxValue"], number, "")?;
        }
        Ok(())
    }

    fn is_allowed(&self, text: &str) -> Result<(), TemplateError> {
        let Some(node) = self.node.get("AllowedValues") else { return Ok(()) };
        let Kind::List(allowed) = &node.kind else { return Err(node.error("AllowedValues must be a list")) };
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        if allowed.contains(&text) {
            return Ok(());
        }
        Err(self.refused(text, &format!("must be one of: {}", allowed.join(", "))))
    }

    /// Checks that the whole text has the form of `AllowedPattern`.
    fn has_pattern(&self, text: &str) -> Result<(), TemplateError> {
        let Some(node) = self.node.get("AllowedPattern") else { return Ok(()) };
        let pattern = node.text().unwrap_or_default();
        let wrong =
            |error: fancy_regex::Error| node.error(format!("AllowedPattern of {}: {error}", self.name));
        let whole = RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).backtrack_limit(MAX_STEPS).build();
        if whole.map_err(wrong)?.is_match(text).map_err(wrong)? {
            return Ok(());
        }
        Err(self.refused(text, &format!("must match {pattern}")))
    }

    fn within(
        &self,
        text: &str,
        [least, most]: [&str; 2],
        value: f64,
        unit: &str,
    ) -> Result<(), TemplateError> {
        let limit = |name: &str| {
            let Some(node) = self.node.get(name) else { return Ok(None) };
            let limit = node.text().and_then(|text| text.parse::<f64>().ok());
            limit.map(Some).ok_or_else(|| node.error(format!("{name} must be a number")))
        };
        if let Some(least) = limit(least)?
            && value < least
        {
            return Err(self.refused(text, format!("must be at least {least} {unit}").trim_end()));
        }
        if let Some(most) = limit(most)?
            && value > most
        {
            return Err(self.refused(text, format!("must be at most {most} {unit}").trim_end()));
        }
        Ok(())
    }

    fn refused(&self, text: &str, message: &str) -> TemplateError {
        let (name, node) = (self.name, self.node);
        let described = node.get("ConstraintDescription").and_then(Node::text);
        let described = described.map(|text| format!(" ({text})")).unwrap_or_default();
        node.error(format!("parameter {name} is {text:?}; it {message}{described}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::template::model::{Template, Variable};

    /// Returns the value of a parameter with this declaration, as a function's variable gets it.
    fn value(declaration: &str, given: Option<&str>) -> Result<String, String> {
        let text = format!(
            "Parameters:\n  Given: {{ {declaration} }}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
             Properties: {{ Environment: {{ Variables: {{ AA: !Sub '${{Given}}' }} }} }}\n"
        );
        let given = given.map(|value| ("Given".to_owned(), value.to_owned())).into_iter().collect();
        let template = Template::parse(&text, &given, "us-east-1").map_err(|error| error.to_string())?;
        match &template.functions[0].variables["AA"] {
            Variable::Plain(text) => Ok(text.clone()),
            Variable::Unknown(error) => Err(error.to_string()),
            Variable::Secret => panic!(),
        }
    }

    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
    #[test]
    fn constraints_hold_for_defaults_and_for_what_is_given() {
        for (declaration, right, wrong, message) in [
            ("Type: Number, MinValue: 1", "1", "0", "must be at least 1"),
            ("Type: Number, MaxValue: 2.5", "2.5", "2.6", "must be at most 2.5"),
            ("Type: String, MinLength: 2", "ab", "a", "must be at least 2 characters long"),
            ("Type: String, MaxLength: 2", "äö", "abc", "must be at most 2 characters long"),
            // The pattern matches the whole value, and each item of a list.
            ("Type: String, AllowedPattern: '[a-z]+'", "abc", "abc1", "must match [a-z]+"),
            ("Type: String, AllowedPattern: 'a|b'", "b", "bb", "must match a|b"),
            ("Type: CommaDelimitedList, AllowedPattern: '[a-z]'", "a,b", "a,bc", "must match [a-z]"),
            // Java's lookahead, as for passwords.
            (
                "Type: String, AllowedPattern: '(?=.*[0-9])[a-z0-9]+'",
                "a1",
                "ab",
                "must match (?=.*[0-9])[a-z0-9]+",
            ),
            ("Type: List<Number>", "1,2", "1,b", "must be a number"),
            ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a,b", "a,c", "must be one of: a, b"),
        ] {
            assert_eq!(value(declaration, Some(right)), Ok(right.to_owned()), "{declaration}");
            let error = value(declaration, Some(wrong)).unwrap_err();
            assert!(error.starts_with("template line 2: parameter Given is "), "{error}");
            assert!(error.ends_with(&format!("; it {message}")), "{declaration}: {error}");
            let default = value(&format!("{declaration}, Default: '{wrong}'"), None).unwrap_err();
            assert_eq!(default, error, "{declaration}");
        }
        let described = "Type: Number, MinValue: 1, ConstraintDescription: one a day";
        let error = "template line 2: parameter Given is \"0\"; it must be at least 1 (one a day)";
        assert_eq!(value(described, Some("0")).unwrap_err(), error);
    }

    #[test]
    fn declarations_that_cloudformation_refuses_are_refused() {
        for (declaration, message) in [
            ("Default: a", "parameter Given needs a Type"),
            ("Type: Text, Default: a", "parameter Given has the unknown type Text"),
            ("Type: String, Defualt: a", "a parameter has no Defualt"),
            ("Type: Number, Default: 1, MinValue: one", "MinValue must be a number"),
            ("Type: String, Default: a, AllowedValues: a", "AllowedValues must be a list"),
        ] {
            assert_eq!(value(declaration, None).unwrap_err(), format!("template line 2: {message}"));
        }
        for pattern in ["'('", "'(a+)+(?=$)b'"] {
            let declaration = format!("Type: String, AllowedPattern: {pattern}");
            let error = value(&declaration, Some(&"a".repeat(4_000))).unwrap_err();
            assert!(error.starts_with("template line 2: "), "{error}");
        }
    }

    #[test]
    fn a_template_has_values_for_this_machine_which_the_command_line_replaces() {
        let text = |here: &str| {
            format!(
                "Metadata: {{ Local: {{ Parameters: {{ {here} }} }} }}\nParameters:\n  Given: {{ Type: String, Default: a, \
                 AllowedValues: [a, b, c] }}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: \
                 {{ Environment: {{ Variables: {{ AA: !Ref Given }} }} }}\n"
            )
        };
        let value = |here: &str, given: &[(&str, &str)]| {
            let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let template =
                Template::parse(&text(here), &given, "us-east-1").map_err(|error| error.to_string())?;
            Ok::<_, String>(format!("{:?}", template.functions[0].variables["AA"]))
        };
        assert_eq!(value("Given: b", &[]).unwrap(), "Plain(\"b\")");
        assert_eq!(value("Given: b", &[("Given", "c")]).unwrap(), "Plain(\"c\")");
        assert_eq!(value("", &[]).unwrap(), "Plain(\"a\")");
        for (wrong, message) in [
            ("Other: b", "template line 1: Metadata.Local.Parameters: there is no parameter Other"),
            ("Given: d", "template line 3: parameter Given is \"d\"; it must be one of: a, b, c"),
        ] {
            assert_eq!(value(wrong, &[]).unwrap_err(), message);
        }
    }

    #[test]
    fn a_value_of_the_parameter_store_must_be_given() {
        let stored = "Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b, AllowedPattern: '/.*'";
        assert_eq!(
            value(stored, None).unwrap_err(),
            "template line 6: Given is /a/b of AWS's Parameter Store: give its value with --parameter Given=..."
        );
        assert_eq!(value(stored, Some("the value")), Ok("the value".to_owned()));
        // What does not use the parameter does not need it.
        let text = format!("Parameters:\n  Given: {{ {stored} }}\nResources: {{}}\n");
        assert!(Template::parse(&text, &std::collections::BTreeMap::new(), "us-east-1").is_ok());
    }
}
