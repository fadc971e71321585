//! `template.yaml`: the API that it declares and the services around it.
//!
//! [`Template`] and the types in it are the model. Readers, one for each kind of resource, fill it in. A value that
//! cannot be resolved on this machine is an error with its line, never a blank.

mod api;
mod buckets;
mod destinations;
mod environment;
mod error;
mod functions;
mod intrinsics;
mod model;
mod names;
mod numbers;
mod parameters;
pub mod path;
mod policies;
mod policy_templates;
mod queues;
mod routes;
mod tables;
#[cfg(test)]
mod tests;
mod trigger_model;
mod triggers;
mod yaml;

pub use error::{LoadError, TemplateError};
pub use model::{
    ACCOUNT_ID, Access, AsyncLimits, Bucket, Cors, CorsRule, Destinations, Function, FunctionUrl,
    MAX_INTEGRATION_TIMEOUT, QUEUE_URLS, Queue, REGION, Redrive, Role, Route, Table, Template, Throttling,
    Variable,
};
pub use trigger_model::{
    Destination, ObjectTrigger, QueueTrigger, ScheduleKind, ScheduleTrigger, StartingPosition, StreamTrigger,
    Triggers,
};

pub(crate) use model::queue_of_arn;

use std::collections::BTreeMap;
use std::path::Path;

use self::intrinsics::Resolver;
use self::yaml::Node;

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
        let resolver = Resolver::new(&root, parameters::resolve(&root, parameters)?, region);
        let mut template = Self { region: region.to_owned(), ..Self::default() };
        let resources =
            root.get("Resources").ok_or_else(|| root.error("the template has no Resources"))?.entries();
        for (logical_id, resource) in resources {
            if !resolver.exists(resource)? {
                continue;
            }
            match resource.get("Type").and_then(Node::text) {
                Some("AWS::Serverless::Function") => {
                    let function = functions::function(&root, &resolver, logical_id, resource)?;
                    template.routes.extend(routes::routes(&resolver, &function.name, resource)?);
                    let triggers = triggers::triggers(&resolver, logical_id, &function.name, resource)?;
                    template.triggers.extend(triggers);
                    template.functions.push(function);
                }
                Some("AWS::Serverless::HttpApi") => {
                    template.cors = api::cors_configuration(&root, &resolver, resource)?;
                    template.throttling = api::throttling(&root, &resolver, resource)?;
                }
                Some("AWS::DynamoDB::Table") => {
                    template.tables.push(tables::table(&resolver, logical_id, resource)?);
                }
                Some("AWS::S3::Bucket") => {
                    template.buckets.push(buckets::bucket(&resolver, logical_id, resource)?);
                }
                Some("AWS::SQS::Queue") => {
                    template.queues.push(queues::queue(&resolver, logical_id, resource)?);
                }
                _ => {}
            }
        }
        template.access = policies::access(&resolver, region, resources);
        routes::no_route_twice(&template.routes)?;
        triggers::sources_exist(&template)?;
        destinations::targets_exist(&template)?;
        Ok(template)
    }
}
