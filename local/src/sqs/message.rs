//! Messages, and the digests by which clients check them.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use std::collections::BTreeMap;

use base16ct::lower::encode_string;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};

/// Attributes by their names.
pub(crate) type Attributes = BTreeMap<String, Attribute>;

/// A message, as it is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    /// `AWSTraceHeader`, if the sender gave one.
    pub(crate) trace: Option<String>,
    /// The sender's id.
    pub(crate) sender: String,
    /// Milliseconds since 1970.
    pub(crate) sent: i64,
    /// Milliseconds since 1970.
    pub(crate) first_received: Option<i64>,
    pub(crate) receive_count: u32,
    /// The ARN of the queue from which it was moved to this one.
    pub(crate) source: Option<String>,
}

/// A value of a message's attribute.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    /// In base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
}

impl Attribute {
    /// Makes an attribute with a text of this type: `String` or `Number`.
    pub(crate) fn text(data_type: &str, value: impl Into<String>) -> Self {
        Self { data_type: data_type.to_owned(), string_value: Some(value.into()), binary_value: None }
    }

    /// Returns the mistake of an attribute that SQS refuses.
    pub(super) fn mistake(&self, name: &str) -> Option<String> {
        let kind = self.data_type.split('.').next().unwrap_or_default();
        let value = match kind {
            "String" | "Number" => self.string_value.as_ref(),
            "Binary" => self.binary_value.as_ref().filter(|value| STANDARD.decode(value).is_ok()),
            _ => {
                return Some(format!(
                    "The type of message (user) attribute '{name}' is invalid. You must use only the following \
                     supported type prefixes: Binary, Number, String."
                ));
            }
        };
        let has_value = value.is_some_and(|value| !value.is_empty());
        (!has_value).then(|| {
            format!("The message attribute '{name}' must contain a non-empty message attribute value.")
        })
    }

    fn bytes(&self) -> Vec<u8> {
        match (&self.string_value, &self.binary_value) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(binary)) => STANDARD.decode(binary).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }
}

impl Message {
    /// Returns the size that counts for SQS's limit, in bytes.
    pub(super) fn size(&self) -> usize {
        let attribute =
            |(name, value): (&String, &Attribute)| name.len() + value.data_type.len() + value.bytes().len();
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// Returns the attributes that SQS itself gives to a received message.
    pub(crate) fn system_attributes(&self) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            ("ApproximateReceiveCount", self.receive_count.to_string()),
            ("SenderId", self.sender.clone()),
            ("SentTimestamp", self.sent.to_string()),
        ]);
        attributes.extend(self.first_received.map(|at| ("ApproximateFirstReceiveTimestamp", at.to_string())));
        attributes.extend(self.source.clone().map(|arn| ("DeadLetterQueueSourceArn", arn)));
        attributes.extend(self.trace.clone().map(|trace| ("AWSTraceHeader", trace)));
        attributes
    }

    pub(crate) fn md5_of_body(&self) -> String {
        md5(self.body.as_bytes())
    }
}

/// Returns the digest of attributes, or `None` without any: "Calculating the MD5 message digest for message attributes".
pub(super) fn md5_of_attributes(attributes: &Attributes) -> Option<String> {
    let mut text = Vec::new();
    for (name, attribute) in attributes {
        let is_binary = attribute.data_type.starts_with("Binary");
        for (part, transport) in [
            (name.as_bytes(), None),
            (attribute.data_type.as_bytes(), Some(if is_binary { 2 } else { 1 })),
            (&attribute.bytes(), None),
        ] {
            text.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            text.extend(part);
            text.extend(transport);
        }
    }
    (!text.is_empty()).then(|| md5(&text))
}

pub(super) fn md5(bytes: &[u8]) -> String {
    let mut digest = Md5::new();
    digest.update(bytes);
    encode_string(&digest.finalize())
}
