//! `/api/weather`: the weather in a city, which WeatherAPI.com knows.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone, limited | answers from the cache, or asks and keeps the answer for 300 s |

use axum::extract::FromRef;
use shared::clock::Clock;
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::random::Random;
use shared::store::{Table, WeatherCache};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod breaker;
mod cache;
mod failure;
mod get;
mod memory;
mod upstream;

pub use cache::{Cache, Found, Source};
pub use failure::Failure;
pub use upstream::{ApiKey, WeatherApi};

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    cache: Cache,
    limits: RateLimits,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let shared = WeatherCache::new(&Table::from_env()?);
        let upstream = WeatherApi::from_env(Random::system())?;
        Ok(Self { cache: Cache::new(shared, upstream, Clock::system()), limits: RateLimits::from_env()? })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
