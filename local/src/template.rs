//! `template.yaml`: the API that it declares and the services around it.
//!
//! [`Template`] and the types in it are the model. Readers, one for each kind of resource, fill it in. A value that
//! cannot be resolved on this machine is an error with its line, never a blank.

mod api;
mod buckets;
mod budget;
mod destinations;
mod environment;
mod error;
mod functions;
mod intrinsics;
mod lines;
mod load;
mod model;
mod names;
mod numbers;
mod parameters;
pub mod path;
mod policies;
mod policy_templates;
mod queues;
mod references;
mod resources;
mod route_settings;
mod routes;
mod scope;
mod sub;
mod tables;
#[cfg(test)]
mod tests;
mod trigger_model;
mod triggers;
mod yaml;

pub use error::{LoadError, NotEmulated, TemplateError};
pub use model::{
    ACCOUNT_ID, API_URL, Access, Api, AsyncLimits, Bucket, Cors, CorsRule, Destinations, Function,
    FunctionUrl, MAX_INTEGRATION_TIMEOUT, QUEUE_URLS, Queue, REGION, Redrive, Role, Route, Stage, Table,
    Template, Throttling, Variable,
};
pub use trigger_model::{
    Destination, ObjectTrigger, QueueTrigger, ScheduleKind, ScheduleTrigger, StartingPosition, StreamTrigger,
    Triggers,
};

pub(crate) use model::queue_of_arn;

use std::collections::BTreeMap;
use std::path::Path;

use self::intrinsics::Resolver;
use self::resources::{Declared, resources};
use self::scope::Scope;
use self::yaml::Node;

impl Template {
    /// Reads the file at `path`; `parameters` override the defaults of its Parameters.
    pub fn load(path: &Path, parameters: &BTreeMap<String, String>, region: &str) -> Result<Self, LoadError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| LoadError::Read { path: name.clone(), source })?;
        let parsed = match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, parameters, region),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
                Err(TemplateError { line, message: "the file is not UTF-8".to_owned() })
            }
        };
        parsed.map_err(|error| LoadError::Content { path: name, error })
    }

    /// Reads a template's text.
    pub fn parse(
        text: &str,
        parameters: &BTreeMap<String, String>,
        region: &str,
    ) -> Result<Self, TemplateError> {
        Self::read(&load::load(text)?, parameters, region)
    }

    fn read(root: &Node, parameters: &BTreeMap<String, String>, region: &str) -> Result<Self, TemplateError> {
        let resolver = Resolver::new(root, parameters::resolve(root, parameters)?, region);
        let mut scope = Scope::of(root, &resolver)?;
        let resources = resources(root, &resolver, &mut scope)?;
        let mut template = Self { region: region.to_owned(), ..Self::default() };
        template.not_emulated = scope.finish(root, |id| resources.iter().any(|resource| resource.id == id));
        let (api, settings) = api::api(root, &resolver, &resources)?.unzip();
        let settings = settings.unwrap_or_default();
        template.api = api;
        for Declared { id, kind, node } in &resources {
            match kind.as_str() {
                "AWS::Serverless::Function" => {
                    let function = functions::function(&resolver, id, node)?;
                    template.routes.extend(routes::routes(&resolver, &function.name, &settings, node)?);
                    template.triggers.extend(triggers::triggers(&resolver, id, &function.name, node)?);
                    template.functions.push(function);
                }
                "AWS::DynamoDB::Table" => template.tables.push(tables::table(&resolver, id, node)?),
                "AWS::S3::Bucket" => template.buckets.push(buckets::bucket(&resolver, id, node)?),
                "AWS::SQS::Queue" => template.queues.push(queues::queue(&resolver, id, node)?),
                _ => {}
            }
        }
        template.access = policies::access(&resolver, region, &resources);
        functions::no_name_twice(&template.functions)?;
        routes::no_route_twice(&template.routes)?;
        settings.check(&template.routes)?;
        triggers::sources_exist(&template)?;
        destinations::targets_exist(&template)?;
        Ok(template)
    }
}
