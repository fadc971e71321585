//! Triggers by changes of tables.

use std::time::Duration;

use super::Source;
use crate::template::destinations::destination;
use crate::template::error::TemplateError;
use crate::template::numbers::within;
use crate::template::trigger_model::{StartingPosition, StreamTrigger};

impl Source<'_> {
    /// Reads a stream's trigger. Returns `None` if it is disabled.
    pub(super) fn stream(&self) -> Result<Option<StreamTrigger>, TemplateError> {
        let mut trigger = StreamTrigger {
            function: self.function.to_owned(),
            name: self.name.to_owned(),
            line: self.event.line,
            ..StreamTrigger::default()
        };
        let (mut is_enabled, mut position) = (true, None);
        for (name, node) in self.properties() {
            let resolver = self.resolver;
            match name.as_str() {
                "Stream" => {
                    trigger.stream = resolver.text(node)?;
                    trigger.stream.split('/').nth(1).unwrap_or_default().clone_into(&mut trigger.table);
                    trigger.line = node.line;
                }
                "StartingPosition" => {
                    position = Some(match resolver.text(node)?.as_str() {
                        "LATEST" => StartingPosition::Latest,
                        "TRIM_HORIZON" => StartingPosition::TrimHorizon,
                        other => return Err(node.error(format!("StartingPosition {other} is not emulated"))),
                    });
                }
                "BatchSize" => trigger.batch_size = within(resolver, node, name, 1, 10_000)? as usize,
                "MaximumBatchingWindowInSeconds" => {
                    trigger.window = Duration::from_secs(within(resolver, node, name, 0, 300)?.into());
                }
                "MaximumRetryAttempts" => {
                    // -1 means the default: until the records expire in the stream.
                    trigger.retries = match resolver.text(node)?.as_str() {
                        "-1" => None,
                        _ => Some(within(resolver, node, name, 0, 10_000)?),
                    };
                }
                "BisectBatchOnFunctionError" => trigger.bisects = self.truth(name, node)?,
                "FunctionResponseTypes" => trigger.reports_failures = self.reports_failures(node)?,
                "MaximumRecordAgeInSeconds" => {
                    // -1 means the default: until the records expire in the stream.
                    trigger.max_age = match resolver.text(node)?.as_str() {
                        "-1" => None,
                        _ => Some(Duration::from_secs(within(resolver, node, name, 60, 604_800)?.into())),
                    };
                }
                "FilterCriteria" => trigger.filters = self.filters(node)?,
                "Enabled" => is_enabled = self.truth(name, node)?,
                "DestinationConfig" => trigger.failure = destination(resolver, node, "OnFailure")?,
                _ => return Err(self.unsupported(name, node)),
            }
        }
        if trigger.table.is_empty() {
            return Err(self.event.error("a DynamoDB event needs a Stream"));
        }
        trigger.position =
            position.ok_or_else(|| self.event.error("a DynamoDB event needs a StartingPosition"))?;
        Ok(is_enabled.then_some(trigger))
    }
}
