//! `/api/weather`: the weather in a city, from WeatherAPI.com.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone, limited | answers from the cache, or asks WeatherAPI.com and caches the answer for 300 s |

use shared::http::{RateLimits, Routes};
use shared::routes;

mod breaker;
mod cache;
mod failure;
mod get;
mod memory;
mod upstream;

pub use cache::{Cache, Found, Source};
pub use failure::UpstreamFailure;
pub use upstream::{ApiKey, WeatherApi};

shared::deps! {
    pub struct Deps {
        cache: Cache,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get))
}
