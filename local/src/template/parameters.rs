//! The template's Parameters: defaults, overrides, types.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::TemplateError;
use super::yaml::{Kind, Node};

/// Returns every parameter's value; `overrides` come from the command line.
pub(crate) fn resolve(
    root: &Node,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
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
    declared
        .iter()
        .map(|(name, declaration)| {
            let given = overrides.get(name).map(String::as_str);
            let text =
                given.or_else(|| declaration.get("Default").and_then(Node::text)).ok_or_else(|| {
                    declaration.error(format!(
                        "parameter {name} has no default: give one with --parameter {name}=..."
                    ))
                })?;
            Ok((name.clone(), typed(name, declaration, text)?))
        })
        .collect()
}

fn typed(name: &str, declaration: &Node, text: &str) -> Result<Value, TemplateError> {
    if let Some(Kind::List(allowed)) = declaration.get("AllowedValues").map(|node| &node.kind)
        && !allowed.iter().any(|value| value.text() == Some(text))
    {
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        return Err(declaration
            .error(format!("parameter {name} is {text:?}; it must be one of: {}", allowed.join(", "))));
    }
    match declaration.get("Type").and_then(Node::text).unwrap_or("String") {
        "Number" => match text.trim().parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number.into()),
                _ => Err(declaration.error(format!("parameter {name} must be a number, found {text:?}"))),
            },
        },
        "CommaDelimitedList" => Ok(text.split(',').map(|item| Value::from(item.trim())).collect()),
        kind if kind.starts_with("List<") => {
            Ok(text.split(',').map(|item| Value::from(item.trim())).collect())
        }
        _ => Ok(text.into()),
    }
}
