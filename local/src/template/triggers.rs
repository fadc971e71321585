//! Triggers of functions besides requests: buckets and tables.

use std::time::Duration;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{ObjectTrigger, StartingPosition, StreamTrigger, Table, Template};
use super::numbers::within;
use super::yaml::Node;

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

/// The triggers of one function.
#[derive(Default)]
pub(super) struct Triggers {
    pub(super) objects: Vec<ObjectTrigger>,
    pub(super) streams: Vec<StreamTrigger>,
}

/// Reads those of a function's `Events` that are not routes.
pub(super) fn triggers(
    resolver: &Resolver<'_>,
    function: &str,
    resource: &Node,
) -> Result<Triggers, TemplateError> {
    let mut triggers = Triggers::default();
    for (name, event) in resource.at(&["Properties", "Events"]).map(Node::entries).unwrap_or_default() {
        let kind = event.get("Type").ok_or_else(|| event.error("an event needs a Type"))?;
        let properties = event.get("Properties");
        let source = Source { resolver, function, name, event, properties };
        match kind.text() {
            Some("HttpApi") => {}
            Some("S3") => triggers.objects.push(source.objects()?),
            Some("DynamoDB") => triggers.streams.extend(source.stream()?),
            other => {
                let other = other.unwrap_or("?");
                return Err(kind.error(format!("events of type {other} are not emulated")));
            }
        }
    }
    Ok(triggers)
}

/// Checks that every trigger's bucket or table is in the template.
pub(super) fn sources_exist(template: &Template) -> Result<(), TemplateError> {
    for ObjectTrigger { bucket, line, .. } in &template.object_triggers {
        if !template.buckets.iter().any(|known| known.name == *bucket) {
            let message = format!("{bucket} is not a bucket of this template");
            return Err(TemplateError { line: *line, message });
        }
    }
    for StreamTrigger { table, line, .. } in &template.stream_triggers {
        let has_stream =
            |known: &Table| known.name == *table && !known.create["StreamSpecification"].is_null();
        if !template.tables.iter().any(has_stream) {
            let message = format!("{table} is not a table of this template with a StreamSpecification");
            return Err(TemplateError { line: *line, message });
        }
    }
    Ok(())
}

/// One entry of `Events`.
struct Source<'t> {
    resolver: &'t Resolver<'t>,
    function: &'t str,
    name: &'t str,
    event: &'t Node,
    properties: Option<&'t Node>,
}

impl Source<'_> {
    fn objects(&self) -> Result<ObjectTrigger, TemplateError> {
        let mut trigger = ObjectTrigger {
            function: self.function.to_owned(),
            name: self.name.to_owned(),
            line: self.event.line,
            ..ObjectTrigger::default()
        };
        for (name, node) in self.properties.map(Node::entries).unwrap_or_default() {
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

    /// Reads a stream's trigger. Returns `None` if it is disabled.
    fn stream(&self) -> Result<Option<StreamTrigger>, TemplateError> {
        let mut trigger = StreamTrigger {
            function: self.function.to_owned(),
            name: self.name.to_owned(),
            line: self.event.line,
            ..StreamTrigger::default()
        };
        let (mut is_enabled, mut position) = (true, None);
        for (name, node) in self.properties.map(Node::entries).unwrap_or_default() {
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
                "FunctionResponseTypes" => {
                    trigger.reports_failures = match self.resolver.resolve(node)? {
                        Some(types) if types == serde_json::json!(["ReportBatchItemFailures"]) => true,
                        _ => {
                            return Err(node.error("FunctionResponseTypes must be [ReportBatchItemFailures]"));
                        }
                    };
                }
                "Enabled" => is_enabled = self.truth(name, node)?,
                // Destinations for failed batches are not emulated: the batches are logged.
                "DestinationConfig" => {}
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Parses a template whose function has the event, at line 9.
    fn parse(event: &str) -> Result<Template, TemplateError> {
        let text = format!(
            "Resources:\n  Files: {{ Type: AWS::S3::Bucket }}\n  Plain: {{ Type: AWS::DynamoDB::Table, Properties: {{}} }}\n  \
             Table: {{ Type: AWS::DynamoDB::Table, Properties: {{ StreamSpecification: {{ StreamViewType: KEYS_ONLY }} }} }}\n  \
             UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        Some: {event}\n"
        );
        Template::parse(&text, &BTreeMap::new(), "us-east-1")
    }

    #[test]
    fn an_event_of_a_bucket_is_read() {
        let properties = "Bucket: !Ref Files, Events: s3:ObjectCreated:*, \
                          Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }, { Name: Suffix, Value: .txt }] } }";
        let template = parse(&format!("{{ Type: S3, Properties: {{ {properties} }} }}")).unwrap();
        let expected = ObjectTrigger {
            function: "users".to_owned(),
            name: "Some".to_owned(),
            bucket: "files".to_owned(),
            events: vec!["ObjectCreated:*".to_owned()],
            prefix: "in/".to_owned(),
            suffix: ".txt".to_owned(),
            line: 9,
        };
        assert_eq!(template.object_triggers, [expected]);
    }

    #[test]
    fn an_event_of_a_table_is_read() {
        let properties = "Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 10, \
                          MaximumBatchingWindowInSeconds: 5, MaximumRetryAttempts: 3, \
                          BisectBatchOnFunctionError: true, FunctionResponseTypes: [ReportBatchItemFailures]";
        let template = parse(&format!("{{ Type: DynamoDB, Properties: {{ {properties} }} }}")).unwrap();
        let expected = StreamTrigger {
            function: "users".to_owned(),
            name: "Some".to_owned(),
            table: "Table".to_owned(),
            stream: "arn:aws:dynamodb:us-east-1:000000000000:table/Table/stream/local".to_owned(),
            position: StartingPosition::TrimHorizon,
            batch_size: 10,
            window: Duration::from_secs(5),
            retries: Some(3),
            bisects: true,
            reports_failures: true,
            line: 9,
        };
        assert_eq!(template.stream_triggers, [expected]);
        let least = "Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST, MaximumRetryAttempts: -1";
        let template = parse(&format!("{{ Type: DynamoDB, Properties: {{ {least} }} }}")).unwrap();
        let trigger = &template.stream_triggers[0];
        assert_eq!((trigger.batch_size, trigger.retries, trigger.bisects), (100, None, false));
        let off = format!("{{ Type: DynamoDB, Properties: {{ {least}, Enabled: false }} }}");
        assert_eq!(parse(&off).unwrap().stream_triggers, []);
    }

    #[test]
    fn what_is_not_emulated_names_its_line() {
        let table = "Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST";
        for (event, message) in [
            ("{ Type: Schedule }".to_owned(), "events of type Schedule are not emulated"),
            (
                "{ Type: S3, Properties: { Bucket: !Ref Files, Events: s3:TestEvent } }".to_owned(),
                "the event \"s3:TestEvent\" of S3 is not emulated",
            ),
            ("{ Type: S3, Properties: { Bucket: !Ref Files } }".to_owned(), "an S3 event needs Bucket and Events"),
            (
                "{ Type: S3, Properties: { Bucket: other, Events: 's3:ObjectRemoved:*' } }".to_owned(),
                "other is not a bucket of this template",
            ),
            (
                "{ Type: DynamoDB, Properties: { Stream: !GetAtt Plain.StreamArn, StartingPosition: LATEST } }"
                    .to_owned(),
                "Plain is not a table of this template with a StreamSpecification",
            ),
            (
                "{ Type: DynamoDB, Properties: { Stream: !GetAtt Table.StreamArn } }".to_owned(),
                "a DynamoDB event needs a StartingPosition",
            ),
            (
                format!("{{ Type: DynamoDB, Properties: {{ {table}, ParallelizationFactor: 2 }} }}"),
                "ParallelizationFactor of an event of type DynamoDB is not emulated",
            ),
            (
                format!("{{ Type: DynamoDB, Properties: {{ {table}, BatchSize: 0 }} }}"),
                "BatchSize must be from 1 to 10000, found 0",
            ),
        ] {
            let expected = format!("template line 9: {message}");
            assert_eq!(parse(&event).unwrap_err().to_string(), expected, "{event}");
        }
    }
}
