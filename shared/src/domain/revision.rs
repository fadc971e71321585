use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A version of an entity and its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// The time when the entity was created.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version number. It starts at 1 and rises by one with each change.
    pub version: u64,
    /// The [`second`](Self::second), if it differs from that of `updated_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later_second: Option<i64>,
}

impl Revision {
    /// Returns the first version of an entity that is created `at`.
    #[must_use]
    pub const fn first(at: Timestamp) -> Self {
        Self { created_at: at, updated_at: at, version: 1, later_second: None }
    }

    /// Returns the version after this one, for a change `at`.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Self {
        let is_second_taken = at.as_seconds() <= self.second();
        Self {
            updated_at: at,
            version: self.version + 1,
            later_second: is_second_taken.then(|| self.second() + 1),
            ..self
        }
    }

    /// Returns the time of the change in whole seconds since the Unix epoch. Each version has its own second: if two
    /// changes fall into one second, the later one counts as a change of the next second. A time in whole seconds
    /// therefore identifies the version.
    #[must_use]
    pub fn second(self) -> i64 {
        self.later_second.unwrap_or(self.updated_at.as_seconds())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_change_has_the_second_in_which_it_was_made() {
        let first = Revision::first(at(10_200));
        assert_eq!((first.second(), first.version), (10, 1));
        let second = first.next(at(12_999));
        assert_eq!((second.second(), second.version), (12, 2));
        assert_eq!((second.created_at, second.updated_at), (at(10_200), at(12_999)));
    }

    #[test]
    fn of_two_changes_in_one_second_the_later_one_has_the_next() {
        let second = Revision::first(at(10_200)).next(at(10_300));
        assert_eq!((second.second(), second.updated_at), (11, at(10_300)));
        // Second 11 is taken, and the next one is free.
        assert_eq!(second.next(at(11_000)).second(), 12);
        assert_eq!(second.next(at(12_000)).second(), 12);
    }

    #[test]
    fn it_is_written_without_what_the_time_says_already() {
        let first = Revision::first(at(10_200));
        let json = serde_json::to_value(first).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 3, "{json}");
        for revision in [first, first.next(at(10_300))] {
            let json = serde_json::to_string(&revision).unwrap();
            assert_eq!(serde_json::from_str::<Revision>(&json).unwrap(), revision, "{json}");
        }
    }

    proptest! {
        /// The rule also holds if another instance's clock is behind.
        #[test]
        fn seconds_rise_with_every_version(times in proptest::collection::vec(0_i64..5_000, 2..50)) {
            let first = Revision::first(at(times[0]));
            let versions = times[1..].iter().scan(first, |last, millis| {
                *last = last.next(at(*millis));
                Some(*last)
            });
            let seconds: Vec<i64> = std::iter::once(first).chain(versions).map(Revision::second).collect();
            prop_assert!(seconds.is_sorted_by(|a, b| a < b), "{:?}", seconds);
        }
    }
}
