//! Conditions: operators, keys and values.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use std::fmt;

use serde_json::Value;

use super::pattern::{Pattern, Syntax};
use super::request::Context;

/// One key under one operator.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    operator: Operator,
    /// The operator as the policy spells it.
    spelling: String,
    pub(super) key: String,
    pub(super) values: Vec<Operand>,
}

/// A value of the policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Text(Pattern),
    Number(f64),
    Truth(bool),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Operator {
    set: Option<Set>,
    test: Test,
    /// `Not`: true where the test is false.
    negated: bool,
    /// True where the key is missing.
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Set {
    All,
    Any,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Test {
    Equals,
    EqualsInAnyCase,
    Like,
    Arn,
    Number(Comparison),
    Bool,
    Null,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads what a policy has under `operator` and `key`.
    pub(super) fn new(operator: &str, key: &str, value: &Value, variables: bool) -> Result<Self, String> {
        let spelling = operator.to_owned();
        let operator = Operator::parse(operator)
            .ok_or_else(|| format!("the condition operator {operator} is unknown or not evaluated here"))?;
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        if values.is_empty() {
            return Err(format!("{key} has no value"));
        }
        let operand = |value: &Value| {
            operator
                .test
                .operand(value, variables)
                .ok_or_else(|| format!("{spelling} cannot compare {value}"))
        };
        let values = values.iter().map(operand).collect::<Result<_, _>>()?;
        Ok(Self { operator, spelling, key: key.to_owned(), values })
    }

    /// Reports whether a request meets it.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let Operator { set, test, negated, if_exists } = self.operator;
        let values = context.get(&self.key);
        if test == Test::Null {
            return self.values.contains(&Operand::Truth(values.is_none()));
        }
        let fits = |value: &String| self.values.iter().any(|operand| test.fits(operand, value, context));
        match (set, values) {
            (None, None) => negated || if_exists,
            (None, Some(values)) => values.iter().any(fits) != negated,
            // Of nothing, all are as they should be. Policies have a `Null` beside it for that reason.
            (Some(Set::All), None) => true,
            (Some(Set::All), Some(values)) => values.iter().all(|value| fits(value) != negated),
            // `IfExists` does not help, as somebody saw on AWS:
            // <https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w/foranyvalue-stringequalsifexists-behaving-unexpectedly>.
            (Some(Set::Any), None) => false,
            (Some(Set::Any), Some(values)) => values.iter().any(|value| fits(value) != negated),
        }
    }

    /// Reports whether it lists texts, of which the values of `key` are to fit one each.
    pub(super) fn lists(&self, key: &str) -> bool {
        let is_text =
            matches!(self.operator.test, Test::Equals | Test::EqualsInAnyCase | Test::Like | Test::Arn);
        is_text && !self.operator.negated && self.key.eq_ignore_ascii_case(key)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}: ", self.spelling, self.key)?;
        for (index, value) in self.values.iter().enumerate() {
            write!(formatter, "{}{value}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(pattern) => pattern.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
            Self::Truth(truth) => truth.fmt(formatter),
        }
    }
}

impl Operator {
    /// Names of operators are compared without case, as IAM does.
    fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (set, name) = match name.split_once(':') {
            Some(("forallvalues", name)) => (Some(Set::All), name),
            Some(("foranyvalue", name)) => (Some(Set::Any), name),
            Some(_) => return None,
            None => (None, name.as_str()),
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (test, negated) = match name {
            "stringequals" => (Test::Equals, false),
            "stringnotequals" => (Test::Equals, true),
            "stringequalsignorecase" => (Test::EqualsInAnyCase, false),
            "stringnotequalsignorecase" => (Test::EqualsInAnyCase, true),
            "stringlike" => (Test::Like, false),
            "stringnotlike" => (Test::Like, true),
            "arnequals" | "arnlike" => (Test::Arn, false),
            "arnnotequals" | "arnnotlike" => (Test::Arn, true),
            "numericequals" => (Test::Number(Comparison::Equal), false),
            "numericnotequals" => (Test::Number(Comparison::Equal), true),
            "numericlessthan" => (Test::Number(Comparison::Less), false),
            "numericlessthanequals" => (Test::Number(Comparison::LessOrEqual), false),
            "numericgreaterthan" => (Test::Number(Comparison::Greater), false),
            "numericgreaterthanequals" => (Test::Number(Comparison::GreaterOrEqual), false),
            "bool" => (Test::Bool, false),
            // It asks for nothing else than whether the key exists.
            "null" if set.is_none() && !if_exists => (Test::Null, false),
            _ => return None,
        };
        Some(Self { set, test, negated, if_exists })
    }
}

impl Test {
    /// Reads a value; `None` if the test has no use for it.
    fn operand(self, value: &Value, variables: bool) -> Option<Operand> {
        // A template's `true` and `5` are texts to IAM.
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        match self {
            Self::Number(_) => text.parse().ok().map(Operand::Number),
            Self::Bool | Self::Null => text.to_ascii_lowercase().parse().ok().map(Operand::Truth),
            Self::Equals | Self::EqualsInAnyCase => {
                Some(Operand::Text(Pattern::new(&text, Syntax { wildcards: false, variables })))
            }
            Self::Like | Self::Arn => {
                Some(Operand::Text(Pattern::new(&text, Syntax { wildcards: true, variables })))
            }
        }
    }

    fn fits(self, operand: &Operand, value: &str, context: &Context) -> bool {
        match (self, operand) {
            (Self::EqualsInAnyCase, Operand::Text(pattern)) => pattern.fits_in_any_case(value, context),
            (Self::Arn, Operand::Text(pattern)) => pattern.fits_arn(value, context),
            (_, Operand::Text(pattern)) => pattern.fits(value, context),
            (Self::Number(comparison), Operand::Number(limit)) => {
                value.parse::<f64>().is_ok_and(|number| comparison.holds(number, *limit))
            }
            (_, Operand::Truth(truth)) => value.eq_ignore_ascii_case(&truth.to_string()),
            (_, Operand::Number(_)) => false,
        }
    }
}

impl Comparison {
    #[expect(clippy::float_cmp, reason = "IAM compares numbers as they are written")]
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Self::Equal => number == limit,
            Self::Less => number < limit,
            Self::LessOrEqual => number <= limit,
            Self::Greater => number > limit,
            Self::GreaterOrEqual => number >= limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(operator: &str, value: &Value, context: &Context) -> bool {
        Condition::new(operator, "k:ey", value, true).unwrap().holds(context)
    }

    fn of(values: &[&str]) -> Context {
        Context::default().with_all("k:ey", values.iter().map(|value| (*value).to_owned()))
    }

    /// "IAM JSON policy elements: Condition operators", one table each; the key missing, the value right and wrong.
    #[test]
    fn every_operator_compares_as_its_table_says() {
        for (operator, value, right, wrong, without) in [
            ("StringEquals", json!("a*"), "a*", "ab", false),
            ("StringNotEquals", json!(["a", "b"]), "c", "b", true),
            ("StringEqualsIgnoreCase", json!("AB"), "ab", "ac", false),
            ("StringNotEqualsIgnoreCase", json!("AB"), "ac", "Ab", true),
            ("StringLike", json!(["x", "a*"]), "ab", "ba", false),
            ("StringNotLike", json!(["x", "a*"]), "ba", "ab", true),
            ("StringLikeIfExists", json!("a*"), "ab", "ba", true),
            ("ArnLike", json!("arn:aws:s3:::b/*"), "arn:aws:s3:::b/c", "arn:aws:s3::1:b/c", false),
            ("ArnNotEquals", json!("arn:aws:s3:::b"), "arn:aws:s3:::c", "arn:aws:s3:::b", true),
            ("NumericEquals", json!("5"), "5.0", "6", false),
            ("NumericNotEquals", json!(5), "x", "5", true),
            ("NumericLessThan", json!(5), "4", "5", false),
            ("NumericLessThanEquals", json!(5), "5", "5.1", false),
            ("NumericGreaterThan", json!(5), "5.1", "5", false),
            ("NumericGreaterThanEqualsIfExists", json!(5), "5", "x", true),
            ("Bool", json!("true"), "true", "false", false),
            ("BoolIfExists", json!(false), "False", "true", true),
            ("ForAllValues:StringLike", json!(["a*", "b"]), "ab", "c", true),
            ("ForAllValues:StringLikeIfExists", json!("a*"), "ab", "c", true),
            ("ForAnyValue:StringEquals", json!("a"), "a", "b", false),
            ("ForAnyValue:StringEqualsIfExists", json!("a"), "a", "b", false),
        ] {
            assert!(holds(operator, &value, &of(&[right])), "{operator} {right}");
            assert!(!holds(operator, &value, &of(&[wrong])), "{operator} {wrong}");
            assert_eq!(holds(operator, &value, &Context::default()), without, "{operator} without the key");
        }
    }

    /// "Single-valued vs. multivalued context keys": of a request's values, all or any must fit one of the policy's.
    #[test]
    fn a_set_operator_looks_at_every_value() {
        for (operator, values, expected) in [
            ("ForAllValues:StringLike", &["a1", "b"][..], true),
            ("ForAllValues:StringLike", &["a1", "c"], false),
            ("ForAnyValue:StringLike", &["a1", "c"], true),
            ("ForAnyValue:StringLike", &["c", "d"], false),
            ("ForAllValues:StringNotLike", &["c", "d"], true),
            ("ForAllValues:StringNotLike", &["a1", "d"], false),
            ("ForAnyValue:StringNotLike", &["a1", "d"], true),
            ("ForAnyValue:StringNotLike", &["a1", "b"], false),
        ] {
            assert_eq!(holds(operator, &json!(["a*", "b"]), &of(values)), expected, "{operator} {values:?}");
        }
    }

    #[test]
    fn null_asks_whether_the_key_is_there() {
        assert!(
            holds("Null", &json!("false"), &of(&["a"])) && holds("Null", &json!(true), &Context::default())
        );
        assert!(!holds("Null", &json!(true), &of(&["a"])) && !holds("Null", &json!("false"), &of(&[])));
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        for (operator, value, message) in [
            ("StringLik", json!("a"), "the condition operator StringLik is unknown or not evaluated here"),
            (
                "DateLessThan",
                json!("a"),
                "the condition operator DateLessThan is unknown or not evaluated here",
            ),
            (
                "ForSomeValues:StringLike",
                json!("a"),
                "the condition operator ForSomeValues:StringLike is unknown or not evaluated here",
            ),
            (
                "NullIfExists",
                json!(true),
                "the condition operator NullIfExists is unknown or not evaluated here",
            ),
            ("NumericEquals", json!("five"), "NumericEquals cannot compare \"five\""),
            ("Bool", json!("yes"), "Bool cannot compare \"yes\""),
            ("StringEquals", json!({"a": 1}), "StringEquals cannot compare {\"a\":1}"),
            ("StringEquals", json!([]), "k:ey has no value"),
        ] {
            assert_eq!(Condition::new(operator, "k:ey", &value, true).unwrap_err(), message);
        }
    }
}
