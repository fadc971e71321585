use std::time::Duration;

use shared::clock::Clock;
use shared::config::{ConfigError, FromEnv};
use shared::domain::{City, Report, Timestamp, Weather};
use shared::http::{Error, chain};
use shared::store::{Table, WeatherCache};

use crate::breaker::Breaker;
use crate::memory::Memory;
use crate::{UpstreamFailure, WeatherApi};

/// A cache of two levels: the memory of this instance, and the table that all instances share. It asks the upstream
/// only if both lack an answer.
///
/// If the table cannot be reached, the cache works without it. If WeatherAPI.com fails, answers of up to a day old are
/// used.
#[derive(Clone, Debug)]
pub struct Cache {
    memory: Memory,
    shared: WeatherCache,
    upstream: WeatherApi,
    breaker: Breaker,
    clock: Clock,
}

/// An answer and its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The weather.
    pub weather: Weather,
    /// The time of WeatherAPI.com's answer.
    pub fetched_at: Timestamp,
    /// The time since then.
    pub age: Duration,
    /// The source of the answer.
    pub source: Source,
}

/// The source of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Source {
    /// The cache, still fresh.
    Hit,
    /// WeatherAPI.com.
    Miss,
    /// The cache, because WeatherAPI.com failed.
    Stale,
}

impl FromEnv for Cache {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(WeatherCache::new(&Table::from_env()?), WeatherApi::from_env()?, Clock::system()))
    }
}

impl Cache {
    /// Makes a cache in front of `upstream` that instances share through `shared`.
    #[must_use]
    pub fn new(shared: WeatherCache, upstream: WeatherApi, clock: Clock) -> Self {
        Self { memory: Memory::default(), shared, upstream, breaker: Breaker::default(), clock }
    }

    /// Returns the weather in the city.
    pub async fn find(&self, city: &City) -> Result<Found, Error> {
        let slot = self.memory.slot(city);
        // Concurrent requests for the same city wait here and then find the answer.
        let mut known = slot.lock().await;
        let now = self.clock.now();
        if let Some(report) = known.as_ref().filter(|report| report.is_fresh(now)) {
            return self.found(report, Source::Hit);
        }
        let table = self.shared.find(city).await;
        let has_table = table.as_ref().inspect_err(|error| warn_without_table(error)).is_ok();
        let shared = table.ok().flatten();
        if shared.as_ref().map(|report| report.fetched_at) > known.as_ref().map(|report| report.fetched_at) {
            *known = shared;
        }
        if let Some(report) = known.as_ref().filter(|report| report.is_fresh(now)) {
            return self.found(report, Source::Hit);
        }
        match self.ask(city).await {
            Ok(weather) => {
                let report = known.insert(Report { fetched_at: self.clock.now(), weather });
                if has_table {
                    let _ = self.shared.keep(city, report).await.inspect_err(warn_without_table);
                }
                self.found(report, Source::Miss)
            }
            Err(failure) => match known.as_ref().filter(|report| report.can_stand_in(now)) {
                Some(report) => self.found(report, Source::Stale),
                None => Err(failure.into()),
            },
        }
    }

    async fn ask(&self, city: &City) -> Result<Option<Weather>, UpstreamFailure> {
        self.breaker.admit(self.clock.now()).map_err(UpstreamFailure::Paused)?;
        let outcome = self.upstream.current(city).await;
        let now = self.clock.now();
        match &outcome {
            Err(failure) if failure.is_outage() => self.breaker.failed(now),
            _ => self.breaker.succeeded(),
        }
        outcome.inspect_err(|failure| failure.count(now))
    }

    fn found(&self, report: &Report, source: Source) -> Result<Found, Error> {
        let &Report { fetched_at, ref weather } = report;
        let weather = weather.clone().ok_or(Error::NotFound("City"))?;
        Ok(Found { weather, fetched_at, age: report.age(self.clock.now()), source })
    }
}

fn warn_without_table(error: &shared::store::Error) {
    tracing::warn!(error = chain(error), "the weather was answered without its table");
}
