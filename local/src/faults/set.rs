//! The active rules and the calls that were made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::random::Random;

use super::call::Call;
use super::rule::{Fault, Rule};

/// The maximum number of calls that are remembered, so that memory does not grow for days.
const MAX_CALLS: usize = 10_000;

/// The active rules and the calls that were made. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Each rule with the number of calls that it has covered.
    rules: Vec<(Rule, u64)>,
    calls: Vec<Call>,
    random: Random,
}

impl Faults {
    /// Starts without rules. Rules for a share of calls choose the same calls for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let state = State { rules: Vec::new(), calls: Vec::new(), random: Random::seeded(seed) };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Adds a rule, which counts calls from now on. If several rules match a call, the first one applies.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push((rule, 0));
    }

    /// Removes all rules and forgets all calls.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.rules.clear();
        state.calls.clear();
    }

    /// Returns the calls since [`clear`](Self::clear), including failed ones, in their order; the first 10,000.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Decides whether and how `call` fails, and records the call.
    pub(super) fn meet(&self, call: &Call) -> Option<Fault> {
        let State { rules, calls, random } = &mut *self.lock();
        if calls.len() < MAX_CALLS {
            calls.push(call.clone());
        }
        let mut fault = None;
        for (rule, seen) in rules.iter_mut().filter(|(rule, _)| rule.covers(call)) {
            *seen += 1;
            if rule.when.holds(*seen, random) {
                fault = fault.or(Some(rule.fault));
            }
        }
        fault
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::seeded(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::call::Service;

    /// Returns the numbers of those of ten `GetItem` calls that a rule fails.
    fn hit(rule: &str) -> Vec<usize> {
        let faults = Faults::default();
        faults.add(rule.parse().unwrap());
        let call = Call { service: Service::DynamoDb, operation: "GetItem".to_owned(), key: None };
        (1..=10).filter(|_| faults.meet(&call).is_some()).collect()
    }

    #[test]
    fn a_rule_holds_when_it_says() {
        assert_eq!(hit("dynamodb:GetItem:throttle"), (1..=10).collect::<Vec<_>>());
        assert_eq!(hit("dynamodb:GetItem:throttle:nth=3"), [3]);
        assert_eq!(hit("dynamodb:*:throttle:from=8"), [8, 9, 10]);
        assert_eq!(hit("dynamodb:*:throttle:every=4"), [4, 8]);
        assert_eq!(hit("dynamodb:PutItem:throttle"), [0; 0]);
        assert_eq!(hit("s3:*:throttle"), [0; 0]);
        assert_eq!(hit("dynamodb:*:conflict"), [0; 0], "a read meets no transaction");
        assert_eq!(hit("dynamodb:*:throttle:share=100%").len(), 10);
    }

    #[test]
    fn a_share_is_the_same_calls_for_the_same_seed() {
        let hits = hit("dynamodb:*:throttle:share=50%");
        assert!((1..10).contains(&hits.len()), "{hits:?}");
        assert_eq!(hits, hit("dynamodb:*:throttle:share=50%"));
    }

    #[test]
    fn of_several_rules_the_first_that_holds_does_and_all_count() {
        let faults = Faults::default();
        faults.add("dynamodb:*:cut:nth=2".parse().unwrap());
        faults.add("dynamodb:*:throttle:from=2".parse().unwrap());
        let call = Call { service: Service::DynamoDb, operation: "GetItem".to_owned(), key: None };
        let met: Vec<_> = (0..3).map(|_| faults.meet(&call)).collect();
        assert_eq!(met, [None, Some(Fault::Cut), Some(Fault::Throttle)]);
        assert_eq!(faults.calls().len(), 3);
        faults.clear();
        assert_eq!((faults.meet(&call), faults.calls().len()), (None, 1));
    }
}
