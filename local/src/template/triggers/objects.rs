//! Triggers by objects of buckets.

use serde_json::Value;

use super::Source;
use crate::template::error::TemplateError;
use crate::template::trigger_model::ObjectTrigger;
use crate::template::yaml::Node;

/// The events of S3 that are emulated.
const OBJECT_EVENTS: [&str; 7] = [
    "ObjectCreated:*",
    "ObjectCreated:Put",
    "ObjectCreated:Post",
    "ObjectCreated:Copy",
    "ObjectCreated:CompleteMultipartUpload",
    "ObjectRemoved:*",
    "ObjectRemoved:Delete",
];

impl Source<'_> {
    pub(super) fn objects(&self) -> Result<ObjectTrigger, TemplateError> {
        let mut trigger = ObjectTrigger {
            function: self.function.to_owned(),
            name: self.name.to_owned(),
            line: self.event.line,
            ..ObjectTrigger::default()
        };
        for (name, node) in self.properties() {
            match name.as_str() {
                "Bucket" => trigger.bucket = self.resolver.text(node)?,
                "Events" => trigger.events = self.object_events(node)?,
                "Filter" => (trigger.prefix, trigger.suffix) = self.filter(node)?,
                _ => return Err(self.unsupported(name, node)),
            }
        }
        if trigger.bucket.is_empty() || trigger.events.is_empty() {
            return Err(self.event.error("an S3 event needs Bucket and Events"));
        }
        Ok(trigger)
    }

    fn object_events(&self, node: &Node) -> Result<Vec<String>, TemplateError> {
        let names = match self.resolver.resolve(node)? {
            Some(Value::Array(names)) => names,
            other => Vec::from_iter(other),
        };
        names
            .iter()
            .map(|name| {
                name.as_str()
                    .and_then(|name| name.strip_prefix("s3:"))
                    .filter(|name| OBJECT_EVENTS.contains(name))
                    .map(str::to_owned)
                    .ok_or_else(|| node.error(format!("the event {name} of S3 is not emulated")))
            })
            .collect()
    }

    /// Reads the prefix and suffix of the keys.
    fn filter(&self, node: &Node) -> Result<(String, String), TemplateError> {
        let (mut prefix, mut suffix) = (String::new(), String::new());
        let filter = self.resolver.resolve(node)?.unwrap_or_default();
        let rules = filter["S3Key"]["Rules"].as_array();
        for rule in rules.ok_or_else(|| node.error("a Filter needs S3Key with Rules"))? {
            let value = rule["Value"].as_str().unwrap_or_default().to_owned();
            match rule["Name"].as_str().map(str::to_ascii_lowercase).as_deref() {
                Some("prefix") => prefix = value,
                Some("suffix") => suffix = value,
                _ => return Err(node.error("a rule's Name must be prefix or suffix")),
            }
        }
        Ok((prefix, suffix))
    }
}
