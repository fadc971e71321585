//! Queues that invoke functions, and queues that get what functions did not handle.

use std::time::Duration;

use local::{Builder, Stack};
use serde_json::{Value, json};

use crate::database::call;
use crate::events::heard;
use crate::sqs::{DEAD, JOBS, client, counts, receive, send};
use crate::support::{Place, eventually, example_named};

/// Returns a template whose function `check` gets the messages of `Jobs`. Failed messages are visible again at once.
fn template(properties: &str) -> String {
    format!(
        "
Resources:
  Dead: {{ Type: AWS::SQS::Queue }}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2 }}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{ AttributeName: pk, AttributeType: S }}]
      KeySchema: [{{ AttributeName: pk, KeyType: HASH }}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {{ StreamViewType: NEW_AND_OLD_IMAGES }}
  CheckFunction:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 1
      ReservedConcurrentExecutions: 1
      Environment: {{ Variables: {{ SCRIPT: /nowhere }} }}
{properties}
"
    )
}

const OF_QUEUE: &str = "      Events: { Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } } }";

fn place(properties: &str, script: &str) -> Place {
    let place = Place::with(&template(properties), &example_named("listener"), &["check"]);
    std::fs::write(place.path("script"), script).unwrap();
    place
}

fn builder(place: &Place) -> Builder {
    let script = place.path("script").to_str().unwrap().to_owned();
    place.builder().retry_wait(Duration::from_millis(5)).env("SCRIPT", script).invoke_port(0)
}

/// Returns the bodies of the messages that the function received, batch by batch.
fn bodies(stack: &Stack) -> Vec<Vec<String>> {
    let body = |record: &Value| record["body"].as_str().unwrap().to_owned();
    let batch = |event: &Value| event["heard"]["Records"].as_array().unwrap().iter().map(body).collect();
    heard(stack, "check").iter().map(batch).collect()
}

/// Returns the JSON of the one message that the dead-letter queue gets.
async fn dead(stack: &Stack) -> Value {
    let client = client(stack);
    let receive = client.receive_message().queue_url(DEAD).wait_time_seconds(5);
    let message = receive.send().await.unwrap().messages.unwrap().remove(0);
    serde_json::from_str(message.body().unwrap()).unwrap()
}

/// The members are those of the example in Lambda's developer guide, "Example standard queue message event".
#[tokio::test]
async fn a_message_is_delivered_as_lambda_delivers_it_and_removed() {
    let place = place(OF_QUEUE, "");
    let stack = builder(&place).start().await.unwrap();
    let client = client(&stack);
    let id = send(&client, JOBS, "Test message.").await;
    eventually("it is delivered", || !heard(&stack, "check").is_empty()).await;
    let mut record = heard(&stack, "check")[0]["heard"]["Records"][0].clone();
    let attributes = record["attributes"].as_object_mut().unwrap();
    for (name, value) in attributes {
        assert!(!value.take().as_str().unwrap().is_empty(), "{name}");
    }
    assert!(record["receiptHandle"].take().is_string());
    assert_eq!(
        record,
        json!({
            "messageId": id,
            "receiptHandle": null,
            "body": "Test message.",
            "attributes": {
                "ApproximateFirstReceiveTimestamp": null,
                "ApproximateReceiveCount": null,
                "SenderId": null,
                "SentTimestamp": null,
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:Jobs",
            "awsRegion": "us-east-1",
        })
    );
    stack.shutdown().await;
    assert_eq!(bodies(&stack), [["Test message."]]);
}

#[tokio::test]
async fn messages_that_always_fail_end_in_the_dead_letter_queue_and_the_others_do_not() {
    let place = place(OF_QUEUE, "fail\nfail\n");
    let stack = builder(&place).start().await.unwrap();
    let own = client(&stack);
    send(&own, JOBS, "\"bad\"").await;
    assert_eq!(dead(&stack).await, "bad");
    assert_eq!(bodies(&stack), [["\"bad\""], ["\"bad\""]]);
    assert!(stack.logs().contains("check: 1 messages are received again: the function failed"));
    send(&own, JOBS, "good").await;
    eventually("the next one is handled", || bodies(&stack).len() == 3).await;
    assert!(receive(&own, DEAD).await.is_empty());
}

#[tokio::test]
async fn a_function_names_the_messages_that_failed() {
    let properties = "      Events: { Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn, BatchSize: 3, \
                      MaximumBatchingWindowInSeconds: 300, FunctionResponseTypes: [ReportBatchItemFailures] } } }";
    let place = place(properties, "{\"batchItemFailures\": [{\"itemIdentifier\": \"#1\"}]}\n");
    let stack = builder(&place).start().await.unwrap();
    let own = client(&stack);
    for body in ["a", "b", "c"] {
        send(&own, JOBS, body).await;
    }
    eventually("the first batch is handled", || !bodies(&stack).is_empty()).await;
    // The failed one fills the next batch with two others.
    for body in ["d", "e"] {
        send(&own, JOBS, body).await;
    }
    eventually("the second batch is handled", || bodies(&stack).len() == 2).await;
    let mut second = bodies(&stack).remove(1);
    second.sort();
    assert_eq!((bodies(&stack)[0].join(""), second.join("")), ("abc".to_owned(), "bde".to_owned()));
}

/// Lambda's guide, "Filtering events from an Amazon SQS event source": what no filter wants is removed from the queue.
#[tokio::test]
async fn messages_that_no_filter_wants_are_removed() {
    let properties = "      Events: { Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn, \
                      FilterCriteria: { Filters: [{ Pattern: '{\"body\": {\"kind\": [{\"prefix\": \"a\"}]}}' }] } } } }";
    let place = place(properties, "");
    let stack = builder(&place).start().await.unwrap();
    let own = client(&stack);
    for body in [r#"{"kind": "b"}"#, "a", r#"{"kind": "ab"}"#] {
        send(&own, JOBS, body).await;
    }
    eventually("one is wanted", || !bodies(&stack).is_empty()).await;
    // A message that stays is received again, and then moves to the other queue.
    while counts(&own, JOBS).await != ["0", "0", "0"] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(counts(&own, DEAD).await, ["0", "0", "0"]);
    stack.shutdown().await;
    assert_eq!(bodies(&stack).concat(), [r#"{"kind": "ab"}"#]);
}

async fn invoke(stack: &Stack, event: &Value) -> String {
    let url = format!("{}/2015-03-31/functions/check/invocations", stack.invoke_url().unwrap());
    let request = reqwest::Client::new().post(url).header("x-amz-invocation-type", "Event");
    let response = request.body(event.to_string()).send().await.unwrap();
    response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned()
}

/// The members are those that `LocalStack` captured on AWS (`test_lambda_destinations`).
#[tokio::test]
async fn an_event_that_is_given_up_goes_to_its_destination() {
    let properties = "      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn } }
      DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Jobs.Arn }";
    let place = place(properties, "fail\nfail\n");
    let stack = builder(&place).start().await.unwrap();
    let id = invoke(&stack, &json!({ "a": 1 })).await;
    let mut record = dead(&stack).await;
    assert_eq!(record["timestamp"].take().as_str().unwrap().len(), 24);
    assert_eq!(
        record,
        json!({
            "version": "1.0",
            "timestamp": null,
            "requestContext": {
                "requestId": id,
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:check:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 2,
            },
            "requestPayload": { "a": 1 },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": record["responsePayload"],
        })
    );
    assert_eq!(record["responsePayload"]["errorMessage"], "as the script says");

    let receive = client(&stack).receive_message().queue_url(JOBS).message_attribute_names("All");
    let message = receive.wait_time_seconds(5).send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(message.body(), Some(r#"{"a":1}"#));
    let attributes = message.message_attributes().unwrap();
    let attribute = |name: &str| {
        let attribute = &attributes[name];
        (attribute.data_type(), attribute.string_value().unwrap())
    };
    assert_eq!(attribute("RequestID"), ("String", id.as_str()));
    assert_eq!(attribute("ErrorCode"), ("Number", "200"));
    assert_eq!(attribute("ErrorMessage"), ("String", "as the script says"));
}

#[tokio::test]
async fn events_that_were_given_up_are_given_to_their_function_again() {
    let properties = "      EventInvokeConfig:
        MaximumRetryAttempts: 0
        DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn } }";
    let place = place(properties, "fail\nfail\nfail\n");
    let stack = builder(&place).start().await.unwrap();
    for number in 1..=2 {
        invoke(&stack, &json!({ "a": number })).await;
    }
    eventually("both are given up", || stack.logs().matches("is given up after 1 attempts").count() == 2)
        .await;
    // Nobody's event stays where it is.
    send(&client(&stack), DEAD, "{}").await;
    let url = format!("{}/redrive", stack.invoke_url().unwrap());
    let redrive = || reqwest::Client::new().post(&url).send();
    let first = redrive().await.unwrap();
    assert_eq!(first.status(), 502);
    let report = first.text().await.unwrap();
    assert!(report.ends_with("redrive: 1 succeeded, 1 failed"), "{report}");
    assert!(report.contains("failed again: the function failed"), "{report}");
    let second = redrive().await.unwrap();
    assert_eq!(
        (second.status().as_u16(), second.text().await.unwrap()),
        (200, "redrive: 1 succeeded, 0 failed".to_owned())
    );
    assert_eq!(receive(&client(&stack), DEAD).await.len(), 1);
    assert_eq!(heard(&stack, "check").len(), 5, "two attempts, two that were redriven, and one once more");
}

#[tokio::test]
async fn an_event_that_succeeds_goes_to_its_destination() {
    let properties = "      EventInvokeConfig:
        DestinationConfig: { OnSuccess: { Type: SQS, Destination: !GetAtt Dead.Arn } }";
    let place = place(properties, "{\"b\": 2}\n");
    let stack = builder(&place).start().await.unwrap();
    invoke(&stack, &json!({ "a": 1 })).await;
    let record = dead(&stack).await;
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(
        (&record["requestPayload"], &record["responsePayload"]),
        (&json!({ "a": 1 }), &json!({ "b": 2 }))
    );
    assert_eq!(record["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
}

/// The members are those of Powertools' recorded event, `dynamoStreamLambdaInvocationEvent.json`.
#[tokio::test]
async fn a_batch_of_a_stream_that_is_given_up_goes_to_its_destination_and_filters_choose_records() {
    let properties = "      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            MaximumRetryAttempts: 1
            FilterCriteria: { Filters: [{ Pattern: '{\"dynamodb\": {\"Keys\": {\"pk\": {\"S\": [{\"prefix\": \"USER#\"}]}}}}' }] }
            DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn } }";
    let place = place(properties, "fail\nfail\n");
    let stack = builder(&place).start().await.unwrap();
    for key in ["POST#1", "USER#1"] {
        let put = json!({ "TableName": "Table", "Item": { "pk": { "S": key } } });
        call(&stack.dynamodb_url(), "PutItem", &put).await.unwrap();
    }
    let mut record = dead(&stack).await;
    let heard = heard(&stack, "check");
    assert_eq!(heard.len(), 2);
    let records = heard[0]["heard"]["Records"].as_array().unwrap();
    assert_eq!((records.len(), &records[0]["dynamodb"]["Keys"]["pk"]["S"]), (1, &json!("USER#1")));
    let number = &records[0]["dynamodb"]["SequenceNumber"];
    for path in ["/requestContext/requestId", "/timestamp"] {
        assert!(record.pointer_mut(path).unwrap().take().is_string(), "{path}");
    }
    let info = &mut record["DDBStreamBatchInfo"];
    let shard = info["shardId"].take();
    assert!(shard.as_str().unwrap().starts_with("shardId-"), "{shard}");
    let arrival = info["approximateArrivalOfFirstRecord"].take();
    assert_eq!(
        (arrival.as_str().unwrap().len(), &arrival),
        (20, &info["approximateArrivalOfLastRecord"].take())
    );
    assert_eq!(
        record,
        json!({
            "requestContext": {
                "requestId": null,
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:check",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 2,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "version": "1.0",
            "timestamp": null,
            "DDBStreamBatchInfo": {
                "shardId": null,
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "approximateArrivalOfFirstRecord": null,
                "approximateArrivalOfLastRecord": null,
                "batchSize": 1,
                "streamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Table/stream/local",
            },
        })
    );
}
