//! Triggers of functions besides requests: buckets, tables, queues and the clock.

mod objects;
mod queues;
mod schedules;
mod streams;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Table, Template};
use super::trigger_model::{ObjectTrigger, QueueTrigger, ScheduleKind, StreamTrigger, Triggers};
use super::yaml::Node;
use crate::event_pattern::Pattern;

/// Reads those of a function's `Events` that are not routes.
pub(super) fn triggers(
    resolver: &Resolver<'_>,
    logical_id: &str,
    function: &str,
    resource: &Node,
) -> Result<Triggers, TemplateError> {
    let mut triggers = Triggers::default();
    for (name, event) in resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default() {
        let kind = event.get("Type").ok_or_else(|| event.error("an event needs a Type"))?;
        let properties = event.get("Properties");
        let source = Source { resolver, logical_id, function, name, event, properties };
        match kind.text() {
            Some("S3") => triggers.objects.push(source.objects()?),
            Some("DynamoDB") => triggers.streams.extend(source.stream()?),
            Some("SQS") => triggers.queues.extend(source.queue()?),
            Some("Schedule") => triggers.schedules.push(source.schedule(ScheduleKind::Rule)?),
            Some("ScheduleV2") => triggers.schedules.push(source.schedule(ScheduleKind::Scheduler)?),
            // Routes have a reader of their own, and `scope` tells of what is not emulated.
            _ => {}
        }
    }
    Ok(triggers)
}

/// Checks that every trigger's bucket, table or queue is in the template.
pub(super) fn sources_exist(template: &Template) -> Result<(), TemplateError> {
    for ObjectTrigger { bucket, line, .. } in &template.triggers.objects {
        if !template.buckets.iter().any(|known| known.name == *bucket) {
            let message = format!("{bucket} is not a bucket of this template");
            return Err(TemplateError { line: *line, message });
        }
    }
    for StreamTrigger { table, line, .. } in &template.triggers.streams {
        let has_stream =
            |known: &Table| known.name == *table && !known.create["StreamSpecification"].is_null();
        if !template.tables.iter().any(has_stream) {
            let message = format!("{table} is not a table of this template with a StreamSpecification");
            return Err(TemplateError { line: *line, message });
        }
    }
    for QueueTrigger { queue, function, line, .. } in &template.triggers.queues {
        let at = |message: String| Err(TemplateError { line: *line, message });
        let Some(queue) = template.queues.iter().find(|known| known.name == *queue) else {
            return at(format!("{queue} is not a queue of this template"));
        };
        let timeout = template.function(function).map(|function| function.timeout).unwrap_or_default();
        if queue.visibility < timeout {
            // Lambda would otherwise invoke the function again with the messages that it is still processing.
            return at(format!(
                "Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                queue.visibility.as_secs(),
                timeout.as_secs()
            ));
        }
    }
    Ok(())
}

/// One entry of `Events`.
struct Source<'t> {
    resolver: &'t Resolver<'t>,
    /// The logical id of the function.
    logical_id: &'t str,
    function: &'t str,
    name: &'t str,
    event: &'t Node,
    properties: Option<&'t Node>,
}

impl Source<'_> {
    fn properties(&self) -> &[(String, Node)] {
        self.properties.map(Node::entries).unwrap_or_default()
    }

    fn reports_failures(&self, node: &Node) -> Result<bool, TemplateError> {
        match self.resolver.resolve(node)? {
            Some(types) if types == serde_json::json!(["ReportBatchItemFailures"]) => Ok(true),
            _ => Err(node.error("FunctionResponseTypes must be [ReportBatchItemFailures]")),
        }
    }

    /// Reads `FilterCriteria`: the patterns of its `Filters`.
    fn filters(&self, node: &Node) -> Result<Vec<Pattern>, TemplateError> {
        let criteria = self.resolver.resolve(node)?.unwrap_or_default();
        let filters = criteria["Filters"].as_array();
        let filters = filters.ok_or_else(|| node.error("FilterCriteria needs a list of Filters"))?;
        let pattern = |filter: &Value| match filter["Pattern"].as_str() {
            Some(text) => Pattern::parse(text).map_err(|mistake| node.error(format!("Pattern: {mistake}"))),
            None => Err(node.error("a filter needs a Pattern, as a text")),
        };
        filters.iter().map(pattern).collect()
    }

    fn truth(&self, name: &str, node: &Node) -> Result<bool, TemplateError> {
        let text = self.resolver.text(node)?;
        text.parse().map_err(|_| node.error(format!("{name} must be true or false, found {text}")))
    }

    fn unsupported(&self, name: &str, node: &Node) -> TemplateError {
        let kind = self.event.get("Type").and_then(Node::text).unwrap_or_default();
        node.error(format!("{name} of an event of type {kind} is not emulated"))
    }
}

#[cfg(test)]
mod tests;
