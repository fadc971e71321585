//! A stub of WeatherAPI.com, so that the weather needs neither a key nor a network.
//!
//! `GET /v1/current.json?key=&q=` (<https://www.weatherapi.com/docs/>) answers for every city with values that are
//! derived from the city's name. Some cities have no weather:
//!
//! | city | answer |
//! |---|---|
//! | any name that begins with `Nowhere` | 400, code 1006: no such city |
//! | `Error 1002`, `1003`, `1005`, `1006`, `2006`, `2007`, `2008`, `2009`, `9999` | that code, and its status |
//! | `Error 500` | 500, without JSON |
//! | `Error slow` | none, for 30 seconds |

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::stub::Stub;
use crate::clock::now;
use crate::lambda::response::Response;

pub(super) const STUB: Stub = Stub {
    name: "weather",
    api_key: "WEATHER_API_KEY",
    base_url: "WEATHER_BASE_URL",
    answer: |request, address| Box::pin(answer(request, address)),
};

/// A delay beyond every client's timeout.
const SLOW: Duration = Duration::from_secs(30);

/// The time after which the weather changes.
const PERIOD_SECONDS: i64 = 15 * 60;

const ERRORS: [(u32, StatusCode, &str); 9] = [
    (1002, StatusCode::UNAUTHORIZED, "API key is invalid or not provided."),
    (1003, StatusCode::BAD_REQUEST, "Parameter q is missing."),
    (1005, StatusCode::BAD_REQUEST, "API URL is invalid."),
    (1006, StatusCode::BAD_REQUEST, "No matching location found."),
    (2006, StatusCode::UNAUTHORIZED, "API key is invalid."),
    (2007, StatusCode::FORBIDDEN, "API key has exceeded calls per month quota."),
    (2008, StatusCode::FORBIDDEN, "API key has been disabled."),
    (2009, StatusCode::FORBIDDEN, "API key does not have access to the resource."),
    (9999, StatusCode::BAD_REQUEST, "Internal application error."),
];

/// Answers as WeatherAPI.com does.
async fn answer(request: Request<Incoming>, _: SocketAddr) -> Response {
    let (status, body) = weather(request.uri().path(), request.uri().query().unwrap_or_default(), now());
    if status == StatusCode::REQUEST_TIMEOUT {
        tokio::time::sleep(SLOW).await;
    }
    let mut response = Response::new(Bytes::from(body.to_string()).into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn weather(path: &str, query: &str, now: OffsetDateTime) -> (StatusCode, Value) {
    let parameter = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    };
    if path != "/v1/current.json" {
        return refusal(1005);
    }
    if parameter("key").is_none() {
        return refusal(1002);
    }
    let Some(city) = parameter("q") else { return refusal(1003) };
    match city.to_lowercase().strip_prefix("error ") {
        Some("slow") => return (StatusCode::REQUEST_TIMEOUT, Value::Null),
        Some("500") => return (StatusCode::INTERNAL_SERVER_ERROR, Value::Null),
        Some(code) => return refusal(code.parse().unwrap_or(1006)),
        None if city.to_lowercase().starts_with("nowhere") => return refusal(1006),
        None => {}
    }
    (StatusCode::OK, current(&city, now))
}

fn refusal(code: u32) -> (StatusCode, Value) {
    let known = ERRORS.iter().find(|error| error.0 == code);
    let (code, status, message) =
        *known.unwrap_or(&(9999, StatusCode::BAD_REQUEST, "Internal application error."));
    (status, json!({"error": {"code": code, "message": message}}))
}

fn current(city: &str, now: OffsetDateTime) -> Value {
    const CONDITIONS: [&str; 5] = ["Sunny", "Partly cloudy", "Overcast", "Light rain", "Mist"];
    // The number only has to be the same for the same name.
    let seed = city.to_lowercase().bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31) ^ u32::from(byte));
    let temperature = f64::from(seed % 400) / 10.0 - 5.0;
    let updated = now.unix_timestamp().div_euclid(PERIOD_SECONDS) * PERIOD_SECONDS;
    json!({
        "location": {"name": city, "region": "", "country": "Stubland", "localtime_epoch": now.unix_timestamp()},
        "current": {
            "last_updated_epoch": updated,
            "temp_c": temperature,
            "is_day": 1,
            "condition": {"text": CONDITIONS[(seed / 7 % 5) as usize], "code": 1000},
            "wind_kph": f64::from(seed / 11 % 500) / 10.0,
            "humidity": seed / 13 % 101,
            "feelslike_c": temperature - 1.5,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> (StatusCode, Value) {
        weather("/v1/current.json", query, OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
    }

    #[test]
    fn a_city_has_the_weather_of_its_name() {
        let (status, london) = asked("key=k&q=London&aqi=no");
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&london["location"]["name"], &london["current"]["last_updated_epoch"]),
            (&json!("London"), &json!(999_900))
        );
        assert_eq!(london["current"], asked("q=LONDON&key=other").1["current"]);
        assert_ne!(london["current"], asked("q=Paris&key=k").1["current"]);
    }

    #[test]
    fn every_error_of_the_contract_can_be_had() {
        for (code, status, _) in ERRORS {
            let (answered, body) = asked(&format!("key=k&q=Error+{code}"));
            assert_eq!((answered, &body["error"]["code"]), (status, &json!(code)));
        }
        for (query, code) in [("q=London", 1002), ("key=k&q=", 1003), ("key=k&q=Nowhere+Land", 1006)] {
            assert_eq!(asked(query).1["error"]["code"], code, "{query}");
        }
        assert_eq!(weather("/v2", "key=k&q=London", OffsetDateTime::UNIX_EPOCH).1["error"]["code"], 1005);
        assert_eq!(asked("key=k&q=error+500").0, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
