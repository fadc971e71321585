//! The smallest things that a statement allows, one by one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::pattern::{Pattern, Syntax};
use super::request::Request;
use super::statement::{Effect, Scope, Statement};

/// The condition key that is taken apart as actions and resources are.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// The beginning of the name of a `NotAction` or `NotResource`.
const ALL_BUT: &str = "all but ";

/// One action on one resource, with one pattern of leading keys where the statement lists them.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Grant {
    /// The statement's name.
    pub statement: String,
    /// A pattern of `Action`.
    pub action: String,
    /// A pattern of `Resource`.
    pub resource: String,
    /// A pattern of `dynamodb:LeadingKeys`.
    pub key: Option<String>,
}

impl Grant {
    /// Reports whether a request that the statement lets through makes use of it.
    pub(super) fn is_used_by(&self, request: &Request) -> bool {
        let Request { action, resource, context } = request;
        let pattern = |text: &str| Pattern::new(text, Syntax { wildcards: true, variables: true });
        let is_but = |text: &str| text.starts_with(ALL_BUT);
        let keys = context.get(LEADING_KEYS).unwrap_or_default();
        (is_but(&self.action) || pattern(&self.action).fits_in_any_case(action, context))
            && (is_but(&self.resource) || pattern(&self.resource).fits_arn(resource, context))
            && self.key.as_ref().is_none_or(|key| keys.iter().any(|one| pattern(key).fits(one, context)))
    }
}

impl Statement {
    /// Lists what it allows, part by part. A `NotAction` or `NotResource` is one part; what denies grants nothing.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        if self.effect == Effect::Deny {
            return Vec::new();
        }
        let mut grants = Vec::new();
        for action in self.actions.parts() {
            for resource in self.resources.parts() {
                for key in self.keys() {
                    let (statement, action, resource) = (self.name.clone(), name(&action), name(&resource));
                    grants.push(Grant { statement, action, resource, key });
                }
            }
        }
        grants
    }

    /// Returns statements that allow everything that this one does, except one grant.
    #[must_use]
    pub fn without(&self, grant: &Grant) -> Vec<Self> {
        let mut rest = Vec::new();
        for action in self.actions.parts() {
            for resource in self.resources.parts() {
                let is_it = name(&action) == grant.action && name(&resource) == grant.resource;
                let mut part = Self { actions: action.clone(), resources: resource, ..self.clone() };
                if is_it {
                    let Some(key) = &grant.key else { continue };
                    for condition in &mut part.conditions {
                        if condition.lists(LEADING_KEYS) {
                            condition.values.retain(|value| value.to_string() != *key);
                        }
                    }
                }
                rest.push(part);
            }
        }
        rest
    }

    /// The patterns of leading keys, or one `None`.
    fn keys(&self) -> Vec<Option<String>> {
        match self.conditions.iter().find(|condition| condition.lists(LEADING_KEYS)) {
            Some(condition) => condition.values.iter().map(|value| Some(value.to_string())).collect(),
            None => vec![None],
        }
    }
}

impl Scope {
    fn parts(&self) -> Vec<Self> {
        match self {
            Self::Only(patterns) => patterns.iter().map(|one| Self::Only(vec![one.clone()])).collect(),
            Self::AllBut(_) => vec![self.clone()],
        }
    }
}

fn name(scope: &Scope) -> String {
    let (prefix, patterns) = match scope {
        Scope::Only(patterns) => ("", patterns),
        Scope::AllBut(patterns) => (ALL_BUT, patterns),
    };
    let patterns: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
    format!("{prefix}{}", patterns.join(", "))
}

/// `CreateUser dynamodb:PutItem table/Table USER#*`
impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = self.resource.splitn(6, ':').nth(5).unwrap_or(&self.resource);
        write!(formatter, "{} {} {resource}", self.statement, self.action)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(formatter, " {key}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iam::{Context, Decision, Policies, Request, decide};

    fn write() -> Statement {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "Write", "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:BatchWriteItem"],
            "Resource": "arn:aws:dynamodb:r:a:table/T",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["USER#*", "EMAIL#*"]}}}});
        Statement::of_role(&document).unwrap().remove(0)
    }

    fn is_allowed(statements: &[Statement], action: &str, keys: &[&str]) -> bool {
        let keys = keys.iter().map(|key| (*key).to_owned());
        let context = Context::default().with_all(LEADING_KEYS, keys);
        let resource = "arn:aws:dynamodb:r:a:table/T".to_owned();
        let request = Request { action: action.to_owned(), resource, context };
        let policies = Policies { role: "r", of_role: statements, of_resource: &[] };
        matches!(decide(policies, &request), Decision::Allowed(_))
    }

    #[test]
    fn a_statement_is_taken_apart_by_action_resource_and_key() {
        let grants: Vec<String> = write().grants().iter().map(ToString::to_string).collect();
        assert_eq!(
            grants,
            [
                "Write dynamodb:PutItem table/T USER#*",
                "Write dynamodb:PutItem table/T EMAIL#*",
                "Write dynamodb:BatchWriteItem table/T USER#*",
                "Write dynamodb:BatchWriteItem table/T EMAIL#*",
            ]
        );
    }

    #[test]
    fn without_a_grant_a_statement_allows_all_but_that() {
        let statement = write();
        let rest = statement.without(&statement.grants()[3]);
        assert!(is_allowed(&rest, "dynamodb:PutItem", &["EMAIL#a"]));
        assert!(is_allowed(&rest, "dynamodb:BatchWriteItem", &["USER#a"]));
        assert!(!is_allowed(&rest, "dynamodb:BatchWriteItem", &["USER#a", "EMAIL#a"]));
        assert!(is_allowed(&[statement], "dynamodb:BatchWriteItem", &["USER#a", "EMAIL#a"]));
    }
}
