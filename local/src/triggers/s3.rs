//! S3's notifications to functions.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::clock;
use crate::lambda::async_queue::Queue;
use crate::lambda::instances::Pools;
use crate::s3::Change;
use crate::server::stop;
use crate::template::{ObjectTrigger, REGION};

/// Delivers every change to the functions that subscribe to it, until `stop` is set.
pub(crate) async fn notify(
    mut changes: mpsc::UnboundedReceiver<Change>,
    (triggers, pools): (Vec<ObjectTrigger>, watch::Receiver<Pools>),
    queue: Arc<Queue>,
    mut stop: watch::Receiver<bool>,
) {
    let sequencer = AtomicU64::new(0);
    let accept = |change: &Change| {
        for trigger in triggers.iter().filter(|trigger| wants(trigger, change)) {
            if let Some(pool) = pools.borrow().find(&trigger.function) {
                let event = event(trigger, change, next(&sequencer));
                queue.accept(pool, Bytes::from(event.to_string()));
            }
        }
    };
    loop {
        tokio::select! {
            () = stop::requested(&mut stop) => break,
            change = changes.recv() => match change {
                Some(change) => accept(&change),
                None => break,
            },
        }
    }
    // Changes that come too late for delivery are logged.
    while let Ok(change) = changes.try_recv() {
        accept(&change);
    }
}

fn wants(trigger: &ObjectTrigger, change: &Change) -> bool {
    trigger.bucket == change.bucket
        && change.key.starts_with(&trigger.prefix)
        && change.key.ends_with(&trigger.suffix)
        && trigger.events.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(kind) => change.event.starts_with(kind),
            None => pattern == change.event,
        })
}

fn event(trigger: &ObjectTrigger, change: &Change, sequencer: u64) -> Value {
    let mut object = json!({ "key": encoded(&change.key), "sequencer": format!("{sequencer:018X}") });
    if let Some((size, etag)) = &change.stored {
        object["size"] = (*size).into();
        object["eTag"] = etag.as_str().into();
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": clock::with_milliseconds(clock::now()),
        "eventName": change.event,
        "userIdentity": { "principalId": "AWS:local" },
        "requestParameters": { "sourceIPAddress": change.requester.address.to_string() },
        "responseElements": { "x-amz-request-id": change.requester.request_id, "x-amz-id-2": "local" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": trigger.name,
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": { "principalId": "local" },
                "arn": format!("arn:aws:s3:::{}", change.bucket),
            },
            "object": object,
        },
    }] })
}

/// Encodes a key as in a form, but keeps its slashes.
fn encoded(key: &str) -> String {
    form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace("%2F", "/")
}

/// Returns a sequence number that is greater than all earlier ones, also those of earlier runs.
fn next(last: &AtomicU64) -> u64 {
    let now = u64::try_from(clock::now().unix_timestamp_nanos()).unwrap_or(u64::MAX - 1);
    let step = |last: u64| now.max(last + 1);
    match last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(step(last))) {
        Ok(previous) | Err(previous) => step(previous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_as_s3_encodes_them() {
        for (key, text) in [
            ("incoming/a", "incoming/a"),
            ("red flower.jpg", "red+flower.jpg"),
            ("a+b%/\u{e4}~", "a%2Bb%25/%C3%A4%7E"),
        ] {
            assert_eq!(encoded(key), text);
        }
    }

    #[test]
    fn sequencers_rise() {
        let last = AtomicU64::new(0);
        let first = next(&last);
        assert!(first < next(&last));
    }
}
