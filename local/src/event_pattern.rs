//! AWS's event patterns, with which a function says which events it wants.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>
//! An operator that Lambda does not have is an error when the pattern is read.
//!
//! It is written here because the crate `quamina` 0.7, which is made for millions of events, has no `$or` and accepts
//! operators that Lambda refuses.

use serde_json::{Map, Value};

/// A pattern. An event fits if it has all of the fields, each with one of their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Fields);

#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    fields: Vec<(String, Field)>,
    /// `$or`: one of these must fit, too.
    alternatives: Vec<Fields>,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Nested(Fields),
    /// A value must fit one of these.
    Rules(Vec<Rule>),
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Equals(Value),
    EqualsIgnoreCase(String),
    AnythingBut(Vec<Value>),
    Prefix(String),
    Suffix(String),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Pattern {
    /// Reads a pattern from its JSON text.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Fields::read(&members).map(Self),
            Ok(other) => Err(format!("a pattern is an object, found {other}")),
            Err(error) => Err(format!("the pattern is not JSON: {error}")),
        }
    }

    /// Reports whether an event fits.
    #[must_use]
    pub fn fits(&self, event: &Value) -> bool {
        self.0.fit(event)
    }
}

impl Fields {
    fn read(members: &Map<String, Value>) -> Result<Self, String> {
        let mut fields = Self::default();
        for (name, value) in members {
            match value {
                Value::Array(items) if name == "$or" => fields.alternatives = alternatives(items)?,
                _ if name == "$or" => return Err("$or takes a list of at least two patterns".to_owned()),
                Value::Object(members) if members.is_empty() => {
                    return Err(format!("the pattern of {name} is empty"));
                }
                Value::Object(members) => {
                    fields.fields.push((name.clone(), Field::Nested(Self::read(members)?)));
                }
                Value::Array(items) if !items.is_empty() => {
                    let rules = items.iter().map(Rule::read).collect::<Result<_, _>>();
                    let rules = rules.map_err(|mistake| format!("{name}: {mistake}"))?;
                    fields.fields.push((name.clone(), Field::Rules(rules)));
                }
                other => return Err(format!("{name} takes an object or a list of values, found {other}")),
            }
        }
        Ok(fields)
    }

    fn fit(&self, event: &Value) -> bool {
        self.fields.iter().all(|(name, field)| field.fits(event.get(name)))
            && (self.alternatives.is_empty() || self.alternatives.iter().any(|fields| fields.fit(event)))
    }
}

fn alternatives(items: &[Value]) -> Result<Vec<Fields>, String> {
    let read = |item: &Value| match item {
        Value::Object(members) if !members.is_empty() => Fields::read(members),
        other => Err(format!("an alternative of $or is an object, found {other}")),
    };
    if items.len() < 2 {
        return Err("$or takes a list of at least two patterns".to_owned());
    }
    items.iter().map(read).collect()
}

impl Field {
    fn fits(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // An element of a list must fit as a whole.
            (Self::Nested(_), Some(Value::Array(items))) => items.iter().any(|item| self.fits(Some(item))),
            (Self::Nested(fields), value) => fields.fit(value.unwrap_or(&Value::Null)),
            (Self::Rules(rules), value) => {
                let leaves = leaves(value);
                rules.iter().any(|rule| match rule {
                    Rule::Exists(exists) => *exists != leaves.is_empty(),
                    rule => leaves.iter().any(|leaf| rule.fits(leaf)),
                })
            }
        }
    }
}

/// Returns the values that rules are compared with: the value itself, or the elements of a list.
fn leaves(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(items)) => items.iter().flat_map(|item| leaves(Some(item))).collect(),
        Some(value) => vec![value],
    }
}

impl Rule {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            let is_list = value.is_array();
            return if is_list {
                Err(format!("{value} is no value"))
            } else {
                Ok(Self::Equals(value.clone()))
            };
        };
        let mut members = members.iter();
        let (Some((operator, operand)), None) = (members.next(), members.next()) else {
            return Err("a rule has exactly one operator".to_owned());
        };
        let text = || {
            let text = operand.as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| format!("{operator} takes a text, found {operand}"))
        };
        match operator.as_str() {
            "prefix" => text().map(Self::Prefix),
            "suffix" => text().map(Self::Suffix),
            "equals-ignore-case" => text().map(Self::EqualsIgnoreCase),
            "exists" => {
                let exists = operand.as_bool();
                exists.map(Self::Exists).ok_or_else(|| format!("exists takes true or false, found {operand}"))
            }
            "anything-but" => {
                let values = operand.as_array().cloned().unwrap_or_else(|| vec![operand.clone()]);
                let is_list_of = |kind: fn(&Value) -> bool| !values.is_empty() && values.iter().all(kind);
                if is_list_of(Value::is_string) || is_list_of(Value::is_number) {
                    Ok(Self::AnythingBut(values))
                } else {
                    Err(format!("anything-but takes texts or numbers, found {operand}"))
                }
            }
            "numeric" => numeric(operand).map(Self::Numeric),
            other => Err(format!("Lambda has no operator {other}")),
        }
    }

    fn fits(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Equals(value) => equal(value, leaf),
            Self::EqualsIgnoreCase(value) => {
                text.is_some_and(|text| text.to_lowercase() == value.to_lowercase())
            }
            Self::AnythingBut(values) => !values.iter().any(|value| equal(value, leaf)),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix)),
            Self::Exists(exists) => *exists,
            Self::Numeric(comparisons) => leaf.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
        }
    }
}

/// Compares numbers by their value, so that 300 is 3.0e2.
fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

/// Reads one or two comparisons: `[">", 0, "<=", 5]`.
fn numeric(operand: &Value) -> Result<Vec<(Comparison, f64)>, String> {
    let mistake = || format!("numeric takes one or two comparisons such as [\">\", 0], found {operand}");
    let items = operand.as_array().filter(|items| [2, 4].contains(&items.len())).ok_or_else(mistake)?;
    let comparison = |pair: &[Value]| {
        let comparison = match pair[0].as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        Some((comparison, pair[1].as_f64()?))
    };
    items.chunks(2).map(|pair| comparison(pair).ok_or_else(mistake)).collect()
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        let order = number.total_cmp(&bound);
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(pattern: &Value, event: &Value) -> bool {
        Pattern::parse(&pattern.to_string()).unwrap().fits(event)
    }

    /// The example of "Filter rule syntax" in Lambda's developer guide, and its table of operators.
    #[test]
    fn operators_do_what_lambdas_guide_says() {
        let event = json!({
            "RecordNumber": "0000", "TimeStamp": "yyyy-mm-ddThh:mm:ss", "UserID": null, "LastName": "",
            "Location": "New York", "FileName": "report.png", "Price": 100, "Hour": 3.0e1, "Day": "Monday",
            "Person": { "Age": 25, "Name": "Ada" }, "Tags": ["a", "b"], "Items": [{ "a": 1, "b": 2 }, { "a": 3 }],
            "IsPaid": true,
        });
        for (pattern, expected) in [
            (json!({}), true),
            (json!({ "UserID": [null] }), true),
            (json!({ "Nobody": [null] }), false),
            (json!({ "LastName": [""] }), true),
            (json!({ "Location": ["New York"] }), true),
            (json!({ "Location": ["new york"] }), false),
            (json!({ "Location": [{ "equals-ignore-case": "NEW YORK" }] }), true),
            (json!({ "Location": ["New York"], "Day": ["Monday"] }), true),
            (json!({ "Location": ["New York"], "Day": ["Tuesday"] }), false),
            (json!({ "Day": ["Monday", "Tuesday"] }), true),
            (json!({ "$or": [{ "Location": ["Rome"] }, { "Day": ["Monday"] }] }), true),
            (json!({ "$or": [{ "Location": ["Rome"] }, { "Day": ["Tuesday"] }] }), false),
            (json!({ "$or": [{ "Location": ["Rome"] }, { "Day": ["Monday"] }], "Price": [1] }), false),
            (json!({ "Location": [{ "anything-but": ["Rome"] }] }), true),
            (json!({ "Location": [{ "anything-but": "New York" }] }), false),
            (json!({ "Nobody": [{ "anything-but": ["Rome"] }] }), false),
            (json!({ "Price": [{ "anything-but": [100, 200] }] }), false),
            (json!({ "Price": [{ "numeric": ["=", 1.0e2] }] }), true),
            (json!({ "Price": [100.0] }), true),
            (json!({ "Hour": [{ "numeric": [">", 10, "<=", 30] }] }), true),
            (json!({ "Hour": [{ "numeric": [">", 30] }] }), false),
            (json!({ "Hour": [{ "numeric": [">=", 30, "<", 30] }] }), false),
            (json!({ "RecordNumber": [{ "numeric": ["=", 0] }] }), false),
            (json!({ "RecordNumber": [0] }), false),
            (json!({ "FileName": [{ "exists": true }] }), true),
            (json!({ "Nobody": [{ "exists": true }] }), false),
            (json!({ "Nobody": [{ "exists": false }] }), true),
            (json!({ "FileName": [{ "exists": false }] }), false),
            // Only leaves exist.
            (json!({ "Person": [{ "exists": true }] }), false),
            (json!({ "FileName": [{ "prefix": "report" }] }), true),
            (json!({ "FileName": [{ "suffix": ".png" }] }), true),
            (json!({ "FileName": [{ "suffix": ".PNG" }, { "prefix": "x" }] }), false),
            (json!({ "Person": { "Age": [25] } }), true),
            (json!({ "Person": { "Age": [26] } }), false),
            (json!({ "Person": { "Nobody": [{ "exists": false }] } }), true),
            (json!({ "Tags": ["b"] }), true),
            (json!({ "Tags": ["c"] }), false),
            (json!({ "Items": { "a": [1], "b": [2] } }), true),
            (json!({ "Items": { "a": [3], "b": [2] } }), false),
            (json!({ "IsPaid": [true] }), true),
            (json!({ "IsPaid": ["true"] }), false),
        ] {
            assert_eq!(fits(&pattern, &event), expected, "{pattern}");
        }
    }

    #[test]
    fn what_lambda_refuses_is_an_error() {
        for (pattern, message) in [
            ("{", "the pattern is not JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "a pattern is an object, found []"),
            (r#"{"a": "b"}"#, "a takes an object or a list of values, found \"b\""),
            (r#"{"a": []}"#, "a takes an object or a list of values, found []"),
            (r#"{"a": {}}"#, "the pattern of a is empty"),
            (r#"{"a": [["b"]]}"#, "a: [\"b\"] is no value"),
            (r#"{"a": [{"regexp": "b"}]}"#, "a: Lambda has no operator regexp"),
            (r#"{"a": [{"prefix": "b", "suffix": "c"}]}"#, "a: a rule has exactly one operator"),
            (r#"{"a": [{"prefix": 1}]}"#, "a: prefix takes a text, found 1"),
            (r#"{"a": [{"exists": "yes"}]}"#, "a: exists takes true or false, found \"yes\""),
            (
                r#"{"a": [{"anything-but": [1, "b"]}]}"#,
                "a: anything-but takes texts or numbers, found [1,\"b\"]",
            ),
            (
                r#"{"a": [{"numeric": ["!", 1]}]}"#,
                "a: numeric takes one or two comparisons such as [\">\", 0], found [\"!\",1]",
            ),
            (r#"{"$or": [{"a": ["b"]}]}"#, "$or takes a list of at least two patterns"),
            (r#"{"$or": {"a": ["b"]}}"#, "$or takes a list of at least two patterns"),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap_err(), message, "{pattern}");
        }
    }
}
