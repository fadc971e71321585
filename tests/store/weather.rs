//! The cache of the weather: its memory, its table and its requests, by a clock that stands still.

use std::time::Duration;

use shared::clock::Clock;
use shared::domain::{City, Timestamp};
use shared::http::{Code, Error};
use shared::random::Random;
use shared::store::WeatherCache;
use tests::{App, Behaviour, Upstream};
use weather::{ApiKey, Cache, Found, Source, WeatherApi};

const DAY: Duration = Duration::from_hours(24);

/// A table, an upstream and a clock, for any number of instances.
struct World {
    app: App,
    upstream: Upstream,
    clock: Clock,
}

impl World {
    async fn new(behaviour: Behaviour) -> Self {
        // The year 2100: the table's TTL follows the real time and must not remove items during the test.
        let clock = Clock::set_to(Timestamp::from_millis(4_102_444_800_000));
        Self { app: App::start().await, upstream: Upstream::start(behaviour).await, clock }
    }

    /// Returns an instance with an empty memory.
    fn instance(&self) -> Cache {
        let key = ApiKey::new("key".to_owned());
        let api = WeatherApi::new(self.upstream.url(), key, Random::seeded(1)).unwrap();
        Cache::new(WeatherCache::new(&self.app.table()), api, self.clock.clone())
    }

    fn asked(&self) -> usize {
        self.upstream.requests().len()
    }
}

fn city(name: &str) -> City {
    name.parse().unwrap()
}

/// Returns the code and the `Retry-After` with which a request for the weather in London ends.
async fn refused(cache: &Cache) -> (Code, Option<u32>) {
    let failure = london(cache).await.unwrap_err().into_failure();
    (failure.code, failure.retry_after_seconds)
}

async fn london(cache: &Cache) -> Result<Found, Error> {
    cache.find(&city("London")).await
}

/// Returns a behaviour that fails at once and is not retried.
fn broken() -> Behaviour {
    Behaviour::body("200 OK", "{")
}

#[tokio::test]
async fn an_answer_is_good_for_300_seconds() {
    let world = World::new(Behaviour::weather()).await;
    let cache = world.instance();
    assert_eq!(london(&cache).await.unwrap().source, Source::Miss);
    world.clock.advance(Duration::from_millis(299_999));
    let hit = london(&cache).await.unwrap();
    assert_eq!((hit.source, hit.age.as_secs(), world.asked()), (Source::Hit, 299, 1));
    world.clock.advance(Duration::from_millis(1));
    let miss = london(&cache).await.unwrap();
    assert_eq!((miss.source, miss.age.as_secs(), world.asked()), (Source::Miss, 0, 2));
}

#[tokio::test]
async fn instances_share_what_one_of_them_was_told() {
    let world = World::new(Behaviour::weather()).await;
    let told = london(&world.instance()).await.unwrap();
    world.clock.advance(Duration::from_secs(100));
    let other = world.instance().find(&city("  LONDON ")).await.unwrap();
    assert_eq!((other.source, other.age.as_secs(), world.asked()), (Source::Hit, 100, 1));
    assert_eq!((other.weather, other.fetched_at), (told.weather, told.fetched_at));
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let world = World::new(Behaviour::weather()).await;
    let cache = world.instance();
    let found = futures_util::future::join_all((0..20).map(|_| london(&cache))).await;
    let misses = found.into_iter().filter(|found| found.as_ref().unwrap().source == Source::Miss).count();
    assert_eq!((misses, world.asked()), (1, 1));
}

#[tokio::test]
async fn an_old_answer_stands_in_for_up_to_a_day() {
    let world = World::new(Behaviour::weather()).await;
    let cache = world.instance();
    let told = london(&cache).await.unwrap();
    world.upstream.turn_into(broken());
    world.clock.advance(Duration::from_secs(1000));
    // Another instance reads the answer from the table.
    for cache in [&cache, &world.instance()] {
        let stale = london(cache).await.unwrap();
        assert_eq!((stale.source, stale.age.as_secs()), (Source::Stale, 1000));
        assert_eq!(stale.weather, told.weather);
    }
    world.clock.advance(DAY.checked_sub(Duration::from_secs(1001)).unwrap());
    assert_eq!(london(&cache).await.unwrap().source, Source::Stale);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(refused(&cache).await, (Code::BadGateway, None));
    // The item is still in the table, because TTL removes items late.
    assert_eq!(refused(&world.instance()).await, (Code::BadGateway, None));
}

#[tokio::test]
async fn a_city_that_is_not_there_is_known_for_300_seconds_and_never_stands_in() {
    let world = World::new(Behaviour::error("400 Bad Request", 1006)).await;
    let cache = world.instance();
    for cache in [&cache, &cache, &world.instance()] {
        assert!(matches!(london(cache).await, Err(Error::NotFound("City"))));
    }
    assert_eq!(world.asked(), 1);
    world.clock.advance(Duration::from_mins(5));
    world.upstream.turn_into(broken());
    assert_eq!(refused(&cache).await, (Code::BadGateway, None));
    world.upstream.turn_into(Behaviour::weather());
    assert_eq!(london(&cache).await.unwrap().source, Source::Miss);
}

#[tokio::test]
async fn after_five_failures_nobody_is_asked_for_30_seconds_and_then_one() {
    let world = World::new(broken()).await;
    let cache = world.instance();
    for _ in 0..5 {
        assert_eq!(refused(&cache).await, (Code::BadGateway, None));
    }
    assert_eq!(refused(&cache).await, (Code::Unavailable, Some(30)));
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(refused(&cache).await, (Code::Unavailable, Some(10)));
    assert_eq!(world.asked(), 5);
    // The next attempt fails, too; the one after it succeeds.
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(refused(&cache).await, (Code::BadGateway, None));
    assert_eq!(refused(&cache).await, (Code::Unavailable, Some(30)));
    assert_eq!(world.asked(), 6);
    world.clock.advance(Duration::from_secs(30));
    world.upstream.turn_into(Behaviour::weather());
    assert_eq!(london(&cache).await.unwrap().source, Source::Miss);
    assert_eq!(cache.find(&city("Paris")).await.unwrap().source, Source::Miss);
    assert_eq!(world.asked(), 8);
}

#[tokio::test]
async fn while_nobody_is_asked_an_old_answer_stands_in() {
    let world = World::new(Behaviour::weather()).await;
    let cache = world.instance();
    london(&cache).await.unwrap();
    world.clock.advance(Duration::from_mins(5));
    world.upstream.turn_into(broken());
    for _ in 0..10 {
        assert_eq!(london(&cache).await.unwrap().source, Source::Stale);
    }
    assert_eq!(world.asked(), 1 + 5);
}

#[tokio::test]
async fn nobody_can_stop_the_weather_by_what_they_ask_for() {
    let world = World::new(Behaviour::error("400 Bad Request", 1005)).await;
    let cache = world.instance();
    for _ in 0..10 {
        assert_eq!(refused(&cache).await, (Code::BadGateway, None));
    }
    assert_eq!(world.asked(), 10);
    world.upstream.turn_into(Behaviour::weather());
    assert_eq!(cache.find(&city("Paris")).await.unwrap().source, Source::Miss);
}

#[tokio::test]
async fn the_item_has_what_the_documentation_says_and_goes_after_a_day() {
    let world = World::new(Behaviour::weather()).await;
    world.instance().find(&city(" New  York ")).await.unwrap();
    let items = world.app.items();
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((&item["pk"]["S"], &item["sk"]["S"]), (&"WEATHER#new york".into(), &"WEATHER".into()));
    assert_eq!(item["fetchedAt"]["S"], world.clock.now().to_string());
    assert_eq!(item["expiresAt"]["N"], (world.clock.now().as_seconds() + 86_400).to_string());
    assert_eq!(item["weather"]["M"]["temperatureC"]["N"], "11.2");
}
