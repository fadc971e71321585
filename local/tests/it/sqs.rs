//! The embedded SQS, called by the SDK, and the functions that queues invoke.

use aws_credential_types::Credentials;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use local::Stack;

use crate::support::Place;

/// The URL that a function would get from `!Ref`, as far as it counts.
pub(crate) const JOBS: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/Jobs";
pub(crate) const DEAD: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/Dead";

const TEMPLATE: &str = "
Resources:
  Dead: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: 1209600 } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2 }
";

pub(crate) fn client(stack: &Stack) -> Client {
    let (id, secret) = local::access::ROOT;
    client_of(&stack.sqs_url(), Credentials::new(id, secret, None, None, "test"))
}

pub(crate) fn client_of(url: &str, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .http_client(shared::aws::http_client().unwrap())
        .build();
    Client::from_conf(config)
}

pub(crate) async fn send(client: &Client, queue: &str, body: &str) -> String {
    client.send_message().queue_url(queue).message_body(body).send().await.unwrap().message_id.unwrap()
}

/// Returns the bodies and receipts of the messages that a queue gives now.
pub(crate) async fn receive(client: &Client, queue: &str) -> Vec<(String, String)> {
    let receive = client.receive_message().queue_url(queue).max_number_of_messages(10);
    let messages = receive.send().await.unwrap().messages.unwrap_or_default();
    messages.into_iter().map(|message| (message.body.unwrap(), message.receipt_handle.unwrap())).collect()
}

/// Returns the numbers of messages: visible, in flight, delayed.
pub(crate) async fn counts(client: &Client, queue: &str) -> Vec<String> {
    let all = client.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
    let attributes = all.send().await.unwrap().attributes.unwrap();
    [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ]
    .iter()
    .map(|name| attributes[name].clone())
    .collect()
}

async fn start() -> (Place, Stack, Client) {
    let place = Place::with(TEMPLATE, &crate::support::example(), &[]);
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack);
    (place, stack, client)
}

#[tokio::test]
async fn a_message_is_received_once_until_it_is_visible_again() {
    let (_place, _stack, client) = start().await;
    send(&client, JOBS, "a").await;
    assert_eq!(counts(&client, JOBS).await, ["1", "0", "0"]);
    let first = receive(&client, JOBS).await;
    assert_eq!(first[0].0, "a");
    assert_eq!(counts(&client, JOBS).await, ["0", "1", "0"]);
    assert!(receive(&client, JOBS).await.is_empty(), "it is hidden");

    let change = client.change_message_visibility().queue_url(JOBS).receipt_handle(&first[0].1);
    change.visibility_timeout(0).send().await.unwrap();
    let second = receive(&client, JOBS).await;
    assert_eq!(second[0].0, "a");
    // An older receipt has no effect.
    let delete = |receipt: &str| client.delete_message().queue_url(JOBS).receipt_handle(receipt).send();
    delete(&first[0].1).await.unwrap();
    assert_eq!(counts(&client, JOBS).await, ["0", "1", "0"]);
    delete(&second[0].1).await.unwrap();
    delete(&second[0].1).await.unwrap();
    assert_eq!(counts(&client, JOBS).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_message_carries_its_attributes() {
    let (_place, _stack, client) = start().await;
    let text = MessageAttributeValue::builder().data_type("String").string_value("b").build().unwrap();
    let sent = client.send_message().queue_url(JOBS).message_body("hello").message_attributes("a", text);
    let sent = sent.send().await.unwrap();
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    let received = client
        .receive_message()
        .queue_url(JOBS)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All);
    let message = received.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(message.message_attributes().unwrap()["a"].string_value(), Some("b"));
    // Of "a", "String" and "b", by SQS's own rule: printf '\0\0\0\1a\0\0\0\6String\1\0\0\0\1b' | md5sum
    let digest = "bef8bf215374a0a228d67533b1a488be";
    assert_eq!(sent.md5_of_message_attributes(), message.md5_of_message_attributes());
    assert_eq!(message.md5_of_message_attributes(), Some(digest));
    let system = message.attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    assert!(system[&MessageSystemAttributeName::SentTimestamp].parse::<u64>().is_ok());
}

#[tokio::test]
async fn a_batch_succeeds_and_fails_entry_by_entry() {
    let (_place, _stack, client) = start().await;
    let entry = |id: &str, body: &str, delay: i32| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(body);
        entry.delay_seconds(delay).build().unwrap()
    };
    let batch = client.send_message_batch().queue_url(JOBS);
    let batch = batch.entries(entry("1", "a", 0)).entries(entry("2", "b", 900)).entries(entry("3", "c", 901));
    let sent = batch.send().await.unwrap();
    let ids: Vec<&str> = sent.successful().iter().map(SendMessageBatchResultEntry::id).collect();
    assert_eq!(ids, ["1", "2"]);
    let failed = &sent.failed()[0];
    assert_eq!((failed.id(), failed.code(), failed.sender_fault()), ("3", "InvalidParameterValue", true));
    assert_eq!(counts(&client, JOBS).await, ["1", "0", "1"]);

    let received = receive(&client, JOBS).await;
    let entry = |id: &str, receipt: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(receipt).build().unwrap()
    };
    let batch = client.delete_message_batch().queue_url(JOBS);
    let batch = batch.entries(entry("1", &received[0].1)).entries(entry("2", "no receipt"));
    let deleted = batch.send().await.unwrap();
    assert_eq!(deleted.successful()[0].id(), "1");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
    assert_eq!(counts(&client, JOBS).await, ["0", "0", "1"]);
    client.purge_queue().queue_url(JOBS).send().await.unwrap();
    assert_eq!(counts(&client, JOBS).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_message_that_is_received_too_often_goes_to_the_dead_letter_queue() {
    let (_place, _stack, client) = start().await;
    let id = send(&client, JOBS, "a").await;
    for _ in 0..2 {
        let received = receive(&client, JOBS).await;
        let change = client.change_message_visibility().queue_url(JOBS).receipt_handle(&received[0].1);
        change.visibility_timeout(0).send().await.unwrap();
    }
    assert!(receive(&client, JOBS).await.is_empty());
    assert_eq!(counts(&client, JOBS).await, ["0", "0", "0"]);
    let receive = client.receive_message().queue_url(DEAD);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    let dead = receive.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!((dead.message_id(), dead.body()), (Some(id.as_str()), Some("a")));
    let source = &dead.attributes().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert_eq!(source, "arn:aws:sqs:us-east-1:000000000000:Jobs");
}

#[tokio::test]
async fn messages_outlive_a_run() {
    let place = Place::with(TEMPLATE, &crate::support::example(), &[]);
    let start = || {
        let builder = Stack::builder().template(place.path("template.yaml")).quiet();
        builder.data_dir(place.path("data")).start()
    };
    let stack = start().await.unwrap();
    let own = client(&stack);
    for body in ["a", "b", "c"] {
        send(&own, JOBS, body).await;
    }
    let received = receive(&own, JOBS).await;
    own.delete_message().queue_url(JOBS).receipt_handle(&received[1].1).send().await.unwrap();
    stack.shutdown().await;
    let stack = start().await.unwrap();
    let bodies: Vec<String> =
        receive(&client(&stack), JOBS).await.into_iter().map(|(body, _)| body).collect();
    assert_eq!(bodies, ["a", "c"], "what was not deleted is there, and visible");
}

#[tokio::test]
async fn a_wait_ends_with_the_first_message() {
    let (_place, stack, own) = start().await;
    let other = client(&stack);
    let waiting = own.receive_message().queue_url(JOBS).wait_time_seconds(20).send();
    let (received, _) = tokio::join!(waiting, send(&other, JOBS, "a"));
    assert_eq!(received.unwrap().messages()[0].body(), Some("a"));
}

#[tokio::test]
async fn a_call_that_sqs_refuses_is_refused_in_its_words() {
    let (_place, stack, client) = start().await;
    let nowhere = format!("{}/000000000000/Nowhere", stack.sqs_url());
    let error = client.receive_message().queue_url(nowhere).send().await.unwrap_err();
    // The SDK takes the name of the query protocol, which AWS sends beside the other.
    assert_eq!(error.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    assert_eq!(error.message(), Some("The specified queue does not exist."));
    assert!(error.into_service_error().is_queue_does_not_exist());
    let error = client.receive_message().queue_url(JOBS).max_number_of_messages(11).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    let error = client.send_message().queue_url(JOBS).message_body("").send().await.unwrap_err();
    assert_eq!(error.code(), Some("MissingParameter"));
    let error = client.send_message().queue_url(JOBS).message_body("\u{1}").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidMessageContents"));
    let long = "x".repeat(1024 * 1024 + 1);
    let error = client.send_message().queue_url(JOBS).message_body(long).send().await.unwrap_err();
    assert!(error.message().unwrap().contains("Message must be shorter than 1048576 bytes"));
    let url = client.get_queue_url().queue_name("Jobs").send().await.unwrap().queue_url.unwrap();
    assert_eq!(url, JOBS);

    let of_page = reqwest::Client::new().post(stack.sqs_url()).header("origin", "http://evil.test");
    assert_eq!(of_page.body("{}").send().await.unwrap().status(), 403);
    let unsigned = reqwest::Client::new().post(stack.sqs_url()).body("{}").send().await.unwrap();
    assert_eq!(unsigned.headers()["x-amzn-query-error"], "MissingAuthenticationToken;Sender");
    let stranger = client_of(&stack.sqs_url(), Credentials::new("nobody", "nothing", None, None, "test"));
    let error = stranger.list_queues().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
}

#[tokio::test]
async fn a_function_calls_queues_as_its_policies_allow_and_not_otherwise() {
    let template = "
Resources:
  Jobs: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 900 } }
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { QUEUE: !Ref Jobs } }
      Policies: [{ SQSSendMessagePolicy: { QueueName: !GetAtt Jobs.QueueName } }]
      Events:
        Echo: { Type: HttpApi, Properties: { Path: /echo, Method: ANY } }
";
    let place = Place::with(template, &crate::support::example(), &["echo"]);
    let stack = place.builder().start().await.unwrap();
    let variables = crate::support::environment(&stack).await;
    let queue = &variables["QUEUE"];
    assert_eq!(
        *queue,
        format!("{}/000000000000/Jobs", stack.sqs_url()),
        "a URL that leads to no other place"
    );
    assert_eq!(variables["AWS_ENDPOINT_URL_SQS"], stack.sqs_url());
    let token = Some(variables["AWS_SESSION_TOKEN"].clone());
    let (id, secret) = (&variables["AWS_ACCESS_KEY_ID"], &variables["AWS_SECRET_ACCESS_KEY"]);
    let function = client_of(&stack.sqs_url(), Credentials::new(id, secret, token, None, "test"));
    send(&function, queue, "a").await;
    let error = function.receive_message().queue_url(queue).send().await.unwrap_err();
    let words = "User: arn:aws:sts::000000000000:assumed-role/EchoFunctionRole/echo is not authorized to perform: \
                 sqs:receivemessage on resource: arn:aws:sqs:us-east-1:000000000000:Jobs because no identity-based \
                 policy allows the sqs:receivemessage action";
    assert_eq!((error.code(), error.message()), (Some("AccessDenied"), Some(words)));
}
