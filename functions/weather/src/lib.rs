//! `/api/weather`: the weather in a city, from WeatherAPI.com.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone, limited | answers from the cache, or asks WeatherAPI.com and caches the answer for 300 s |

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
pub use failure::UpstreamFailure;
pub use upstream::{ApiKey, WeatherApi};

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    cache: Cache,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        let shared = WeatherCache::new(&Table::from_env()?);
        let upstream = WeatherApi::from_env(Random::system())?;
        Ok(Self { cache: Cache::new(shared, upstream, Clock::system()), limits: RateLimits::from_env()? })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
