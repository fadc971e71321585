//! The function `mail` sends a mail, or its record fails and comes again. A mail is sent twice only if the first attempt
//! cannot know that it was sent.

use futures_util::future::join_all;
use local::Faults;
use local::faults::Service;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{MailId, MailKind};
use tests::{App, new_email};

use super::{FAILURES, Failure, SLOW, expect_one_instance, rule};

/// Takes longer than `mail` waits for SES.
const SLOW_SES: Failure = Failure { fault: "slow=6000", is_done: true };

#[tokio::test]
async fn a_mail_is_sent_or_its_record_fails_and_comes_again() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    // The first invocation of an instance also makes the calls of its start.
    for _ in 0..2 {
        let mail = Mail::new(&app, MailKind::Confirmation).await;
        faults.clear();
        assert_eq!(deliver(&app, &[&mail]).await, json!([]));
    }
    let calls = faults.calls();
    let sending = calls.iter().position(|call| call.service == Service::Ses).expect("a mail is sent");
    let marking = calls.len() - 1;
    assert_eq!(marking, sending + 1, "{calls:?}");

    let usual = FAILURES.iter().flat_map(|failure| {
        (0..calls.len()).flat_map(move |nth| [true, false].map(|once| (nth, failure, once)))
    });
    // The SDK takes a second to give up, and then all refusals are the same to the function.
    let usual = usual.filter(|(_, failure, once)| *once || failure.fault == "throttle" || failure.is_done);
    let slow = [(sending, &SLOW_SES, true), (marking, &SLOW, true)];
    for (nth, failure, once) in
        usual.chain(slow).filter(|(nth, failure, _)| failure.is_possible(&calls[*nth]))
    {
        let rule = rule(&calls, nth, failure, once);
        let mail = Mail::new(&app, MailKind::Confirmation).await;
        faults.clear();
        faults.add(rule.parse().unwrap());
        let failed = deliver(&app, &[&mail]).await;
        faults.clear();
        let sent = mail.sent(&app);
        if failed == json!([]) {
            assert_eq!(sent, 1, "{rule}");
        } else {
            // The SDK repeats calls of DynamoDB, and the stream those of SES.
            assert!(!once || nth == sending, "one failure is got over: {rule}");
            assert_eq!(
                (&failed, sent),
                (&json!([mail.failure()]), usize::from(nth > sending || nth == sending && failure.is_done)),
                "{rule}"
            );
            assert_eq!(deliver(&app, &[&mail]).await, json!([]), "{rule}");
        }
        let is_sent_again = failed != json!([]) && sent == 1 && !(nth == marking && failure.is_done);
        // Nothing is sent from now on.
        for _ in 0..2 {
            assert_eq!(mail.sent(&app), 1 + usize::from(is_sent_again), "{rule}");
            assert_eq!(deliver(&app, &[&mail]).await, json!([]), "{rule}");
        }
        app.confirm_address(&mail.to).await;
    }
    expect_one_instance(&app, "mail");
    app.expect_whole().await;
}

#[tokio::test]
async fn a_batch_fails_from_the_mail_on_that_ses_refuses() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    // The last two have no link: only the mark keeps them from being sent again.
    let kinds = [MailKind::Confirmation, MailKind::AddressChange, MailKind::PasswordChange];
    let [one, two, three] = &join_all(kinds.map(|kind| Mail::new(&app, kind))).await[..] else { panic!() };
    faults.add("ses:SendEmail:throttle:nth=2".parse().unwrap());
    assert_eq!(deliver(&app, &[one, two, three]).await, json!([two.failure()]));
    assert_eq!([one, two, three].map(|mail| mail.sent(&app)), [1, 0, 0]);
    for again in [&[two, three][..], &[one, two, three]] {
        assert_eq!(deliver(&app, again).await, json!([]));
        assert_eq!([one, two, three].map(|mail| mail.sent(&app)), [1, 1, 1]);
    }
}

/// A mail that waits to be sent.
struct Mail {
    id: MailId,
    to: String,
}

impl Mail {
    /// Asks for a mail to a new account.
    async fn new(app: &App, kind: MailKind) -> Self {
        let to = new_email();
        let user = app.account(&to).await;
        Self { id: app.ask_for_mail(kind, &user, Clock::system()).await, to }
    }

    /// Returns how often the mail was sent.
    fn sent(&self, app: &App) -> usize {
        app.stack.mails().borrow().iter().filter(|mail| mail.to == [self.to.as_str()]).count()
    }

    /// The answer of a function that did not handle the mail's record.
    fn failure(&self) -> Value {
        json!({"itemIdentifier": self.id.to_string()})
    }
}

/// Invokes `mail` with the records of these mails, whose sequence numbers are their ids, and returns those that failed.
async fn deliver(app: &App, mails: &[&Mail]) -> Value {
    let mut event = app.event("mail", "insert");
    let records = mails.iter().map(|mail| {
        let mut record = event["Records"][0].clone();
        let change = &mut record["dynamodb"];
        change["Keys"]["pk"]["S"] = json!(format!("MAIL#{}", mail.id));
        change["SequenceNumber"] = json!(mail.id.to_string());
        record
    });
    event["Records"] = records.collect();
    app.stack.invoke("mail", event).await.unwrap()["batchItemFailures"].clone()
}
