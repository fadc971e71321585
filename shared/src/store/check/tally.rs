//! The right value of a counter.

use crate::store::entity::Counted;

/// Returns what is added to the numbers of a counter, of which it has one or two.
pub(super) fn by(counted: &Counted) -> [i64; 2] {
    let mut terms = counted.terms.iter().map(|term| i64::try_from(term.by).unwrap_or(i64::MAX));
    [terms.next().unwrap_or_default(), terms.next().unwrap_or_default()]
}

/// The right value of a counter and its stored one.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) expected: [i64; 2],
    pub(super) stored: Option<[i64; 2]>,
}

impl Tally {
    pub(super) fn expect(&mut self, by: [i64; 2]) {
        for (sum, by) in self.expected.iter_mut().zip(by) {
            *sum += by;
        }
    }

    /// Returns the difference.
    pub(super) fn lacks(&self) -> [i64; 2] {
        let stored = self.stored.unwrap_or_default();
        [self.expected[0] - stored[0], self.expected[1] - stored[1]]
    }
}
