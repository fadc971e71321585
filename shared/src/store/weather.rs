//! The cache of the weather, which all instances of a function share.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Error;
use super::table::{Consistency, Key, Table};
use crate::domain::{City, Report, Timestamp, Weather};

/// The timeout of the cache, all attempts together. A slower cache is of no use.
const CACHE_TIMEOUT: Duration = Duration::from_millis(500);
const ATTEMPTS: u32 = 2;

/// The reports by city. TTL removes them when they are too old to be used.
#[derive(Clone, Debug)]
pub struct WeatherCache {
    table: Table,
}

impl WeatherCache {
    /// Uses `table`, with a shorter timeout.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.within(CACHE_TIMEOUT, ATTEMPTS) }
    }

    /// Returns the last report on the city, however old: expired items can stay in the table for days.
    pub async fn find(&self, city: &City) -> Result<Option<Report>, Error> {
        let item: Option<ReportItem> = self.table.get(key(city), Consistency::Eventual).await?;
        Ok(item.map(Report::from))
    }

    /// Stores a report on the city, replacing the last one.
    pub async fn keep(&self, city: &City, report: &Report) -> Result<(), Error> {
        let item = ReportItem::of(key(city), report);
        self.table.put(item).await
    }
}

fn key(city: &City) -> Key {
    Key::new(format!("WEATHER#{}", city.normalised()), "WEATHER")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportItem {
    pk: String,
    sk: String,
    fetched_at: Timestamp,
    /// The weather; missing if there is no such city.
    #[serde(skip_serializing_if = "Option::is_none")]
    weather: Option<Weather>,
    /// The time of expiry in seconds, for the table's TTL.
    expires_at: i64,
}

impl ReportItem {
    pub(super) fn of(Key { pk, sk }: Key, report: &Report) -> Self {
        let weather = report.weather.clone();
        Self { pk, sk, fetched_at: report.fetched_at, weather, expires_at: report.ends_at().as_seconds() }
    }
}

impl From<ReportItem> for Report {
    fn from(item: ReportItem) -> Self {
        Self { fetched_at: item.fetched_at, weather: item.weather }
    }
}
