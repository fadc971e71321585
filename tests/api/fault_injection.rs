//! Every call of DynamoDB, S3 and SES that a request or an event makes fails in every possible way. The request takes effect as a whole
//! or not at all, its answer is a success or a 503, and the same instance serves the next request.

mod effect;
mod endpoints;
mod mails;
mod uploads;

use futures_util::{StreamExt, stream};
use local::Faults;
use local::faults::{Call, Service};
use tests::{Answer, App, Operation};

use self::effect::Effect;
use self::endpoints::{Case, cases};

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

/// The number of operations that run at once, each with its own API and table: they spend most of their time waiting.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn every_operation_is_done_as_a_whole_or_not_at_all() {
    let walks = cases(true).into_iter().map(|(operation, case)| walk(operation, case));
    stream::iter(walks).buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Makes each call of the request fail in each way.
async fn walk(operation: &'static Operation, case: Case) {
    let faults = Faults::default();
    let app = App::with_faults(&faults).await;
    let walk = Walk { operation, case, app: &app, faults: &faults };
    let (calls, whole) = walk.undisturbed().await;

    // Failures that the SDK's retries hide come first, because they leave its retry quota unchanged.
    for once in [true, false] {
        for nth in 0..calls.len() {
            for failure in FAILURES.iter().filter(|failure| failure.is_possible(&calls[nth])) {
                walk.disturbed(&whole, failure, &rule(&calls, nth, failure, once), once).await;
            }
        }
    }
    walk.disturbed(&whole, &SLOW, &rule(&calls, calls.len() - 1, &SLOW, true), case.is_patient).await;

    expect_one_instance(&app, case.name);
    app.stack.shutdown().await;
}

/// Checks that no function had to start a second time.
#[track_caller]
fn expect_one_instance(app: &App, context: &str) {
    let logs = app.stack.logs();
    let mut cold: Vec<&str> = logs.lines().filter_map(|line| Some(line.split_once(" cold ")?.1)).collect();
    let starts = cold.len();
    cold.sort_unstable();
    cold.dedup();
    assert_eq!(starts, cold.len(), "{context}: one instance of a function serves all\n{logs}");
}

/// Returns the rule that fails one of a request's calls and, unless it is `once`, all that follow.
fn rule(calls: &[Call], nth: usize, failure: &Failure, once: bool) -> String {
    let service = calls[nth].service;
    // A rule counts only the calls of its service.
    let n = calls[..=nth].iter().filter(|call| call.service == service).count();
    format!("{service}:*:{}:{}={n}", failure.fault, if once { "nth" } else { "from" })
}

struct Walk<'a> {
    operation: &'static Operation,
    case: Case,
    app: &'a App,
    faults: &'a Faults,
}

impl Walk<'_> {
    /// Returns the calls of an undisturbed request, and its effect.
    async fn undisturbed(&self) -> (Vec<Call>, Effect) {
        // The first request of an instance also makes the calls of its start, which `token_keys` makes fail.
        self.once().await;
        self.once().await
    }

    async fn once(&self) -> (Vec<Call>, Effect) {
        let request = self.case.prepare_request(self.app, self.operation).await;
        let before = self.app.items();
        self.faults.clear();
        expect_example(&request().await, self.operation);
        let (calls, after) = (self.faults.calls(), self.app.items());
        let whole = Effect::between(&before, &after);
        assert!(!whole.is_empty(), "{}: a write has an effect", self.case.name);
        self.app.expect_whole().await;
        (calls, whole)
    }

    /// Makes a call fail, checks the request's outcome, and then sends the request again as its client would.
    async fn disturbed(&self, whole: &Effect, failure: &Failure, rule: &str, once: bool) {
        let (Case { name, .. }, done) = (self.case, self.operation.success());
        let request = self.case.prepare_request(self.app, self.operation).await;
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
            let repeated = self.case.repeated_status(self.operation);
            (repeated, whole.clone().and(self.case.repeated_effect))
        };
        let again = request().await;
        let items = self.app.items();
        assert_eq!(again.status, status, "{context}, then {again:?}");
        assert_eq!(Effect::between(&before, &items), expected, "{context}, then {again:?}");
        self.app.expect_whole().await;
    }
}

/// Checks that an undisturbed request succeeds.
#[track_caller]
fn expect_example(answer: &Answer, operation: &Operation) {
    assert_eq!(
        answer.status,
        operation.success(),
        "tests/api/fault_injection/endpoints.rs: the document's example of {0} is not enough; add to `SPECIAL`\n    \
         case(\"{0}\").prepare(|app| ...),\n{answer:?}",
        operation.name
    );
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
    for (operation, case) in cases(false) {
        let request = case.prepare_request(&app, operation).await;
        // The first request of an instance also makes the calls of its start.
        expect_example(&request().await, operation);
        faults.clear();
        expect_example(&request().await, operation);
        // An operation that reads nothing of the table has no calls.
        for n in 1..=faults.calls().len() {
            faults.clear();
            faults.add(format!("dynamodb:*:throttle:from={n}").parse().unwrap());
            expect_unavailable(&request().await);
            faults.clear();
            expect_example(&request().await, operation);
        }
        faults.clear();
    }
}
