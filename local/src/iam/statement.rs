//! Statements, and how they are read.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::pattern::{ARN_PARTS, Pattern, Syntax};
use super::principal::{Principal, texts};

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// `Sid`, or `statement 2` without one.
    pub name: String,
    /// The line of the template.
    pub line: usize,
    /// `Effect`.
    pub effect: Effect,
    pub(super) principal: Option<Principal>,
    pub(super) actions: Scope,
    pub(super) resources: Scope,
    pub(super) conditions: Vec<Condition>,
}

/// The effect of a statement on a matching request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Lets it through, unless another statement denies it.
    Allow,
    /// Stops it, whatever others say.
    Deny,
}

/// The actions or resources that a statement is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scope {
    /// `Action`, `Resource`.
    Only(Vec<Pattern>),
    /// `NotAction`, `NotResource`.
    AllBut(Vec<Pattern>),
}

/// Something in a policy that cannot be evaluated.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    /// The way to it: names of members and places in lists.
    pub at: Vec<String>,
    /// The mistake, for people.
    pub message: String,
}

impl PolicyError {
    fn new(message: impl Into<String>) -> Self {
        Self { at: Vec::new(), message: message.into() }
    }

    fn under(mut self, name: impl Into<String>) -> Self {
        self.at.insert(0, name.into());
        self
    }
}

impl Statement {
    /// Reads a role's policy document.
    pub fn of_role(document: &Value) -> Result<Vec<Self>, PolicyError> {
        read(document, &|statement| match statement.get("Principal").or(statement.get("NotPrincipal")) {
            None => Ok(None),
            Some(_) => Err(PolicyError::new("the policy of a role has no principals")),
        })
    }

    /// Reports whether it is of a resource's policy, and not of a role's.
    #[must_use]
    pub fn is_of_resource(&self) -> bool {
        self.principal.is_some()
    }

    /// Reads a bucket's policy document; `account` is the one that the bucket and all roles belong to.
    pub fn of_resource(document: &Value, account: &str) -> Result<Vec<Self>, PolicyError> {
        read(document, &|statement| {
            if statement.contains_key("NotPrincipal") {
                let message = "NotPrincipal is not evaluated here; AWS advises against it";
                return Err(PolicyError::new(message).under("NotPrincipal"));
            }
            let value =
                statement.get("Principal").ok_or_else(|| PolicyError::new("a Principal is missing"))?;
            let principal = Principal::read(value, account);
            principal.map(Some).map_err(|message| PolicyError::new(message).under("Principal"))
        })
    }
}

type ReadPrincipal<'r> = dyn Fn(&Map<String, Value>) -> Result<Option<Principal>, PolicyError> + 'r;

fn read(document: &Value, principal: &ReadPrincipal<'_>) -> Result<Vec<Statement>, PolicyError> {
    let Value::Object(members) = document else { return Err(PolicyError::new("a policy is a map")) };
    for name in members.keys() {
        if !["Version", "Id", "Statement"].contains(&name.as_str()) {
            return Err(PolicyError::new(format!("{name} is no element of a policy")).under(name));
        }
    }
    let variables = match members.get("Version").map(Value::as_str) {
        Some(Some("2012-10-17")) => true,
        // The oldest version is the default, and has no variables.
        None | Some(Some("2008-10-17")) => false,
        Some(_) => {
            let message = "the Version of a policy is 2012-10-17 or 2008-10-17, as a text";
            return Err(PolicyError::new(message).under("Version"));
        }
    };
    match members.get("Statement") {
        Some(Value::Array(statements)) => {
            let read = |(index, statement)| {
                self::statement(index, statement, variables, principal)
                    .map_err(|error| error.under(index.to_string()).under("Statement"))
            };
            statements.iter().enumerate().map(read).collect()
        }
        Some(one) => match statement(0, one, variables, principal) {
            Ok(statement) => Ok(vec![statement]),
            Err(error) => Err(error.under("Statement")),
        },
        None => Err(PolicyError::new("a policy has a Statement")),
    }
}

fn statement(
    index: usize,
    value: &Value,
    variables: bool,
    principal: &ReadPrincipal<'_>,
) -> Result<Statement, PolicyError> {
    let Value::Object(members) = value else { return Err(PolicyError::new("a statement is a map")) };
    for name in members.keys() {
        let known = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        if !known.contains(&name.as_str()) {
            return Err(PolicyError::new(format!("{name} is no element of a statement")).under(name));
        }
    }
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(PolicyError::new("the Effect of a statement is Allow or Deny").under("Effect")),
    };
    let actions = scope(members, ["Action", "NotAction"], |text| {
        // Actions have no variables.
        let is_action = text == "*" || text.split_once(':').is_some_and(|(service, _)| !service.is_empty());
        let pattern = Pattern::new(text, Syntax { wildcards: true, variables: false });
        is_action.then_some(pattern).ok_or_else(|| format!("{text} is no action, such as dynamodb:GetItem"))
    })?;
    let resources = scope(members, ["Resource", "NotResource"], |text| {
        let is_arn = text == "*" || (text.starts_with("arn:") && text.split(':').count() >= ARN_PARTS);
        let pattern = Pattern::new(text, Syntax { wildcards: true, variables });
        is_arn.then_some(pattern).ok_or_else(|| format!("{text} is no ARN, and not *"))
    })?;
    let conditions = match members.get("Condition") {
        None => Vec::new(),
        Some(value) => conditions(value, variables).map_err(|error| error.under("Condition"))?,
    };
    let name = members.get("Sid").and_then(Value::as_str);
    let name = name.map_or_else(|| format!("statement {}", index + 1), str::to_owned);
    Ok(Statement { name, line: 0, effect, principal: principal(members)?, actions, resources, conditions })
}

/// Reads an element, or the one that means all others.
fn scope(
    members: &Map<String, Value>,
    [only, all_but]: [&str; 2],
    pattern: impl Fn(&str) -> Result<Pattern, String>,
) -> Result<Scope, PolicyError> {
    let (name, value) = match (members.get(only), members.get(all_but)) {
        (Some(value), None) => (only, value),
        (None, Some(value)) => (all_but, value),
        _ => return Err(PolicyError::new(format!("a statement has either {only} or {all_but}"))),
    };
    let texts = texts(value).filter(|texts| !texts.is_empty());
    let patterns = texts
        .ok_or_else(|| format!("{name} is a text, or a list of them"))
        .and_then(|texts| texts.into_iter().map(pattern).collect::<Result<Vec<_>, _>>())
        .map_err(|message| PolicyError::new(message).under(name))?;
    Ok(if name == only { Scope::Only(patterns) } else { Scope::AllBut(patterns) })
}

fn conditions(value: &Value, variables: bool) -> Result<Vec<Condition>, PolicyError> {
    let operators = value.as_object().ok_or_else(|| PolicyError::new("a Condition is a map of operators"))?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let under = |message: String| PolicyError::new(message).under(operator);
        let keys = keys.as_object().ok_or_else(|| under(format!("{operator} is a map of condition keys")))?;
        for (key, value) in keys {
            conditions.push(Condition::new(operator, key, value, variables).map_err(under)?);
        }
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_statement_needs_no_list_and_no_name() {
        let document =
            json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}});
        let statements = Statement::of_role(&document).unwrap();
        assert_eq!((statements.len(), &*statements[0].name), (1, "statement 1"));
    }

    #[test]
    fn a_mistake_is_an_error_and_says_where() {
        let whole = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let with = |name: &str, value: Value| {
            let mut statement = whole.clone();
            statement[name] = value;
            json!({"Version": "2012-10-17", "Statement": [whole.clone(), statement]})
        };
        for (document, at, message) in [
            (json!([]), "", "a policy is a map"),
            (json!({"Version": "2012-10-17"}), "", "a policy has a Statement"),
            (
                json!({"Version": "2012-10-18", "Statement": []}),
                "Version",
                "the Version of a policy is 2012-10-17 or 2008-10-17, as a text",
            ),
            (json!({"Statements": []}), "Statements", "Statements is no element of a policy"),
            (json!({"Statement": ["Allow"]}), "Statement/0", "a statement is a map"),
            (
                with("Effect", json!("allow")),
                "Statement/1/Effect",
                "the Effect of a statement is Allow or Deny",
            ),
            (with("Actions", json!("s3:*")), "Statement/1/Actions", "Actions is no element of a statement"),
            (with("NotAction", json!("s3:*")), "Statement/1", "a statement has either Action or NotAction"),
            (
                with("Action", json!("PutObject")),
                "Statement/1/Action",
                "PutObject is no action, such as dynamodb:GetItem",
            ),
            (with("Action", json!([])), "Statement/1/Action", "Action is a text, or a list of them"),
            (with("Resource", json!("files/*")), "Statement/1/Resource", "files/* is no ARN, and not *"),
            (with("Principal", json!("*")), "Statement/1", "the policy of a role has no principals"),
            (with("Condition", json!([])), "Statement/1/Condition", "a Condition is a map of operators"),
            (
                with("Condition", json!({"StringLike": "a"})),
                "Statement/1/Condition/StringLike",
                "StringLike is a map of condition keys",
            ),
            (
                with("Condition", json!({"StringLik": {"a": "b"}})),
                "Statement/1/Condition/StringLik",
                "the condition operator StringLik is unknown or not evaluated here",
            ),
        ] {
            let error = Statement::of_role(&document).unwrap_err();
            assert_eq!((error.at.join("/").as_str(), error.message.as_str()), (at, message), "{document}");
        }
        let error = Statement::of_resource(&with("NotPrincipal", json!("*")), "0").unwrap_err();
        assert_eq!(error.message, "a Principal is missing", "the first statement has none");
    }
}
