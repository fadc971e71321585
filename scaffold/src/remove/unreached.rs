//! Items and variants that nothing reaches any more.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::{unmade, unused};

/// Items of libraries that nothing reaches, and variants that nothing makes.
pub(super) struct Unreached {
    pub(super) items: BTreeMap<unused::Id, Range<usize>>,
    pub(super) variants: BTreeMap<unmade::Id, Range<usize>>,
}

/// What was read in each file, with the text in which it was read.
#[derive(Default)]
pub(super) struct Readings(BTreeMap<PathBuf, (String, unused::Reading, unmade::Reading)>);

impl Readings {
    /// Reads the files that have changed, and finds what nothing reaches.
    pub(super) fn unreached(&mut self, sources: &BTreeMap<PathBuf, String>) -> Unreached {
        self.0.retain(|path, (text, ..)| sources.get(path) == Some(text));
        for (path, text) in sources {
            self.0.entry(path.clone()).or_insert_with(|| {
                (text.clone(), unused::Reading::of(path, text), unmade::Reading::of(path, text))
            });
        }
        Unreached {
            items: unused::unused(self.0.values().map(|(_, reading, _)| reading)),
            variants: unmade::unmade(self.0.iter().map(|(path, (.., reading))| (path, reading))),
        }
    }
}
