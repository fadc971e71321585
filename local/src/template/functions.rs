//! Functions and their routes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::api;
use super::destinations::destinations;
use super::environment::variables;
use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{AsyncLimits, Cors, Function, FunctionUrl};
use super::names::binary_name;
use super::numbers::{natural, within};
use super::yaml::Node;

/// The greatest length of a method in `AllowMethods` of a Function URL. It leaves out OPTIONS, which Lambda answers itself.
const MAX_METHOD: usize = 6;

/// The greatest length of a function's name.
const MAX_NAME: usize = 64;

pub(super) fn function(
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Function, TemplateError> {
    let property = |path: &[&str]| resource.get("Properties").and_then(|properties| properties.at(path));
    // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
    let number = |name: &str, least: u32, most: u32, default: u32| match property(&[name]) {
        Some(node) => within(resolver, node, name, least, most),
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
        name: name(resolver, logical_id, property(&["FunctionName"]).unwrap_or(resource))?,
        binary: binary_name(logical_id, resource),
        code_uri: property(&["CodeUri"]).map(|node| resolver.text(node)).transpose()?,
        runtime: text("Runtime", "provided.al2023")?,
        handler: text("Handler", "bootstrap")?,
        has_policies: property(&["Policies"]).is_some(),
        timeout: Duration::from_secs(number("Timeout", 1, 900, 3)?.into()),
        memory_size: number("MemorySize", 128, 10_240, 128)?.into(),
        variables: variables(resolver, resource)?,
        log_group: property(&["LoggingConfig", "LogGroup"]).map(|node| resolver.text(node)).transpose()?,
        log_format: logging("LogFormat", "Text")?,
        log_level: logging("ApplicationLogLevel", "INFO")?,
        reserved_concurrency: reserved.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        asynchronous: async_limits(resolver, property(&["EventInvokeConfig"]))?,
        destinations: destinations(
            resolver,
            property(&["EventInvokeConfig"]),
            property(&["DeadLetterQueue"]),
        )?,
        line: resource.line,
        url: property(&["FunctionUrlConfig"]).map(|node| url(resolver, node)).transpose()?,
    })
}

/// Reads the function's name, which is given at `node` if at all.
fn name(resolver: &Resolver<'_>, logical_id: &str, node: &Node) -> Result<String, TemplateError> {
    let name = resolver.reference_to(logical_id, node)?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !name.chars().all(is_letter) || !(1..=MAX_NAME).contains(&name.len()) {
        return Err(node.error(format!(
            "{name} cannot be a function's name: 1 to {MAX_NAME} letters, digits, hyphens and underscores"
        )));
    }
    Ok(name)
}

/// Checks that no two functions have the same name, by which events, policies and the Lambda API find them.
pub(super) fn no_name_twice(functions: &[Function]) -> Result<(), TemplateError> {
    let mut seen = BTreeMap::new();
    for function in functions {
        if let Some(first) = seen.insert(&function.name, &function.logical_id) {
            let Function { logical_id, name, line, .. } = function;
            let message = format!("{logical_id} is called {name}, as is {first}: give it a FunctionName");
            return Err(TemplateError { line: *line, message });
        }
    }
    Ok(())
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
    let cors = node.get("Cors").map(|cors| cors_of_url(resolver, cors)).transpose()?.flatten();
    Ok(FunctionUrl { streams, cors, line: node.line })
}

/// Reads `Cors` with the limits of a Function URL.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html>
fn cors_of_url(resolver: &Resolver<'_>, node: &Node) -> Result<Option<Cors>, TemplateError> {
    let Some(cors) = api::cors(resolver, node)? else { return Ok(None) };
    let at = |name: &str| node.get(name).unwrap_or(node);
    if let Some(method) = cors.allow_methods.iter().find(|method| method.len() > MAX_METHOD) {
        let message = format!("a Function URL takes methods of at most {MAX_METHOD} letters, found {method}");
        return Err(at("AllowMethods").error(message));
    }
    if cors.max_age.is_some_and(|seconds| seconds < 0) {
        return Err(at("MaxAge").error("MaxAge of a Function URL is at least 0"));
    }
    Ok(Some(cors))
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
    use crate::template::model::{Template, Variable};

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

    /// Returns the only function, whose properties begin at line 5.
    fn function(properties: &str) -> Result<Function, String> {
        let text = format!(
            "Resources:\n  UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n{properties}"
        );
        let template = Template::parse(&text, &BTreeMap::new(), "us-east-1");
        template.map(|template| template.functions[0].clone()).map_err(|error| error.to_string())
    }

    // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>,
    // <https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html>
    #[test]
    fn the_limits_of_lambda_hold() {
        for (property, message) in [
            ("Timeout: 901", "Timeout must be from 1 to 900, found 901"),
            ("Timeout: 0", "Timeout must be from 1 to 900, found 0"),
            ("MemorySize: 64", "MemorySize must be from 128 to 10240, found 64"),
            ("MemorySize: 99999", "MemorySize must be from 128 to 10240, found 99999"),
            (
                "FunctionName: a.b",
                "a.b cannot be a function's name: 1 to 64 letters, digits, hyphens and underscores",
            ),
            (
                "FunctionUrlConfig: { AuthType: NONE, Cors: { AllowMethods: [GET, OPTIONS] } }",
                "a Function URL takes methods of at most 6 letters, found OPTIONS",
            ),
            (
                "FunctionUrlConfig: { AuthType: NONE, Cors: { MaxAge: 86401 } }",
                "MaxAge must be from -1 to 86400 seconds, found 86401",
            ),
            (
                "FunctionUrlConfig: { AuthType: NONE, Cors: { MaxAge: -1 } }",
                "MaxAge of a Function URL is at least 0",
            ),
        ] {
            let error = function(&format!("      {property}\n")).unwrap_err();
            assert_eq!(error, format!("template line 5: {message}"), "{property}");
        }
        let most = function("      Timeout: 900\n      MemorySize: 10240\n").unwrap();
        assert_eq!((most.timeout.as_secs(), most.memory_size), (900, 10_240));
    }

    #[test]
    fn a_function_has_the_name_that_the_template_gives() {
        let text = "Resources:\n  UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
                    FunctionName: !Sub 'my-${AWS::Region}'\n      Policies: [AWSLambdaBasicExecutionRole]\n      \
                    Environment: { Variables: { REF: !Ref UsersFunction, ARN: !GetAtt UsersFunction.Arn } }\n";
        let template = Template::parse(text, &BTreeMap::new(), "us-east-1").unwrap();
        let Function { name, binary, variables, .. } = &template.functions[0];
        assert_eq!((name.as_str(), binary.as_str()), ("my-us-east-1", "users"));
        assert_eq!(variables["REF"], Variable::Plain("my-us-east-1".to_owned()));
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:my-us-east-1";
        assert_eq!(variables["ARN"], Variable::Plain(arn.to_owned()));
        assert!(template.access.role("my-us-east-1").is_some());

        let twice = "Resources:\n  A: { Type: AWS::Serverless::Function, Metadata: { BuildProperties: { Binary: x } } }\n  \
                     B: { Type: AWS::Serverless::Function, Metadata: { BuildProperties: { Binary: x } } }\n";
        let error = Template::parse(twice, &BTreeMap::new(), "us-east-1").unwrap_err().to_string();
        assert_eq!(error, "template line 3: B is called x, as is A: give it a FunctionName");
    }

    #[test]
    fn what_a_condition_selects_is_read() {
        let text = "Conditions: { Yes: !Equals [a, a] }\nGlobals:\n  Function:\n    Environment: { Variables: { AA: globals } }\n\
                    Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
                    Environment: { Variables: { AA: !Ref AWS::NoValue, BB: x } }\n      \
                    EventInvokeConfig: !If [Yes, { MaximumRetryAttempts: 1 }, !Ref AWS::NoValue]\n      \
                    FunctionUrlConfig: { Fn::If: [Yes, { AuthType: NONE }, { AuthType: AWS_IAM }] }\n      \
                    Timeout: !If [Yes, 7, 8]\n";
        let function = Template::parse(text, &BTreeMap::new(), "us-east-1").unwrap().functions.remove(0);
        assert_eq!((function.timeout.as_secs(), function.asynchronous.retries), (7, 1));
        assert!(function.url.is_some());
        assert_eq!(function.variables.into_keys().collect::<Vec<_>>(), ["BB"]);
    }
}
