//! Reports of the weather service.

use shared::clock::Clock;
use shared::domain::Report;
use shared::store::WeatherCache;
use tests::App;

use crate::check::items::Items;

pub(super) const ITEMS: Items =
    Items { kinds: &["WEATHER"], locks: &[], computed: &[("WEATHER", "expiresAt")], counters: &[] };

pub(super) async fn fill(app: &App) {
    let report = Report { fetched_at: Clock::system().now(), weather: None };
    WeatherCache::new(&app.table()).keep(&"Atlantis".parse().unwrap(), &report).await.unwrap();
}
