//! Functions and their routes.

use std::time::Duration;

use super::api;
use super::destinations::destinations;
use super::environment::variables;
use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{AsyncLimits, Function, FunctionUrl};
use super::names::function_name;
use super::numbers::{natural, within};
use super::yaml::Node;

pub(super) fn function(
    root: &Node,
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Function, TemplateError> {
    let property = |path: &[&str]| -> Option<&Node> {
        resource
            .get("Properties")
            .and_then(|own| own.at(path))
            .or_else(|| root.at(&["Globals", "Function"]).and_then(|globals| globals.at(path)))
    };
    let number = |name: &str, default: u64| match property(&[name]) {
        Some(node) => natural(resolver, node, name),
        None => Ok(default),
    };
    let text = |name: &str, default: &str| match property(&[name]) {
        Some(node) => resolver.text(node),
        None => Ok(default.to_owned()),
    };
    let logging = |name: &str, default: &str| match property(&["LoggingConfig", name]) {
        Some(node) => resolver.text(node),
        None => Ok(default.to_owned()),
    };
    let reserved = property(&["ReservedConcurrentExecutions"])
        .map(|node| natural(resolver, node, "ReservedConcurrentExecutions"))
        .transpose()?;
    Ok(Function {
        logical_id: logical_id.to_owned(),
        name: function_name(logical_id, resource),
        code_uri: property(&["CodeUri"]).map(|node| resolver.text(node)).transpose()?,
        runtime: text("Runtime", "provided.al2023")?,
        handler: text("Handler", "bootstrap")?,
        has_policies: property(&["Policies"]).is_some(),
        timeout: Duration::from_secs(number("Timeout", 3)?),
        memory_size: number("MemorySize", 128)?,
        variables: variables(root, resolver, resource)?,
        log_format: logging("LogFormat", "Text")?,
        log_level: logging("ApplicationLogLevel", "INFO")?,
        reserved_concurrency: reserved.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        asynchronous: async_limits(resolver, property(&["EventInvokeConfig"]))?,
        destinations: destinations(
            resolver,
            property(&["EventInvokeConfig"]),
            property(&["DeadLetterQueue"]),
        )?,
        url: property(&["FunctionUrlConfig"]).map(|node| url(resolver, node)).transpose()?,
    })
}

fn url(resolver: &Resolver<'_>, node: &Node) -> Result<FunctionUrl, TemplateError> {
    let text = |name: &str| node.get(name).map(|value| resolver.text(value)).transpose();
    let wrong = |name: &str, message: String| Err(node.get(name).unwrap_or(node).error(message));
    match text("AuthType")?.as_deref() {
        Some("NONE") => {}
        Some("AWS_IAM") => {
            return wrong(
                "AuthType",
                "`local` verifies no signatures at Function URLs: AuthType must be NONE".to_owned(),
            );
        }
        other => {
            return wrong("AuthType", format!("AuthType must be NONE, found {}", other.unwrap_or("nothing")));
        }
    }
    let streams = match text("InvokeMode")?.as_deref() {
        None | Some("BUFFERED") => false,
        Some("RESPONSE_STREAM") => true,
        Some(other) => {
            return wrong(
                "InvokeMode",
                format!("InvokeMode must be BUFFERED or RESPONSE_STREAM, found {other}"),
            );
        }
    };
    let cors = node.get("Cors").map(|cors| api::cors(resolver, cors)).transpose()?.flatten();
    Ok(FunctionUrl { streams, cors, line: node.line })
}

/// Reads the limits of `EventInvokeConfig`.
fn async_limits(resolver: &Resolver<'_>, configuration: Option<&Node>) -> Result<AsyncLimits, TemplateError> {
    let mut limits = AsyncLimits { retries: 2, max_age: Duration::from_hours(6) };
    for (name, node) in configuration.map(Node::entries).unwrap_or_default() {
        match name.as_str() {
            "MaximumRetryAttempts" => limits.retries = within(resolver, node, name, 0, 2)?,
            "MaximumEventAgeInSeconds" => {
                limits.max_age = Duration::from_secs(within(resolver, node, name, 60, 21_600)?.into());
            }
            "DestinationConfig" => {}
            _ => return Err(node.error(format!("EventInvokeConfig.{name} is not emulated"))),
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::template::model::Template;

    #[test]
    fn retries_have_lambdas_limits() {
        let limits = |configuration: &str| {
            let text = format!(
                "Resources:\n  UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
                 EventInvokeConfig: {{ {configuration} }}\n"
            );
            Template::parse(&text, &BTreeMap::new(), "us-east-1")
                .map(|template| template.functions[0].asynchronous)
        };
        let of = |retries, seconds| AsyncLimits { retries, max_age: Duration::from_secs(seconds) };
        assert_eq!(limits("").unwrap(), of(2, 21_600));
        let both = "MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60";
        assert_eq!(limits(both).unwrap(), of(0, 60));
        let error = limits("MaximumRetryAttempts: 3").unwrap_err().to_string();
        assert_eq!(error, "template line 5: MaximumRetryAttempts must be from 0 to 2, found 3");
    }
}
