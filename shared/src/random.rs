//! The only source of randomness, so that tests can seed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// A source of random bytes: the operating system's, or a repeatable sequence for tests.
#[derive(Clone, Debug, Default)]
pub struct Random(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Seeded {
        seed: u64,
        drawn: Arc<AtomicU64>,
    },
}

impl Random {
    /// Returns the operating system's source, which is suitable for secrets.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns a source with the same sequence for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded { seed, drawn: Arc::default() })
    }

    /// Returns `N` random bytes, at most 32.
    ///
    /// # Panics
    ///
    /// If the operating system has no randomness, because no secret can be made then.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "one SHA-256 gives 32 bytes") };
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
                let filled = getrandom::fill(&mut bytes);
                #[expect(clippy::expect_used, reason = "without randomness no secret may be made")]
                filled.expect("the operating system gives random bytes");
            }
            Source::Seeded { seed, drawn } => {
                let draw = drawn.fetch_add(1, Ordering::Relaxed);
                let block = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(draw.to_be_bytes());
                bytes.copy_from_slice(&block.finalize()[..N]);
            }
        }
        bytes
    }
}
