//! A function's variables, with Lambda's restrictions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::Variable;
use super::yaml::Node;

/// Lambda's limit for all names and values of a function, in bytes.
const MAX_BYTES: usize = 4096;

/// Names that Lambda sets itself and that a template must not set.
const RESERVED: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Reads the variables of a function at `resource`.
pub(super) fn variables(
    resolver: &Resolver<'_>,
    resource: &Node,
) -> Result<BTreeMap<String, Variable>, TemplateError> {
    let mut variables = BTreeMap::new();
    let mut last = resource;
    let declared = resource.at(&["Properties", "Environment", "Variables"]);
    for (name, node) in declared.map(Node::entries).unwrap_or_default() {
        last = node;
        if let Some(variable) = variable(resolver, name, node)? {
            variables.insert(name.clone(), variable);
        }
    }
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.bytes()).sum();
    if bytes > MAX_BYTES {
        return Err(last.error(format!("the variables have {bytes} bytes, and Lambda takes {MAX_BYTES}")));
    }
    Ok(variables)
}

/// Reads one variable. `None` stands for `AWS::NoValue`.
fn variable(resolver: &Resolver<'_>, name: &str, node: &Node) -> Result<Option<Variable>, TemplateError> {
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.len() > 1
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if RESERVED.contains(&name) {
        return Err(node.error(format!("Lambda sets {name} itself: a template cannot")));
    }
    if !is_name {
        return Err(node.error(format!(
            "{name} cannot be a variable's name: a letter, then one or more letters, digits and underscores"
        )));
    }
    let text = match resolver.resolve(node) {
        Ok(None) => return Ok(None),
        Ok(Some(Value::String(text))) => text,
        Ok(Some(value @ (Value::Number(_) | Value::Bool(_)))) => value.to_string(),
        Ok(Some(other)) => return Err(node.error(format!("{name} must be text, found {other}"))),
        Err(error) => return Ok(Some(Variable::Unknown(error))),
    };
    let Some((_, reference)) = text.split_once("{{resolve:") else { return Ok(Some(Variable::Plain(text))) };
    if reference.starts_with("secretsmanager:") {
        return Ok(Some(Variable::Secret));
    }
    Ok(Some(Variable::Unknown(node.error(format!("{text} is known to AWS alone")))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::model::Template;

    fn error(variables: &str) -> String {
        let text = format!(
            "Resources:\n  UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
             Environment:\n        Variables:\n          GOOD: x\n          {variables}\n"
        );
        Template::parse(&text, &BTreeMap::new(), "us-east-1").unwrap_err().to_string()
    }

    #[test]
    fn what_lambda_refuses_is_refused_with_its_line() {
        for (variables, message) in [
            ("AWS_REGION: x", "Lambda sets AWS_REGION itself: a template cannot"),
            ("_HANDLER: x", "Lambda sets _HANDLER itself: a template cannot"),
            (
                "1-bad: x",
                "1-bad cannot be a variable's name: a letter, then one or more letters, digits and underscores",
            ),
            (
                "A: x",
                "A cannot be a variable's name: a letter, then one or more letters, digits and underscores",
            ),
        ] {
            assert_eq!(error(variables), format!("template line 8: {message}"));
        }
        // GOOD and x have 5 bytes, LONG has 4.
        let long = format!("LONG: {}", "x".repeat(4088));
        let message = "template line 8: the variables have 4097 bytes, and Lambda takes 4096";
        assert_eq!(error(&long), message);
    }
}
