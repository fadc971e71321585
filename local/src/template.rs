//! What the gateway needs to know of `template.yaml`: functions, routes, CORS, limits, tables.

mod intrinsics;
mod parameters;
#[cfg(test)]
mod tests;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use serde_json::Value;

use self::{intrinsics::Resolver, yaml::Node};

/// Something in the template that `local` needs and cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("template line {line}: {message}")]
pub struct TemplateError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file's content.
    #[error("{path}:{}: {}", .error.line, .error.message)]
    Content {
        /// The file.
        path: String,
        /// What is wrong in it.
        error: TemplateError,
    },
}

/// The template, every value resolved for this machine.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// In the order of the file.
    pub functions: Vec<Function>,
    /// In the order of the file.
    pub routes: Vec<Route>,
    /// `None`: the API answers no preflights and passes a function's own CORS headers on.
    pub cors: Option<Cors>,
    /// `DefaultRouteSettings`' limits.
    pub throttling: Option<Throttling>,
    /// Tables as `CreateTable` requests, with the TTL attribute.
    pub tables: Vec<Table>,
    /// AWS's region of everything.
    pub region: String,
}

/// An `AWS::Serverless::Function`.
#[derive(Clone, Debug)]
pub struct Function {
    /// `UsersIdFunction`.
    pub logical_id: String,
    /// `users-id`: the binary's name, and the function's name at the Lambda API.
    pub name: String,
    /// From start of an invocation to its end.
    pub timeout: Duration,
    /// MB; told to the function, not enforced.
    pub memory_size: u64,
    /// `Environment.Variables`. A value that starts as a secret is a [`Variable::Secret`].
    pub variables: BTreeMap<String, Variable>,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<usize>,
}

/// A value of an environment variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Variable {
    /// As in the template.
    Plain(String),
    /// A `{{resolve:...}}` reference, which only AWS can answer.
    Secret,
}

/// A method and a path, and the function behind them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// `GET`, or `ANY`.
    pub method: String,
    /// `/api/users/{id}`, or `$default`.
    pub path: String,
    /// The function's name.
    pub function: String,
    /// Longest wait for the function: `TimeoutInMillis`, 30 s at most.
    pub timeout: Duration,
    /// Where the template says so.
    pub line: usize,
}

/// `CorsConfiguration`, lists as written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cors {
    /// Exact origins, `*`, or `https://*`.
    pub allow_origins: Vec<String>,
    /// Methods of preflights.
    pub allow_methods: Vec<String>,
    /// Request headers of preflights.
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// Whether cookies and the like may be sent.
    pub allow_credentials: bool,
    /// Seconds a preflight's answer may be kept.
    pub max_age: Option<u64>,
}

/// Requests a second, and at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// An `AWS::DynamoDB::Table`.
#[derive(Clone, Debug)]
pub struct Table {
    /// What `!Ref` gives.
    pub name: String,
    /// `Table`.
    pub logical_id: String,
    /// `CreateTable`'s request.
    pub create: Value,
    /// The attribute that holds the time of expiry, when TTL is on.
    pub ttl_attribute: Option<String>,
}

/// The account that local ARNs and events name.
pub const ACCOUNT_ID: &str = "000000000000";

/// The longest that an HTTP API waits for a function.
pub const MAX_INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

impl Template {
    /// Reads the file at `path`; `parameters` override the defaults of its Parameters.
    pub fn load(path: &Path, parameters: &BTreeMap<String, String>, region: &str) -> Result<Self, LoadError> {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: name.clone(), source })?;
        Self::parse(&text, parameters, region).map_err(|error| LoadError::Content { path: name, error })
    }

    /// Reads a template's text.
    pub fn parse(
        text: &str,
        parameters: &BTreeMap<String, String>,
        region: &str,
    ) -> Result<Self, TemplateError> {
        let root = Node::parse(text)?;
        let resolver = Resolver {
            region: region.to_owned(),
            parameters: parameters::resolve(&root, parameters)?,
            conditions: root.get("Conditions"),
            resources: root.get("Resources"),
            mappings: root.get("Mappings"),
            evaluating: std::cell::RefCell::default(),
        };
        let mut template = Self { region: region.to_owned(), ..Self::default() };
        let resources =
            root.get("Resources").ok_or_else(|| root.error("the template has no Resources"))?.entries();
        for (logical_id, resource) in resources {
            if let Some(condition) = resource.get("Condition").and_then(Node::text)
                && !resolver.condition(condition, resource)?
            {
                continue;
            }
            match resource.get("Type").and_then(Node::text) {
                Some("AWS::Serverless::Function") => {
                    let function = function(&root, &resolver, logical_id, resource)?;
                    routes(&resolver, &function.name, resource, &mut template.routes)?;
                    template.functions.push(function);
                }
                Some("AWS::Serverless::HttpApi") => api(&root, &resolver, resource, &mut template)?,
                Some("AWS::DynamoDB::Table") => template.tables.push(table(&resolver, logical_id, resource)?),
                _ => {}
            }
        }
        no_route_twice(&template.routes)?;
        Ok(template)
    }

    /// The function called `name`, by its name, its logical id or its ARN.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = name.rsplit(":function:").next().unwrap_or(name);
        self.functions.iter().find(|function| function.name == name || function.logical_id == name)
    }

    /// Names of variables that hold a secret, of all functions.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.functions
            .iter()
            .flat_map(|function| &function.variables)
            .filter(|(_, value)| **value == Variable::Secret)
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

/// The binary's name: as `BuildProperties` has it, else from the logical id.
fn function_name(logical_id: &str, resource: &Node) -> String {
    if let Some(binary) = resource.at(&["Metadata", "BuildProperties", "Binary"]).and_then(Node::text) {
        return binary.to_owned();
    }
    let stem = logical_id.strip_suffix("Function").filter(|stem| !stem.is_empty()).unwrap_or(logical_id);
    let mut name = String::with_capacity(stem.len() + 4);
    for (index, letter) in stem.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn function(
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
    let mut variables = BTreeMap::new();
    for source in [root.at(&["Globals", "Function"]), resource.get("Properties")].into_iter().flatten() {
        for (name, node) in source.at(&["Environment", "Variables"]).map(Node::entries).unwrap_or_default() {
            variables.remove(name);
            if let Some(value) = resolver.resolve(node)? {
                let text = match value {
                    Value::String(text) => text,
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    other => return Err(node.error(format!("{name} must be text, found {other}"))),
                };
                let variable =
                    if text.contains("{{resolve:") { Variable::Secret } else { Variable::Plain(text) };
                variables.insert(name.clone(), variable);
            }
        }
    }
    let reserved = property(&["ReservedConcurrentExecutions"])
        .map(|node| natural(resolver, node, "ReservedConcurrentExecutions"))
        .transpose()?;
    Ok(Function {
        logical_id: logical_id.to_owned(),
        name: function_name(logical_id, resource),
        timeout: Duration::from_secs(number("Timeout", 3)?),
        memory_size: number("MemorySize", 128)?,
        variables,
        reserved_concurrency: reserved.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
    })
}

fn routes(
    resolver: &Resolver<'_>,
    function: &str,
    resource: &Node,
    routes: &mut Vec<Route>,
) -> Result<(), TemplateError> {
    for (_, event) in resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default() {
        if event.get("Type").and_then(Node::text) != Some("HttpApi") {
            continue;
        }
        let text = |name: &str| event.at(&["Properties", name]).map(|node| resolver.text(node)).transpose();
        let path = text("Path")?.unwrap_or_else(|| "$default".to_owned());
        let method = match text("Method")?.unwrap_or_else(|| "ANY".to_owned()) {
            method if method == "*" || method.eq_ignore_ascii_case("x-amazon-apigateway-any-method") => {
                "ANY".to_owned()
            }
            method => method.to_ascii_uppercase(),
        };
        let line = event.at(&["Properties", "Path"]).unwrap_or(event).line;
        let at = |message: String| TemplateError { line, message };
        if path != "$default" {
            crate::routes::Pattern::parse(&path).map_err(|reason| at(format!("route {path}: {reason}")))?;
        }
        if let Some(version) = text("PayloadFormatVersion")?
            && version != "2.0"
        {
            return Err(at(format!("payload format {version} is not emulated, only 2.0")));
        }
        let timeout = match event.at(&["Properties", "TimeoutInMillis"]) {
            Some(node) => Duration::from_millis(natural(resolver, node, "TimeoutInMillis")?),
            None => MAX_INTEGRATION_TIMEOUT,
        };
        let timeout = timeout.min(MAX_INTEGRATION_TIMEOUT);
        routes.push(Route { method, path, function: function.to_owned(), timeout, line });
    }
    Ok(())
}

fn api(
    root: &Node,
    resolver: &Resolver<'_>,
    resource: &Node,
    template: &mut Template,
) -> Result<(), TemplateError> {
    let property =
        |name: &str| resource.at(&["Properties", name]).or_else(|| root.at(&["Globals", "HttpApi", name]));
    if let Some(node) = property("CorsConfiguration") {
        template.cors = cors(resolver, node)?;
    }
    if let Some(node) = property("DefaultRouteSettings") {
        let limit = |name: &str| -> Result<Option<f64>, TemplateError> {
            let Some(node) = node.get(name) else { return Ok(None) };
            let text = resolver.text(node)?;
            text.parse().map(Some).map_err(|_| node.error(format!("{name} must be a number, found {text}")))
        };
        template.throttling = limit("ThrottlingRateLimit")?
            .map(|rate| {
                limit("ThrottlingBurstLimit").map(|burst| Throttling { rate, burst: burst.unwrap_or(rate) })
            })
            .transpose()?;
    }
    Ok(())
}

fn cors(resolver: &Resolver<'_>, node: &Node) -> Result<Option<Cors>, TemplateError> {
    let settings = match resolver.resolve(node)? {
        None | Some(Value::Bool(false)) => return Ok(None),
        // What SAM makes of `CorsConfiguration: true`.
        Some(Value::Bool(true)) => {
            return Ok(Some(Cors { allow_origins: vec!["*".to_owned()], ..Cors::default() }));
        }
        Some(Value::Object(settings)) => settings,
        Some(other) => return Err(node.error(format!("CorsConfiguration must be a map, found {other}"))),
    };
    let list = |name: &str| match settings.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.split(',').map(|item| item.trim().to_owned()).collect()),
        Some(Value::Array(items)) => Ok(items
            .iter()
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect()),
        Some(other) => Err(node.error(format!("{name} must be a list, found {other}"))),
    };
    let truth = |name: &str| match settings.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(other) => Err(node.error(format!("{name} must be true or false, found {other}"))),
    };
    let max_age = settings.get("MaxAge").map(|value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    if max_age == Some(None) {
        return Err(node.error("MaxAge must be a number of seconds"));
    }
    let cors = Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        allow_credentials: truth("AllowCredentials")?,
        max_age: max_age.flatten(),
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(node.error("AllowCredentials with AllowOrigins * is refused by API Gateway"));
    }
    Ok(Some(cors))
}

/// What `CreateTable` takes of a table's properties; backups, encryption and protection have no meaning here.
const TABLE_PROPERTIES: [&str; 7] = [
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
];

fn table(resolver: &Resolver<'_>, logical_id: &str, resource: &Node) -> Result<Table, TemplateError> {
    let properties = resource.get("Properties").ok_or_else(|| resource.error("a table needs Properties"))?;
    let name = match properties.get("TableName") {
        Some(name) => resolver.text(name)?,
        None => format!("local-{logical_id}"),
    };
    let mut create = serde_json::Map::new();
    create.insert("TableName".to_owned(), name.clone().into());
    for property in TABLE_PROPERTIES {
        if let Some(node) = properties.get(property)
            && let Some(value) = resolver.resolve(node)?
        {
            create.insert(property.to_owned(), value);
        }
    }
    if let Some(Value::Object(stream)) = create.get_mut("StreamSpecification") {
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        for index in create.get_mut(indexes).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(index) = index {
                index.retain(|key, _| {
                    matches!(key.as_str(), "IndexName" | "KeySchema" | "Projection" | "ProvisionedThroughput")
                });
            }
        }
    }
    let ttl_attribute = match properties.get("TimeToLiveSpecification") {
        Some(node) => match resolver.resolve(node)? {
            Some(ttl) if ttl["Enabled"] == true || ttl["Enabled"] == "true" => {
                ttl["AttributeName"].as_str().map(str::to_owned)
            }
            _ => None,
        },
        None => None,
    };
    Ok(Table { name, logical_id: logical_id.to_owned(), create: Value::Object(create), ttl_attribute })
}

fn natural(resolver: &Resolver<'_>, node: &Node, name: &str) -> Result<u64, TemplateError> {
    let text = resolver.text(node)?;
    text.parse().map_err(|_| node.error(format!("{name} must be a whole number, found {text}")))
}

fn no_route_twice(routes: &[Route]) -> Result<(), TemplateError> {
    let mut seen = BTreeMap::new();
    for route in routes {
        let key = (&route.method, crate::routes::shape(&route.path));
        if let Some(first) = seen.insert(key, route) {
            return Err(TemplateError {
                line: route.line,
                message: format!(
                    "route {} {} of {} is already at line {} ({})",
                    route.method, route.path, route.function, first.line, first.function
                ),
            });
        }
    }
    Ok(())
}
