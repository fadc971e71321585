//! Every call of DynamoDB and S3 that a request makes fails in every possible way. The request takes effect as a whole
//! or not at all, its answer is a success or a 503, and the same instance serves the next request.

mod effect;
mod endpoints;
mod uploads;

use futures_util::future::join_all;
use local::Faults;
use local::faults::{Call, Service};
use tests::{Answer, App};

use self::effect::Effect;
use self::endpoints::{READS, Write};

/// A way in which a call fails.
struct Failure {
    /// Its name in the rules of `local`.
    fault: &'static str,
    /// True if the service carried out the call before it failed.
    is_done: bool,
}

impl Failure {
    fn is_possible(&self, call: &Call) -> bool {
        let reads = ["BatchGetItem", "GetItem", "Query"];
        let meets_transactions = call.service == Service::DynamoDb && !reads.contains(&&*call.operation);
        self.fault != "conflict" || meets_transactions
    }
}

const FAILURES: [Failure; 5] = [
    Failure { fault: "throttle", is_done: false },
    Failure { fault: "conflict", is_done: false },
    Failure { fault: "500", is_done: false },
    Failure { fault: "cut", is_done: false },
    Failure { fault: "lose-answer", is_done: true },
];

/// Takes longer than one attempt may, but leaves time for a retry within the functions' timeout.
const SLOW: Failure = Failure { fault: "slow=2500", is_done: true };

#[tokio::test]
async fn users_are_written_as_a_whole_or_not_at_all() {
    walk_all(endpoints::USERS).await;
}

#[tokio::test]
async fn posts_are_written_as_a_whole_or_not_at_all() {
    walk_all(endpoints::POSTS).await;
}

#[tokio::test]
async fn problems_are_written_as_a_whole_or_not_at_all() {
    walk_all(endpoints::PROBLEMS).await;
}

#[tokio::test]
async fn accounts_are_signed_in_and_out_as_a_whole_or_not_at_all() {
    walk_all(endpoints::ACCOUNTS).await;
}

#[tokio::test]
async fn sessions_are_written_as_a_whole_or_not_at_all() {
    walk_all(endpoints::SESSIONS).await;
}

#[tokio::test]
async fn presigned_uploads_begin_as_a_whole_or_not_at_all() {
    walk_all(endpoints::PRESIGNED_UPLOADS).await;
}

#[tokio::test]
async fn payments_are_recorded_as_a_whole_or_not_at_all() {
    walk_all(endpoints::PAYMENTS).await;
}

/// Walks through all requests at once, each with its own API and table, because they spend most of their time waiting.
async fn walk_all(writes: &[Write]) {
    join_all(writes.iter().map(walk)).await;
}

/// Makes each call of the request fail in each way.
async fn walk(write: &Write) {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let walk = Walk { write, app: &app, faults: &faults };
    let (calls, whole) = walk.undisturbed().await;

    // Failures that the SDK's retries hide come first, because they leave its retry quota unchanged.
    for once in [true, false] {
        for nth in 0..calls.len() {
            for failure in FAILURES.iter().filter(|failure| failure.is_possible(&calls[nth])) {
                walk.disturbed(&whole, failure, &rule(&calls, nth, failure, once), once).await;
            }
        }
    }
    // The webhook does not wait for a slow attempt: it may answer Stripe with 503.
    let is_patient = write.function != "webhooks-stripe";
    walk.disturbed(&whole, &SLOW, &rule(&calls, calls.len() - 1, &SLOW, true), is_patient).await;

    let cold =
        app.stack.logs().lines().filter(|line| line.ends_with(&format!(" cold {}", write.function))).count();
    assert_eq!(cold, 1, "{}: one instance serves all", write.name);
    app.stack.shutdown().await;
}

/// Returns the rule that fails one of a request's calls and, unless it is `once`, all that follow.
fn rule(calls: &[Call], nth: usize, failure: &Failure, once: bool) -> String {
    let service = calls[nth].service;
    // A rule counts only the calls of its service.
    let n = calls[..=nth].iter().filter(|call| call.service == service).count();
    format!("{service}:*:{}:{}={n}", failure.fault, if once { "nth" } else { "from" })
}

struct Walk<'a> {
    write: &'a Write,
    app: &'a App,
    faults: &'a Faults,
}

impl Walk<'_> {
    /// Returns the calls of an undisturbed request, and its effect.
    async fn undisturbed(&self) -> (Vec<Call>, Effect) {
        let request = (self.write.prepare)(self.app).await;
        let before = self.app.items();
        self.faults.clear();
        request().await.expect(self.write.done);
        let (calls, after) = (self.faults.calls(), self.app.items());
        let whole = Effect::between(&before, &after);
        assert!(!whole.is_empty(), "{}: a write has an effect", self.write.name);
        self.app.expect_whole().await;
        (calls, whole)
    }

    /// Makes a call fail, checks the request's outcome, and then sends the request again as its client would.
    async fn disturbed(&self, whole: &Effect, failure: &Failure, rule: &str, once: bool) {
        let Write { name, done, .. } = *self.write;
        let request = (self.write.prepare)(self.app).await;
        let before = self.app.items();
        self.faults.clear();
        self.faults.add(rule.parse().unwrap());
        let answer = request().await;
        let calls: Vec<String> = self.faults.calls().iter().map(Call::to_string).collect();
        self.faults.clear();

        let items = self.app.items();
        let effect = Effect::between(&before, &items);
        let context = format!("{name}, {rule}, {calls:?}: {effect} of {whole}, {answer:?}");
        self.app.expect_whole().await;
        if answer.status == done {
            assert_eq!(effect, *whole, "{context}");
            return;
        }
        assert!(!once, "one failure is got over: {context}");
        expect_unavailable(&answer);
        assert!(effect.is_empty() || failure.is_done && effect == *whole, "{context}");

        let (status, expected) = if effect.is_empty() {
            (done, whole.clone())
        } else {
            (self.write.repeated, whole.clone().and(self.write.repeated_effect))
        };
        let again = request().await;
        let items = self.app.items();
        assert_eq!(again.status, status, "{context}, then {again:?}");
        assert_eq!(Effect::between(&before, &items), expected, "{context}, then {again:?}");
        self.app.expect_whole().await;
    }
}

#[track_caller]
fn expect_unavailable(answer: &Answer) {
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
}

#[tokio::test]
async fn a_read_that_is_throttled_is_503_and_the_next_is_answered() {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    for read in READS {
        let request = (read.prepare)(&app).await;
        faults.clear();
        request().await.expect(200);
        let calls = faults.calls();
        assert!(!calls.is_empty(), "{}: it reads", read.name);
        for n in 1..=calls.len() {
            faults.clear();
            faults.add(format!("dynamodb:*:throttle:from={n}").parse().unwrap());
            expect_unavailable(&request().await);
            faults.clear();
            request().await.expect(200);
        }
    }
}
