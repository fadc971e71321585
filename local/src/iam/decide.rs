//! The decision of policies about a request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::fmt;

use super::grant::Grant;
use super::pattern::Pattern;
use super::request::Request;
use super::statement::{Effect, Scope, Statement};

/// All that decides about a request.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'p> {
    /// The ARN of the role that sent it.
    pub role: &'p str,
    /// The role's policies.
    pub of_role: &'p [Statement],
    /// The policies of the resource.
    pub of_resource: &'p [Statement],
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision<'p> {
    /// Let through by this statement.
    Allowed(&'p Statement),
    /// Stopped by this statement.
    Denied(&'p Statement),
    /// No statement lets it through.
    NotAllowed,
}

/// The part of a statement that does not match a request. The nearest miss comes first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Lack {
    Condition(String),
    Resource,
    Action,
}

/// Decides about a request: a statement that denies it counts before all that allow it.
#[must_use]
pub fn decide<'p>(policies: Policies<'p>, request: &Request) -> Decision<'p> {
    if let Some(statement) = policies.about(request, Effect::Deny).next() {
        return Decision::Denied(statement);
    }
    policies.about(request, Effect::Allow).next().map_or(Decision::NotAllowed, Decision::Allowed)
}

impl<'p> Policies<'p> {
    /// Says what the nearest statement lacks to allow a request that none allows.
    #[must_use]
    pub fn lack(&self, request: &Request) -> String {
        let allowing = self.of_effect(Effect::Allow);
        let nearest = allowing
            .filter_map(|statement| Some((statement.lack(request)?, statement)))
            .min_by(|(one, _), (other, _)| one.cmp(other));
        match nearest {
            Some((Lack::Condition(condition), statement)) => {
                format!("{statement} would allow it, but not its condition {condition}")
            }
            Some((Lack::Resource, statement)) => format!("{statement} allows it on other resources"),
            Some((Lack::Action, _)) | None => "no statement has the action".to_owned(),
        }
    }

    /// Lists the grants that play a part in letting a request through.
    #[must_use]
    pub fn used_by(&self, request: &Request) -> Vec<Grant> {
        let allowing = self.about(request, Effect::Allow).flat_map(Statement::grants);
        allowing.filter(|grant| grant.is_used_by(request)).collect()
    }

    fn about(&self, request: &Request, effect: Effect) -> impl Iterator<Item = &'p Statement> {
        self.of_effect(effect).filter(|statement| statement.lack(request).is_none())
    }

    fn of_effect(&self, effect: Effect) -> impl Iterator<Item = &'p Statement> {
        let role = self.role;
        let of_resource = self.of_resource.iter().filter(move |statement| {
            statement.principal.as_ref().is_some_and(|principal| match effect {
                Effect::Allow => principal.grants_to(role),
                Effect::Deny => principal.denies_to(role),
            })
        });
        self.of_role.iter().chain(of_resource).filter(move |statement| statement.effect == effect)
    }
}

impl Statement {
    /// Returns the first part that does not match the request, or `None` if all do.
    fn lack(&self, request: &Request) -> Option<Lack> {
        let Request { action, resource, context } = request;
        if !self.actions.has(|pattern| pattern.fits_in_any_case(action, context)) {
            return Some(Lack::Action);
        }
        if !self.resources.has(|pattern| pattern.fits_arn(resource, context)) {
            return Some(Lack::Resource);
        }
        let unmet = self.conditions.iter().find(|condition| !condition.holds(context))?;
        let asked = context.get(&unmet.key).map_or_else(|| "nothing".to_owned(), |values| values.join(", "));
        Some(Lack::Condition(format!("{unmet}; the request has {asked}")))
    }
}

impl Scope {
    fn has(&self, fits: impl Fn(&Pattern) -> bool) -> bool {
        match self {
            Self::Only(patterns) => patterns.iter().any(fits),
            Self::AllBut(patterns) => !patterns.iter().any(fits),
        }
    }
}

/// `CreateUser (line 412)`
impl fmt::Display for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (line {})", self.name, self.line)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::iam::Context;

    const ROLE: &str = "arn:aws:iam::000000000000:role/r";

    fn request(action: &str, resource: &str) -> Request {
        Request { action: action.to_owned(), resource: resource.to_owned(), context: Context::default() }
    }

    fn statements(list: &Value) -> Vec<Statement> {
        Statement::of_role(&json!({"Version": "2012-10-17", "Statement": list})).unwrap()
    }

    #[test]
    fn what_is_missing_is_named_as_exactly_as_it_can_be() {
        let of_role = statements(&json!([
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/in/*"},
            {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
             "Condition": {"StringLike": {"s3:prefix": ["in/*", "out/*"]}}},
        ]));
        let policies = Policies { role: ROLE, of_role: &of_role, of_resource: &[] };
        for (action, resource, lack) in [
            ("s3:PutObject", "arn:aws:s3:::b/in/1", "no statement has the action"),
            ("s3:GetObject", "arn:aws:s3:::b/out/1", "Read (line 0) allows it on other resources"),
            (
                "s3:ListBucket",
                "arn:aws:s3:::b",
                "List (line 0) would allow it, but not its condition StringLike of s3:prefix: in/*, out/*; \
                 the request has nothing",
            ),
        ] {
            let request = request(action, resource);
            assert_eq!(decide(policies, &request), Decision::NotAllowed);
            assert_eq!(policies.lack(&request), lack);
        }
    }

    /// "Policy evaluation logic": identity-based and resource-based policies of one account.
    #[test]
    fn either_policy_allows_and_either_denies() {
        let allow = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"});
        let with = |effect: &str, principal: Value| {
            let mut statement = allow.clone();
            statement["Effect"] = json!(effect);
            statement["Principal"] = principal;
            Statement::of_resource(&json!({"Statement": statement}), "000000000000").unwrap()
        };
        let (of_role, none) = (statements(&json!([allow])), Vec::new());
        for (of_role, of_resource, is_allowed) in [
            (&of_role, none.clone(), true),
            (&none, none.clone(), false),
            (&none, with("Allow", json!({"AWS": ROLE})), true),
            (&none, with("Allow", json!({"AWS": "000000000000"})), false),
            (&of_role, with("Deny", json!("*")), false),
            (&of_role, with("Deny", json!({"AWS": "000000000000"})), false),
            (&of_role, with("Deny", json!({"AWS": "arn:aws:iam::000000000000:role/other"})), true),
        ] {
            let policies = Policies { role: ROLE, of_role, of_resource: &of_resource };
            let decision = decide(policies, &request("s3:GetObject", "arn:aws:s3:::b/1"));
            assert_eq!(matches!(decision, Decision::Allowed(_)), is_allowed, "{of_resource:?}");
        }
    }
}
