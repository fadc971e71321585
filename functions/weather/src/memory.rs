use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use shared::domain::{City, Report};

/// The number of cities in an instance's memory, about 200 KB; the least recently requested ones are forgotten.
const CITIES: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// An instance's knowledge of a city. Only the holder of its lock asks for that city.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<Report>>>;

/// An instance's knowledge of cities. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Mutex<LruCache<String, Slot>>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(CITIES))))
    }
}

impl Memory {
    /// Returns the city's slot in the memory, which may be empty.
    pub(crate) fn slot(&self, city: &City) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get_or_insert(city.normalised(), Slot::default).clone()
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::Timestamp;

    use super::*;

    async fn knows(memory: &Memory, city: &str) -> bool {
        memory.slot(&city.parse().unwrap()).lock().await.is_some()
    }

    #[tokio::test]
    async fn the_256_cities_that_were_asked_for_last_are_remembered() {
        let memory = Memory::default();
        let name = |n: usize| format!("City {n}");
        for n in 0..=CITIES.get() {
            let report = Report { fetched_at: Timestamp::from_millis(0), weather: None };
            *memory.slot(&name(n).parse().unwrap()).lock().await = Some(report);
        }
        assert!(knows(&memory, &name(1)).await && knows(&memory, " CITY  256 ").await);
        assert!(!knows(&memory, &name(0)).await);
        assert_eq!(memory.0.lock().unwrap().len(), CITIES.get());
    }
}
