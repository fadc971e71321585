use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{AGE, CACHE_CONTROL, VARY};
use axum::response::IntoResponse;
use serde::Serialize;
use shared::domain::{City, Label, Timestamp, WEATHER_FRESH, Weather};
use shared::http::{
    Code, Error, Preconditions, Query, QuotaPolicy, RateLimits, ReadParams, Resource, SourceAddress,
    Validators,
};
use utoipa::{IntoParams, ToSchema};

use crate::{Cache, Source};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The weather in a city, as WeatherAPI.com reports it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Weather)]
pub(crate) struct WeatherBody {
    /// The name of the city that was found. It can differ from the requested one.
    #[schema(value_type = String, max_length = 200, example = "London")]
    city: Label,
    /// The country of the city.
    #[schema(value_type = String, max_length = 200, example = "United Kingdom")]
    country: Label,
    /// The air temperature, in degrees Celsius.
    #[schema(minimum = -100, maximum = 100, example = 11.2)]
    temperature_c: f64,
    /// The perceived temperature, in degrees Celsius.
    #[schema(minimum = -100, maximum = 100, example = 9.3)]
    feels_like_c: f64,
    /// The relative humidity, in percent.
    #[schema(minimum = 0, maximum = 100, example = 94)]
    humidity: u8,
    /// The wind speed, in kilometres per hour.
    #[schema(minimum = 0, maximum = 500, example = 16.2)]
    wind_kph: f64,
    /// The weather in words.
    #[schema(value_type = String, max_length = 200, example = "Overcast")]
    condition: Label,
    /// The time of the observation.
    observed_at: Timestamp,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `get` reads")]
struct WeatherParams {
    /// The name of the city, in any language. At least one word must have no digits.
    #[param(inline)]
    city: City,
}

/// Show the weather in a city
///
/// The data comes from WeatherAPI.com and is at most 300 seconds old. If WeatherAPI.com does not respond, it can be up
/// to a day old, with `X-Cache: stale`. `Age` is the age in seconds. Coordinates, postcodes, airport codes and IP
/// addresses are refused.
#[utoipa::path(
    get,
    path = "/api/weather",
    tag = "weather",
    operation_id = "getWeather",
    params(WeatherParams, ReadParams),
    responses(
        (status = 200, description = "The weather.", body = WeatherBody, headers(
            ("Age" = u32, description = "The age of WeatherAPI.com's answer, in seconds."),
            ("X-Cache" = inline(Source), description = "`hit`: from the cache. `miss`: a new answer of WeatherAPI.com. `stale`: up to a day old, because WeatherAPI.com does not respond."),
        )),
    ),
    extensions(("x-codes" = json!([Code::NotFound, Code::RateLimited, Code::BadGateway, Code::GatewayTimeout]))),
)]
pub(crate) async fn get(
    State(cache): State<Cache>,
    State(limits): State<RateLimits>,
    address: SourceAddress,
    preconditions: Preconditions,
    mut query: Query,
) -> Result<impl IntoResponse, Error> {
    let city: Option<City> = query.get("city");
    query.finish()?;
    let city = city.ok_or_else(|| Error::field("city", "is required"))?;
    limits.take_from(QuotaPolicy::WEATHER, address).await?;
    let found = cache.find(&city).await?;
    let headers = [
        (CACHE_CONTROL, format!("public, max-age={}", WEATHER_FRESH.as_secs())),
        (AGE, found.age.as_secs().to_string()),
        // The response is the same for every caller. `Vary` is there because an unacceptable `Accept` gets another
        // answer.
        (VARY, "Accept".to_owned()),
        (X_CACHE, found.source.as_str().to_owned()),
    ];
    let resource =
        Resource { validators: Validators::at(found.fetched_at), body: WeatherBody::from(found.weather) };
    Ok((headers, resource.answer(&preconditions)?))
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
        }
    }
}

impl From<Weather> for WeatherBody {
    fn from(weather: Weather) -> Self {
        Self {
            city: weather.city,
            country: weather.country,
            temperature_c: weather.temperature_c.into(),
            feels_like_c: weather.feels_like_c.into(),
            humidity: weather.humidity.into(),
            wind_kph: weather.wind_kph.into(),
            condition: weather.condition,
            observed_at: weather.observed_at,
        }
    }
}
