//! Rate limits: the requests that they count, and the time for which they do.

use std::time::Duration;

use futures_util::future::join_all;
use shared::clock::Clock;
use shared::cost::Cost;
use shared::domain::Timestamp;
use shared::http::{Error, QuotaPolicy, RateLimits, Scale};
use tests::App;

/// Returns a clock so far ahead that no item expires during the test.
fn clock() -> Clock {
    Clock::set_to("2100-01-31T12:00:00.500Z".parse::<Timestamp>().unwrap())
}

fn limits(app: &App, clock: &Clock) -> RateLimits {
    RateLimits::new(&app.table(), clock.clone(), Scale::parse("1").unwrap())
}

/// Returns the seconds that a denied request is told to wait.
fn seconds_to_wait(outcome: Result<(), Error>) -> u32 {
    match outcome {
        Err(Error::RateLimited { retry_after_seconds, .. }) => retry_after_seconds,
        other => panic!("not denied: {other:?}"),
    }
}

#[tokio::test]
async fn a_window_grants_its_quota_and_so_does_the_next() {
    let app = App::start().await;
    let clock = clock();
    let limits = limits(&app, &clock);
    for _ in 0..2 {
        for _ in 0..5 {
            limits.take(QuotaPolicy::LOGIN, "ada@example.com").await.unwrap();
        }
        let wait = seconds_to_wait(limits.take(QuotaPolicy::LOGIN, "ada@example.com").await);
        assert!((1..=60).contains(&wait), "{wait}");
        limits.take(QuotaPolicy::LOGIN, "grace@example.com").await.unwrap();
        clock.advance(Duration::from_secs(u64::from(wait - 1)));
        assert_eq!(seconds_to_wait(limits.take(QuotaPolicy::LOGIN, "ada@example.com").await), 1);
        clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn each_policy_counts_for_itself() {
    let app = App::start().await;
    let limits = limits(&app, &clock());
    for _ in 0..20 {
        limits.take(QuotaPolicy::LOGIN_ADDRESS, "192.0.2.7").await.unwrap();
    }
    seconds_to_wait(limits.take(QuotaPolicy::LOGIN_ADDRESS, "192.0.2.7").await);
    for _ in 0..10 {
        limits.take(QuotaPolicy::REGISTER, "192.0.2.7").await.unwrap();
    }
    let wait = seconds_to_wait(limits.take(QuotaPolicy::REGISTER, "192.0.2.7").await);
    assert!((1..=3600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn instances_that_count_at_once_grant_the_quota_together() {
    let app = App::start().await;
    let clock = clock();
    let instances = [limits(&app, &clock), limits(&app, &clock), limits(&app, &clock)];
    let takes = (0..100).map(|n| instances[n % 3].take(QuotaPolicy::WRITE, "somebody"));
    let outcomes = join_all(takes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 60);
    outcomes.into_iter().filter(Result::is_err).map(seconds_to_wait).for_each(drop);
}

#[tokio::test]
async fn a_denied_key_is_remembered_and_its_flood_costs_nothing() {
    let app = App::start().await;
    let clock = clock();
    let limits = limits(&app, &clock);
    for _ in 0..5 {
        let (outcome, cost) = Cost::of(limits.take(QuotaPolicy::LOGIN, "ada@example.com")).await;
        outcome.unwrap();
        assert_eq!(cost, Cost { calls: 1, rcu: 0.0, wcu: 1.0 });
    }
    seconds_to_wait(limits.take(QuotaPolicy::LOGIN, "ada@example.com").await);
    for _ in 0..100 {
        let (outcome, cost) = Cost::of(limits.clone().take(QuotaPolicy::LOGIN, "ada@example.com")).await;
        seconds_to_wait(outcome);
        assert_eq!(cost, Cost::default());
    }
    assert_eq!(app.items()[0]["n"]["N"], "6");
}

#[tokio::test]
async fn an_item_names_nobody_and_ends_with_its_window() {
    let app = App::start().await;
    let clock = clock();
    let limits = limits(&app, &clock);
    let quota_used = async || {
        for _ in 0..5 {
            limits.take(QuotaPolicy::LOGIN, "ada@example.com").await.unwrap();
        }
        seconds_to_wait(limits.take(QuotaPolicy::LOGIN, "ada@example.com").await)
    };
    let wait = quota_used().await;
    let [item] = &app.items()[..] else { panic!("{:?}", app.items()) };
    assert!(!item.to_string().contains("ada"), "{item}");
    let end = clock.now().as_seconds() + i64::from(wait);
    assert_eq!(item["expiresAt"]["N"], end.to_string());
    let pk = item["pk"]["S"].as_str().unwrap();
    assert!(pk.starts_with("RATE#login#") && pk.ends_with(&format!("#{end}")), "{item}");
}

#[tokio::test]
async fn without_dynamodb_writes_go_on_uncounted_and_sign_ins_do_not() {
    let app = App::start().await;
    let limits = limits(&app, &clock());
    app.stack.stop_dynamodb().await.unwrap();
    limits.take(QuotaPolicy::WRITE, "somebody").await.unwrap();
    limits.take(QuotaPolicy::REGISTER, "192.0.2.7").await.unwrap();
    for policy in [QuotaPolicy::LOGIN, QuotaPolicy::LOGIN_ADDRESS] {
        let outcome = limits.take(policy, "somebody").await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    app.stack.start_dynamodb().unwrap();
    limits.take(QuotaPolicy::LOGIN, "somebody").await.unwrap();
}
