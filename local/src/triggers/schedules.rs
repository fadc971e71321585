//! Functions that the clock invokes.
//!
//! A rate counts from the start of `local`, on the monotonic clock. A cron expression follows the wall clock: if the
//! clock jumps forward over several times, the function is invoked once, and if it jumps back, times come again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use croner::Cron;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock;
use crate::lambda::async_queue::Queue;
use crate::lambda::instances::Pools;
use crate::schedule::Schedule;
use crate::server::stop;
use crate::template::{ACCOUNT_ID, REGION, ScheduleKind, ScheduleTrigger};

/// The interval at which the wall clock is read.
const TICK: Duration = Duration::from_secs(1);

/// Starts all schedules that are enabled.
pub(crate) fn start(
    triggers: &[ScheduleTrigger],
    pools: &watch::Receiver<Pools>,
    queue: &Arc<Queue>,
    stop: &watch::Receiver<bool>,
) {
    for trigger in triggers.iter().filter(|trigger| trigger.is_enabled) {
        let (trigger, pools, queue) = (trigger.clone(), pools.clone(), Arc::clone(queue));
        let mut stop = stop.clone();
        tokio::spawn(async move {
            let fire = |at| {
                if let Some(pool) = pools.borrow().find(&trigger.function) {
                    queue.accept(pool, Bytes::from(event(&trigger, at)));
                }
            };
            tokio::select! {
                () = stop::requested(&mut stop) => {}
                () = run(&trigger.schedule, clock::now, fire) => {}
            }
        });
    }
}

/// Calls `fire` at each time of the schedule. `now` reads the wall clock.
async fn run(schedule: &Schedule, now: impl Fn() -> OffsetDateTime, fire: impl Fn(OffsetDateTime)) {
    match schedule {
        Schedule::Rate(interval) => loop {
            tokio::time::sleep(*interval).await;
            fire(now());
        },
        Schedule::Cron(cron) => {
            let mut hands = Hands::new(cron, now());
            loop {
                tokio::time::sleep(TICK).await;
                let at = now();
                if hands.fire_at(at) {
                    fire(at);
                }
            }
        }
    }
}

/// A reader of the wall clock for one cron expression.
struct Hands<'c> {
    cron: &'c Cron,
    last: OffsetDateTime,
    /// The next time of the expression.
    due: Option<OffsetDateTime>,
}

impl<'c> Hands<'c> {
    fn new(cron: &'c Cron, now: OffsetDateTime) -> Self {
        Self { cron, last: now, due: Schedule::next_after(cron, now) }
    }

    /// Reports whether the clock, which now shows this time, has reached a time of the expression.
    fn fire_at(&mut self, now: OffsetDateTime) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due || now < self.last {
            self.due = Schedule::next_after(self.cron, now);
        }
        self.last = now;
        is_due
    }
}

/// Returns the event of a schedule that fires at this time: its `Input`, or AWS's own.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html>
pub(crate) fn event(trigger: &ScheduleTrigger, at: OffsetDateTime) -> String {
    if let Some(input) = &trigger.input {
        return input.clone();
    }
    let name = &trigger.name;
    let (source, resource, detail) = match trigger.kind {
        ScheduleKind::Rule => ("aws.events", format!("events:{REGION}:{ACCOUNT_ID}:rule/{name}"), json!({})),
        ScheduleKind::Scheduler => {
            ("aws.scheduler", format!("scheduler:{REGION}:{ACCOUNT_ID}:schedule/default/{name}"), json!("{}"))
        }
    };
    let event: Value = json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT_ID,
        "time": clock::with_seconds(at),
        "region": REGION,
        "resources": [format!("arn:aws:{resource}")],
        "detail": detail,
    });
    event.to_string()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use time::macros::datetime;
    use tokio::sync::mpsc;

    use super::*;

    /// Returns those of the times at which a schedule fires while the wall clock shows them, one after the other.
    fn fired(expression: &str, times: &[OffsetDateTime]) -> Vec<OffsetDateTime> {
        let Schedule::Cron(cron) = Schedule::parse(expression).unwrap() else { panic!("{expression}") };
        let mut hands = Hands::new(&cron, times[0]);
        times[1..].iter().copied().filter(|time| hands.fire_at(*time)).collect()
    }

    #[tokio::test]
    async fn rates_and_cron_expressions_fire() {
        let reads = Cell::new(0);
        // The clock shows the next minute at each reading.
        let now = || {
            reads.set(reads.get() + 1);
            datetime!(2026-11-27 09:59:30 UTC) + Duration::from_secs(60 * reads.get())
        };
        for (schedule, second) in [
            (Schedule::Rate(Duration::from_millis(1)), datetime!(2026-11-27 10:01:30 UTC)),
            (Schedule::parse("cron(* * * * ? *)").unwrap(), datetime!(2026-11-27 10:02:30 UTC)),
        ] {
            reads.set(0);
            let (sender, mut fired) = mpsc::unbounded_channel();
            let running = run(&schedule, now, |at| sender.send(at).unwrap());
            let times = async { (fired.recv().await, fired.recv().await) };
            tokio::select! {
                () = running => panic!("a schedule has no end"),
                (_, at) = times => assert_eq!(at, Some(second)),
            }
        }
    }

    #[test]
    fn each_time_fires_once() {
        let times = [
            datetime!(2026-11-27 09:59:58 UTC),
            datetime!(2026-11-27 09:59:59 UTC),
            datetime!(2026-11-27 10:00:00.5 UTC),
            datetime!(2026-11-27 10:00:01.5 UTC),
            datetime!(2026-11-27 10:00:59 UTC),
            datetime!(2026-11-27 10:01:01 UTC),
        ];
        assert_eq!(fired("cron(* * * * ? *)", &times), [times[2], times[5]]);
        assert!(fired("cron(0 11 * * ? *)", &times).is_empty());
        assert!(fired("cron(0 11 1 1 ? 2020)", &times).is_empty());
    }

    #[test]
    fn a_clock_that_jumps_neither_stops_a_schedule_nor_repeats_what_it_passed() {
        let times = [
            datetime!(2026-11-27 09:59:59 UTC),
            // Three days forward: 73 times have passed.
            datetime!(2026-11-30 10:30:00 UTC),
            datetime!(2026-11-30 10:30:01 UTC),
            // A year back.
            datetime!(2025-11-30 11:59:59 UTC),
            datetime!(2025-11-30 12:00:00 UTC),
            datetime!(2025-11-30 12:00:01 UTC),
        ];
        assert_eq!(fired("cron(0 * * * ? *)", &times), [times[1], times[4]]);
    }
}
