use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::domain::Timestamp;

/// The number of consecutive failures after which requests pause.
const FAILURES: u32 = 5;

/// The length of the pause.
const PAUSE: Duration = Duration::from_secs(30);

/// A circuit breaker, which spares a failing service and the clients that would wait for it. Clones share the state.
///
/// After five consecutive failures it is open for 30 seconds. Then one request passes: its success closes the breaker.
/// Its failure, or no report at all, keeps the breaker open for another 30 seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The number of failures since the last success.
    failures: u32,
    /// The end of the pause.
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Allows a request to the service, or returns the seconds until the next one is allowed.
    pub(crate) fn admit(&self, now: Timestamp) -> Result<(), u32> {
        let mut state = self.state();
        match state.open_until {
            Some(end) if now < end => {
                Err(u32::try_from((end.as_millis() - now.as_millis() + 999) / 1000).unwrap_or(u32::MAX))
            }
            Some(_) => {
                state.open_until = Some(after_pause(now));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Records a success of the service.
    pub(crate) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// Records a failure of the service.
    pub(crate) fn failed(&self, now: Timestamp) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.open_until = Some(after_pause(now));
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after_pause(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis() + PAUSE.as_secs().cast_signed() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn opened(now: Timestamp) -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.admit(now), Ok(()));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_not_after_five_in_all() {
        assert_eq!(opened(at(0)).admit(at(0)), Err(30));
        let breaker = Breaker::default();
        for _ in 0..20 {
            for _ in 1..FAILURES {
                breaker.failed(at(0));
            }
            breaker.succeeded();
        }
        assert_eq!(breaker.admit(at(0)), Ok(()));
    }

    #[test]
    fn it_tells_how_long_it_stays_open() {
        let breaker = opened(at(0));
        assert_eq!(breaker.admit(at(10)), Err(20));
        assert_eq!(breaker.admit(Timestamp::from_millis(29_001)), Err(1));
    }

    #[test]
    fn after_the_pause_one_goes_through_and_its_success_lets_the_others_follow() {
        let breaker = opened(at(0));
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(30)), Err(30), "one at a time");
        breaker.succeeded();
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(30)), Ok(()));
    }

    #[test]
    fn after_the_pause_a_failure_is_enough_to_stay_open() {
        let breaker = opened(at(0));
        assert_eq!(breaker.admit(at(30)), Ok(()));
        breaker.failed(at(33));
        assert_eq!(breaker.admit(at(33)), Err(30));
        assert_eq!(breaker.admit(at(63)), Ok(()));
    }

    #[test]
    fn one_that_is_never_heard_of_again_does_not_keep_it_open_for_good() {
        let breaker = opened(at(0));
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(59)), Err(1));
        assert_eq!(breaker.admit(at(60)), Ok(()));
    }
}
