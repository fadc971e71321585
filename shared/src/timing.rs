//! The time that a request spends on calls of other services.

use std::cell::RefCell;
use std::future::Future;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

tokio::task_local! {
    static CLOCKS: RefCell<Clocks>;
}

/// A service that handlers call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// DynamoDB.
    Table,
    /// S3.
    Bucket,
    /// A service outside AWS.
    Upstream,
}

/// The calls of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls, whether they succeeded or not.
    pub calls: u32,
    /// The time in which at least one of them was under way.
    pub time: Duration,
}

/// The calls that one request made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Attempts of all calls. A call that is retried has several.
    pub attempts: u32,
    /// The time between a failed attempt and the next one.
    pub waited: Duration,
    /// The calls of DynamoDB.
    pub table: Calls,
    /// The calls of S3.
    pub bucket: Calls,
    /// The calls of services outside AWS.
    pub upstream: Calls,
}

impl Timing {
    /// Runs `work` and returns the timing of its calls.
    pub async fn of<F: Future>(work: F) -> (F::Output, Self) {
        CLOCKS
            .scope(RefCell::default(), async {
                let output = work.await;
                (output, CLOCKS.with(|clocks| clocks.borrow_mut().stop()))
            })
            .await
    }

    fn of_service(&mut self, service: Service) -> &mut Calls {
        match service {
            Service::Table => &mut self.table,
            Service::Bucket => &mut self.bucket,
            Service::Upstream => &mut self.upstream,
        }
    }
}

impl AddAssign for Timing {
    fn add_assign(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.waited += other.waited;
        for service in SERVICES {
            let Calls { calls, time } = *{ other }.of_service(service);
            let sum = self.of_service(service);
            sum.calls += calls;
            sum.time += time;
        }
    }
}

const SERVICES: [Service; 3] = [Service::Table, Service::Bucket, Service::Upstream];

/// A [`Timing`] that is being taken.
#[derive(Default)]
struct Clocks {
    timing: Timing,
    /// The calls under way of each service, and the moment since which there is one.
    under_way: [(u32, Option<Instant>); SERVICES.len()],
    /// The end of the last attempt, in case another one follows.
    attempt_ended: Option<Instant>,
}

impl Clocks {
    fn begin(&mut self, service: Service) {
        let (calls, since) = &mut self.under_way[service as usize];
        *calls += 1;
        self.attempt_ended = None;
        since.get_or_insert_with(Instant::now);
        self.timing.of_service(service).calls += 1;
    }

    fn end(&mut self, service: Service) {
        let (calls, since) = &mut self.under_way[service as usize];
        *calls = calls.saturating_sub(1);
        if *calls == 0
            && let Some(since) = since.take()
        {
            self.timing.of_service(service).time += since.elapsed();
        }
    }

    fn begin_attempt(&mut self) {
        self.timing.attempts += 1;
        if let Some(ended) = self.attempt_ended.take() {
            self.timing.waited += ended.elapsed();
        }
    }

    /// Returns the timing, with the calls that the request did not wait for until now.
    fn stop(&mut self) -> Timing {
        for service in SERVICES {
            if let (_, Some(since)) = self.under_way[service as usize] {
                self.timing.of_service(service).time += since.elapsed();
            }
        }
        self.timing
    }
}

/// Counts `work` as a call of `service`, with one attempt.
pub async fn call<F: Future>(service: Service, work: F) -> F::Output {
    struct Ends(Service);
    impl Drop for Ends {
        fn drop(&mut self) {
            end(self.0);
        }
    }
    begin(service);
    begin_attempt();
    let _ends = Ends(service);
    work.await
}

/// Sleeps before a call is repeated.
pub async fn back_off(time: Duration) {
    tokio::time::sleep(time).await;
    with(|clocks| clocks.timing.waited += time);
}

pub(crate) fn begin_attempt() {
    with(Clocks::begin_attempt);
}

#[cfg(feature = "store")]
pub(crate) fn end_attempt() {
    with(|clocks| clocks.attempt_ended = Some(Instant::now()));
}

pub(crate) fn begin(service: Service) {
    with(|clocks| clocks.begin(service));
}

pub(crate) fn end(service: Service) {
    with(|clocks| clocks.end(service));
}

/// Reaches the clocks of the request under way. Outside of [`Timing::of`] there are none.
fn with(change: impl FnOnce(&mut Clocks)) {
    let _ = CLOCKS.try_with(|clocks| change(&mut clocks.borrow_mut()));
}

#[cfg(test)]
mod tests {
    use tokio::join;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn the_time_between_two_attempts_of_a_call_is_waiting() {
        let ((), timing) = Timing::of(async {
            begin(Service::Table);
            begin_attempt();
            end_attempt();
            yield_now().await;
            begin_attempt();
            end_attempt();
            end(Service::Table);
            call(Service::Table, yield_now()).await;
        })
        .await;
        assert_eq!((timing.attempts, timing.table.calls), (3, 2));
        assert!(Duration::ZERO < timing.waited && timing.waited < timing.table.time, "{timing:?}");
    }

    #[tokio::test]
    async fn calls_attempts_and_waiting_are_those_of_the_work() {
        let ((), timing) = Timing::of(async {
            call(Service::Table, yield_now()).await;
            back_off(Duration::from_millis(2)).await;
            call(Service::Table, yield_now()).await;
            call(Service::Upstream, yield_now()).await;
        })
        .await;
        assert_eq!((timing.attempts, timing.waited), (3, Duration::from_millis(2)));
        assert_eq!((timing.table.calls, timing.bucket.calls, timing.upstream.calls), (2, 0, 1));
        assert!(timing.table.time > Duration::ZERO && timing.bucket.time == Duration::ZERO, "{timing:?}");
    }

    #[tokio::test]
    async fn calls_at_the_same_time_count_it_once() {
        let sleep = || call(Service::Bucket, tokio::time::sleep(Duration::from_millis(5)));
        let started = Instant::now();
        let (_, timing) = Timing::of(async { join!(sleep(), sleep(), sleep()) }).await;
        assert_eq!(timing.bucket.calls, 3);
        assert!(timing.bucket.time <= started.elapsed(), "{timing:?}");
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_counts_until_then() {
        let ((), timing) = Timing::of(async {
            begin(Service::Table);
            yield_now().await;
        })
        .await;
        assert_eq!(timing.table.calls, 1);
        assert!(timing.table.time > Duration::ZERO, "{timing:?}");
    }

    #[tokio::test]
    async fn timings_add_up() {
        let ((), mut timing) = Timing::of(call(Service::Table, yield_now())).await;
        let ((), other) = Timing::of(call(Service::Bucket, yield_now())).await;
        timing += other;
        assert_eq!((timing.attempts, timing.table.calls, timing.bucket.calls), (2, 1, 1));
        assert_eq!(timing.bucket.time, other.bucket.time);
    }
}
