//! New mails in the table's stream: each is sent through Amazon SES.
//!
//! | the mail | then |
//! |---|---|
//! | waits, and its account still needs it | it is sent, with a new link if it has one |
//! | waits, and nobody needs it: no account has the address, or the address is confirmed | nothing |
//! | was sent, has expired, or its link was used, which shows that it was sent | nothing |
//!
//! A mail is sent at least once. It is sent again only if its first attempt ended between the answer of SES and the mark
//! on the item, or if the answer was lost. If SES refuses a mail or does not answer, the record fails, and Lambda sends it
//! and all later ones again.

mod deps;
mod letter;
mod ses;
mod texts;

pub use deps::Deps;

use std::error::Error as StdError;
use std::time::Instant;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde_dynamo::AttributeValue;
use shared::cost::Cost;
use shared::domain::{MailId, MailKind};
use shared::http::chain;

/// The outcome of a record.
enum Outcome {
    Sent(MailKind),
    /// Nobody needs the mail, or it was sent before.
    Skipped,
}

/// Handles the records of a batch one by one. If one fails, it and all later ones are sent again.
pub async fn handle(deps: &Deps, event: LambdaEvent<Event>) -> Result<DynamoDbEventResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let mut response = DynamoDbEventResponse::default();
    for record in payload.records {
        if !handle_one(deps, &record, &context.request_id).await {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = record.change.sequence_number;
            response.batch_item_failures.push(failure);
            break;
        }
    }
    Ok(response)
}

/// Handles a record and logs one line about its outcome, without the address. Returns `false` if the record must be sent
/// again.
async fn handle_one(deps: &Deps, record: &EventRecord, request_id: &str) -> bool {
    let started = Instant::now();
    let Some(id) = mail_id(record) else {
        tracing::warn!(requestId = request_id, "ignored a record that is no mail");
        return true;
    };
    let (outcome, Cost { calls, rcu, wcu }) = Cost::of(Box::pin(deliver(deps, id))).await;
    let (mail_id, duration_ms) = (id.to_string(), started.elapsed().as_secs_f64() * 1000.0);
    macro_rules! line {
        ($level:ident, $message:literal $(, $name:ident = $value:expr)*) => {
            tracing::$level!(
                requestId = request_id,
                mailId = mail_id,
                durationMs = duration_ms,
                calls,
                rcu,
                wcu,
                $($name = $value,)*
                $message
            )
        };
    }
    match outcome {
        Ok(Outcome::Sent(kind)) => line!(info, "sent", kind = kind.name()),
        Ok(Outcome::Skipped) => line!(info, "skipped"),
        Err(error) => {
            line!(error, "failed", error = chain(&*error));
            return false;
        }
    }
    true
}

/// Returns the mail that a record is about.
fn mail_id(record: &EventRecord) -> Option<MailId> {
    let AttributeValue::S(key) = record.change.keys.get("pk")? else { return None };
    key.strip_prefix("MAIL#")?.parse().ok()
}

async fn deliver(deps: &Deps, id: MailId) -> Result<Outcome, Box<dyn StdError + Send + Sync>> {
    let Some(mail) = deps.mails.waiting(id).await? else { return Ok(Outcome::Skipped) };
    let Some(to) = mail.to.deliverable() else { return Ok(Outcome::Skipped) };
    let Some(letter) = letter::write(deps, &mail).await? else { return Ok(Outcome::Skipped) };
    deps.ses.send(&to, letter).await?;
    deps.mails.mark_sent(id).await?;
    Ok(Outcome::Sent(mail.kind))
}
