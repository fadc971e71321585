//! Events of a function, as the template has them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::template::{Destination, StartingPosition};

/// Parses a template whose function has the event, at line 10.
fn parse(event: &str) -> Result<Template, TemplateError> {
    let text = format!(
        "Resources:\n  Files: {{ Type: AWS::S3::Bucket }}\n  Failed: {{ Type: AWS::SQS::Queue }}\n  Plain: {{ Type: AWS::DynamoDB::Table, Properties: {{}} }}\n  \
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
        line: 10,
    };
    assert_eq!(template.triggers.objects, [expected]);
}

#[test]
fn an_event_of_a_table_is_read() {
    let properties = "Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 10, \
                      MaximumBatchingWindowInSeconds: 5, MaximumRetryAttempts: 3, \
                      BisectBatchOnFunctionError: true, FunctionResponseTypes: [ReportBatchItemFailures], \
                      MaximumRecordAgeInSeconds: 3600, \
                      FilterCriteria: { Filters: [{ Pattern: '{\"eventName\": [\"INSERT\"]}' }] }, \
                      DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failed.Arn } }";
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
        max_age: Some(Duration::from_hours(1)),
        filters: vec![Pattern::parse(r#"{"eventName": ["INSERT"]}"#).unwrap()],
        failure: Some(Destination { arn: "arn:aws:sqs:us-east-1:000000000000:Failed".to_owned(), line: 10 }),
        line: 10,
    };
    assert_eq!(template.triggers.streams, [expected]);
    let least = "Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST, MaximumRetryAttempts: -1";
    let template = parse(&format!("{{ Type: DynamoDB, Properties: {{ {least} }} }}")).unwrap();
    let trigger = &template.triggers.streams[0];
    assert_eq!((trigger.batch_size, trigger.retries, trigger.bisects), (100, None, false));
    let off = format!("{{ Type: DynamoDB, Properties: {{ {least}, Enabled: false }} }}");
    assert_eq!(parse(&off).unwrap().triggers.streams, []);
}

#[test]
fn what_is_not_emulated_names_its_line() {
    let table = "Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST";
    for (event, message) in [
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
        (
            format!("{{ Type: DynamoDB, Properties: {{ {table}, FilterCriteria: {{ Filters: [{{ Pattern: '{{\"a\": [{{\"like\": \"b\"}}]}}' }}] }} }} }}"),
            "Pattern: a: Lambda has no operator like",
        ),
        (
            format!("{{ Type: DynamoDB, Properties: {{ {table}, DestinationConfig: {{ OnFailure: {{ Type: SQS }} }} }} }}"),
            "OnFailure needs a Destination: name a queue of the template",
        ),
        (
            format!("{{ Type: DynamoDB, Properties: {{ {table}, DestinationConfig: {{ OnFailure: {{ Destination: 'arn:aws:sqs:us-east-1:000000000000:Other' }} }} }} }}"),
            "Other is not a queue of this template",
        ),
        ("{ Type: SQS, Properties: { BatchSize: 5 } }".to_owned(), "an SQS event needs a Queue"),
        (
            "{ Type: SQS, Properties: { Queue: !Ref Failed } }".to_owned(),
            "https://sqs.us-east-1.amazonaws.com/000000000000/Failed is not the ARN of a queue",
        ),
        (
            "{ Type: SQS, Properties: { Queue: !GetAtt Failed.Arn, BatchSize: 11 } }".to_owned(),
            "a BatchSize of more than 10 needs a MaximumBatchingWindowInSeconds of at least 1",
        ),
        (
            "{ Type: Schedule, Properties: { Schedule: rate(1 minutes) } }".to_owned(),
            "rate(1 minutes): a rate is a number and minute(s), hour(s) or day(s), such as rate(5 minutes)",
        ),
        (
            "{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), Input: '{' } }".to_owned(),
            "Input must be JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Europe/Berlin } }"
                .to_owned(),
            "the time zone Europe/Berlin is not emulated, only UTC",
        ),
        ("{ Type: ScheduleV2, Properties: { Schedule: rate(1 day) } }".to_owned(), "Schedule of an event of type ScheduleV2 is not emulated"),
        ("{ Type: Schedule, Properties: { Schedule: rate(1 day), State: ON } }".to_owned(), "State must be ENABLED or DISABLED, found ON"),
    ] {
        let expected = format!("template line 10: {message}");
        assert_eq!(parse(&event).unwrap_err().to_string(), expected, "{event}");
    }
}

#[test]
fn an_event_of_a_queue_is_read() {
    let queue = "Queue: !GetAtt Failed.Arn";
    let template = parse(&format!("{{ Type: SQS, Properties: {{ {queue} }} }}")).unwrap();
    let least = QueueTrigger {
        function: "users".to_owned(),
        name: "Some".to_owned(),
        queue: "Failed".to_owned(),
        batch_size: 10,
        window: Duration::ZERO,
        reports_failures: false,
        concurrency: 5,
        filters: Vec::new(),
        line: 10,
    };
    assert_eq!(template.triggers.queues, std::slice::from_ref(&least));
    let properties = format!(
        "{queue}, BatchSize: 100, MaximumBatchingWindowInSeconds: 3, ScalingConfig: {{ MaximumConcurrency: 2 }}, \
         FunctionResponseTypes: [ReportBatchItemFailures], FilterCriteria: {{ Filters: [{{ Pattern: '{{}}' }}] }}"
    );
    let template = parse(&format!("{{ Type: SQS, Properties: {{ {properties} }} }}")).unwrap();
    let expected = QueueTrigger {
        batch_size: 100,
        window: Duration::from_secs(3),
        reports_failures: true,
        concurrency: 2,
        filters: vec![Pattern::parse("{}").unwrap()],
        ..least
    };
    assert_eq!(template.triggers.queues, [expected]);
    let off = format!("{{ Type: SQS, Properties: {{ {queue}, Enabled: false }} }}");
    assert_eq!(parse(&off).unwrap().triggers.queues, []);
}

/// The words are Lambda's own.
#[test]
fn a_queue_hides_messages_for_as_long_as_its_function_may_take() {
    let text = "Resources:\n  Short: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 5 } }\n  \
                SlowFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Timeout: 6\n      \
                Events: { Some: { Type: SQS, Properties: { Queue: !GetAtt Short.Arn } } }\n";
    let error = Template::parse(text, &BTreeMap::new(), "us-east-1").unwrap_err().to_string();
    let message = "Queue visibility timeout: 5 seconds is less than Function timeout: 6 seconds";
    assert_eq!(error, format!("template line 7: {message}"));
}

#[test]
fn a_schedule_is_read_with_its_name() {
    let read = |event: &str| parse(event).unwrap().triggers.schedules.remove(0);
    let rule = read("{ Type: Schedule, Properties: { Schedule: rate(1 day), Enabled: false } }");
    assert_eq!(
        (rule.kind, rule.name.as_str(), rule.is_enabled),
        (ScheduleKind::Rule, "UsersFunctionSome", false)
    );
    let event = "{ Type: ScheduleV2, Properties: \
                 { ScheduleExpression: cron(0 3 * * ? *), Name: nightly, State: ENABLED, Input: '{\"a\": 1}' } }";
    let schedule = read(event);
    assert_eq!((schedule.kind, schedule.name.as_str()), (ScheduleKind::Scheduler, "nightly"));
    assert_eq!((schedule.is_enabled, schedule.input.as_deref()), (true, Some("{\"a\": 1}")));
}
