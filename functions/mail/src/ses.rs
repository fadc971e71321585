//! Amazon SES. No other module names the SDK's types for it.

use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use shared::aws;
use shared::config::{ConfigError, FromEnv, required};

use crate::texts::Letter;

/// The timeout of a call. It is the only attempt: the stream repeats a failed one, and knows what was sent.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The sender of mails.
pub(crate) struct Ses {
    client: Client,
    from: String,
}

impl FromEnv for Ses {
    /// Connects with Lambda's environment, to send in the name of `MAIL_FROM`.
    fn from_env() -> Result<Self, ConfigError> {
        let common = aws::from_env()?;
        let patience = common.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let mut config = Builder::from(&common)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience.operation_attempt_timeout(CALL_TIMEOUT).build());
        config.set_endpoint_url(aws::endpoint_from_env("AWS_ENDPOINT_URL_SESV2"));
        Ok(Self { client: Client::from_conf(config.build()), from: required("MAIL_FROM")? })
    }
}

impl Ses {
    /// Sends a letter. SES makes the message of its parts, so that no part can add a header.
    pub(crate) async fn send(&self, to: &str, letter: Letter) -> Result<(), aws_sdk_sesv2::Error> {
        let message = message(letter)?;
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await?;
        Ok(())
    }
}

fn message(Letter { subject, text, html }: Letter) -> Result<Message, BuildError> {
    let utf8 = |data: String| Content::builder().data(data).charset("UTF-8").build();
    // RFC 3834: nobody answers such a mail by a machine.
    let header = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    Ok(Message::builder()
        .subject(utf8(subject.to_owned())?)
        .body(Body::builder().text(utf8(text)?).html(utf8(html)?).build())
        .headers(header)
        .build())
}
