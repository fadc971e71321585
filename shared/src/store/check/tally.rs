//! The right value of a counter.

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
