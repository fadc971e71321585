//! The targets of the records of failed and successful events.

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Destinations, Template, queue_of_arn};
use super::trigger_model::Destination;
use super::yaml::Node;

/// Reads the destinations of a function's asynchronous events.
pub(super) fn destinations(
    resolver: &Resolver<'_>,
    asynchronous: Option<&Node>,
    dead_letter: Option<&Node>,
) -> Result<Destinations, TemplateError> {
    let configuration = asynchronous.and_then(|node| node.get("DestinationConfig"));
    let of = |name: &str| match configuration {
        Some(node) => destination(resolver, node, name),
        None => Ok(None),
    };
    let dead_letter = match dead_letter {
        Some(node) => Some(target(resolver, node, "TargetArn", "a DeadLetterQueue")?),
        None => None,
    };
    Ok(Destinations { success: of("OnSuccess")?, failure: of("OnFailure")?, dead_letter })
}

/// Reads `OnFailure` or `OnSuccess` of a `DestinationConfig`.
pub(super) fn destination(
    resolver: &Resolver<'_>,
    configuration: &Node,
    name: &str,
) -> Result<Option<Destination>, TemplateError> {
    let node = configuration.get(name);
    node.map(|node| target(resolver, node, "Destination", name)).transpose()
}

fn target(
    resolver: &Resolver<'_>,
    node: &Node,
    property: &str,
    what: &str,
) -> Result<Destination, TemplateError> {
    let Some(arn) = node.get(property) else {
        // SAM makes a queue for some destinations without one.
        return Err(node.error(format!("{what} needs a {property}: name a queue of the template")));
    };
    Ok(Destination { arn: resolver.text(arn)?, line: arn.line })
}

/// Checks that every queue that something is sent to is in the template.
pub(super) fn targets_exist(template: &Template) -> Result<(), TemplateError> {
    let of_functions = template.functions.iter().flat_map(|function| {
        let Destinations { success, failure, dead_letter } = &function.destinations;
        [success, failure, dead_letter].into_iter().flatten()
    });
    let of_streams = template.triggers.streams.iter().filter_map(|trigger| trigger.failure.as_ref());
    let named = of_functions
        .chain(of_streams)
        .filter_map(|Destination { arn, line }| Some((queue_of_arn(arn)?, *line)));
    let dead = template.queues.iter().filter_map(|queue| queue.redrive.as_ref());
    let dead = dead.map(|redrive| (redrive.queue.as_str(), redrive.line));
    for (name, line) in named.chain(dead) {
        if !template.queues.iter().any(|queue| queue.name == name) {
            return Err(TemplateError { line, message: format!("{name} is not a queue of this template") });
        }
    }
    Ok(())
}
