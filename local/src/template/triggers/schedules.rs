//! Triggers by the clock.

use super::Source;
use crate::schedule::Schedule;
use crate::template::error::TemplateError;
use crate::template::trigger_model::{ScheduleKind, ScheduleTrigger};

impl Source<'_> {
    pub(super) fn schedule(&self, kind: ScheduleKind) -> Result<ScheduleTrigger, TemplateError> {
        let expression = match kind {
            ScheduleKind::Rule => "Schedule",
            ScheduleKind::Scheduler => "ScheduleExpression",
        };
        let mut name = format!("{}{}", self.logical_id, self.name);
        let (mut schedule, mut is_enabled, mut input) = (None, true, None);
        for (property, node) in self.properties() {
            let text = self.resolver.text(node);
            match property.as_str() {
                property if property == expression => {
                    schedule = Some(Schedule::parse(&text?).map_err(|mistake| node.error(mistake))?);
                }
                "Name" => name = text?,
                "Description" => {}
                "Enabled" if kind == ScheduleKind::Rule => is_enabled = self.truth(property, node)?,
                "State" => {
                    is_enabled = match text?.as_str() {
                        "ENABLED" => true,
                        "DISABLED" => false,
                        other => {
                            return Err(
                                node.error(format!("State must be ENABLED or DISABLED, found {other}"))
                            );
                        }
                    };
                }
                "Input" => {
                    let text = text?;
                    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                        return Err(node.error(format!("Input must be JSON: {error}")));
                    }
                    input = Some(text);
                }
                "ScheduleExpressionTimezone" if kind == ScheduleKind::Scheduler => {
                    let zone = text?;
                    if zone != "UTC" {
                        return Err(node.error(format!("the time zone {zone} is not emulated, only UTC")));
                    }
                }
                _ => return Err(self.unsupported(property, node)),
            }
        }
        let schedule = schedule.ok_or_else(|| self.event.error(format!("the event needs a {expression}")))?;
        let (function, line) = (self.function.to_owned(), self.event.line);
        Ok(ScheduleTrigger { function, name, kind, schedule, is_enabled, input, line })
    }
}
