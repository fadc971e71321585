//! WeatherAPI.com, `GET /v1/current.json` (<https://www.weatherapi.com/docs/>).

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, USER_AGENT};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::config::{ConfigError, FromEnv, required};
use shared::domain::{Celsius, City, KilometresPerHour, Label, Percent, Timestamp, Weather};
use shared::random::Random;
use shared::timing::{self, Service};
use tracing::{Instrument, debug_span};

use crate::UpstreamFailure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The limit for all attempts together, with the waits between them.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);

const RETRIES: u32 = 2;

/// The longest wait before the first retry; it doubles before the second.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// The largest answer in bytes. Real ones have less than 2 KB.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

const USER_AGENT_VALUE: &str = concat!("serverless-api/", env!("CARGO_PKG_VERSION"));

/// The key of the API. Its `Debug` form is hidden.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Returns the key with this text.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// A client of WeatherAPI.com. Clones share the connection settings.
#[derive(Clone, Debug)]
pub struct WeatherApi {
    base: Uri,
    key: ApiKey,
    random: Random,
    /// The HTTP client, created by the first request, because an instance that answers from its cache needs none.
    client: Arc<OnceLock<HttpClient>>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

impl FromEnv for WeatherApi {
    /// Creates a client of the API at `WEATHER_BASE_URL` with `WEATHER_API_KEY`.
    fn from_env() -> Result<Self, ConfigError> {
        let key = ApiKey(required("WEATHER_API_KEY")?);
        Self::new(&required("WEATHER_BASE_URL")?, key, Random::system())
    }
}

impl WeatherApi {
    /// Creates a client of the API at `base`, which is `https`, or `http` on this machine.
    pub fn new(base: &str, key: ApiKey, random: Random) -> Result<Self, ConfigError> {
        let is_base = |uri: &Uri| {
            let is_http = uri.scheme().is_some_and(|scheme| [Scheme::HTTPS, Scheme::HTTP].contains(scheme));
            is_http
                && uri.query().is_none()
                && uri.authority().is_some_and(|host| !host.as_str().contains('@'))
        };
        let base = base.parse().ok().filter(is_base).ok_or_else(|| ConfigError::Invalid {
            name: "WEATHER_BASE_URL",
            reason: "it must be a URL such as https://api.weatherapi.com".to_owned(),
        })?;
        Ok(Self { base, key, random, client: Arc::default() })
    }

    /// Returns the current weather in the city, or `None` if there is no such city.
    pub async fn current(&self, city: &City) -> Result<Option<Weather>, UpstreamFailure> {
        let attempts = tokio::time::timeout(TOTAL_TIMEOUT, self.attempts(city));
        attempts.await.unwrap_or(Err(UpstreamFailure::Timeout))
    }

    async fn attempts(&self, city: &City) -> Result<Option<Weather>, UpstreamFailure> {
        let attempt =
            || timing::call(Service::Upstream, self.attempt(city).instrument(debug_span!("upstream")));
        for retry in 0..RETRIES {
            match attempt().await {
                Err(failure) if failure.is_transient() => timing::back_off(self.backoff(retry)).await,
                outcome => return outcome,
            }
        }
        attempt().await
    }

    /// Returns a random wait up to a limit that doubles (full jitter).
    fn backoff(&self, retry: u32) -> Duration {
        let share = f64::from(u32::from_be_bytes(self.random.bytes())) / f64::from(u32::MAX);
        (FIRST_BACKOFF * 2_u32.pow(retry)).mul_f64(share)
    }

    async fn attempt(&self, city: &City) -> Result<Option<Weather>, UpstreamFailure> {
        let answer = self.client()?.request(self.question(city)?).await;
        let answer = answer.map_err(|error| UpstreamFailure::Connection(Arc::new(error)))?;
        let status = answer.status();
        let body = match Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(UpstreamFailure::TooLarge),
            Err(error) => return Err(UpstreamFailure::Connection(error.into())),
        };
        match status {
            StatusCode::OK => read::<Answer>(&body).map(|answer| Some(answer.into())),
            StatusCode::TOO_MANY_REQUESTS => Err(UpstreamFailure::Quota),
            // A redirect is not followed: it could lead anywhere, and would take the key along.
            _ if !status.is_client_error() => Err(UpstreamFailure::Status(status)),
            _ => match read::<Refusal>(&body)?.error.code {
                NO_SUCH_PLACE => Ok(None),
                QUOTA_EXCEEDED => Err(UpstreamFailure::Quota),
                code @ (KEY_MISSING | KEY_INVALID | KEY_DISABLED | KEY_WITHOUT_ACCESS) => {
                    Err(UpstreamFailure::Key(code))
                }
                code => Err(UpstreamFailure::Refused(code)),
            },
        }
    }

    fn question(&self, city: &City) -> Result<Request<Empty<Bytes>>, UpstreamFailure> {
        let path = format!("{}/v1/current.json?", self.base.path().trim_end_matches('/'));
        let query = path.len();
        let path = Serializer::for_suffix(path, query)
            .append_pair("key", &self.key.0)
            .append_pair("q", city.as_str())
            .append_pair("aqi", "no")
            .finish();
        let mut parts = self.base.clone().into_parts();
        // Neither error shows the text that it is about.
        let path =
            PathAndQuery::try_from(path).map_err(|error| UpstreamFailure::Connection(Arc::new(error)))?;
        parts.path_and_query = Some(path);
        let uri = Uri::from_parts(parts).map_err(|error| UpstreamFailure::Connection(Arc::new(error)))?;
        let mut question = Request::new(Empty::new());
        *question.uri_mut() = uri;
        question.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        question.headers_mut().insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        Ok(question)
    }

    fn client(&self) -> Result<&HttpClient, UpstreamFailure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| UpstreamFailure::Connection(Arc::new(error)))?;
        let is_https = self.base.scheme() == Some(&Scheme::HTTPS);
        let schemes = if is_https { tls.https_only() } else { tls.https_or_http() };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            // Lambda may freeze an instance between two events for any time, which connections do not survive.
            .pool_max_idle_per_host(0)
            .build(schemes.enable_http1().wrap_connector(tcp));
        Ok(self.client.get_or_init(|| client))
    }
}

// Error codes: <https://www.weatherapi.com/docs/error-codes/>
const KEY_MISSING: u32 = 1002;
const NO_SUCH_PLACE: u32 = 1006;
const KEY_INVALID: u32 = 2006;
const QUOTA_EXCEEDED: u32 = 2007;
const KEY_DISABLED: u32 = 2008;
const KEY_WITHOUT_ACCESS: u32 = 2009;

#[derive(Deserialize)]
struct Refusal {
    error: Code,
}

#[derive(Deserialize)]
struct Code {
    code: u32,
}

/// The used part of an answer.
#[derive(Deserialize)]
struct Answer {
    location: Location,
    current: Current,
}

#[derive(Deserialize)]
struct Location {
    name: Label,
    country: Label,
}

#[derive(Deserialize)]
struct Current {
    last_updated_epoch: u32,
    temp_c: Celsius,
    feelslike_c: Celsius,
    humidity: Percent,
    wind_kph: KilometresPerHour,
    condition: Condition,
}

#[derive(Deserialize)]
struct Condition {
    text: Label,
}

impl From<Answer> for Weather {
    fn from(Answer { location, current }: Answer) -> Self {
        Self {
            city: location.name,
            country: location.country,
            temperature_c: current.temp_c,
            feels_like_c: current.feelslike_c,
            humidity: current.humidity,
            wind_kph: current.wind_kph,
            condition: current.condition.text,
            observed_at: Timestamp::from_millis(i64::from(current.last_updated_epoch) * 1000),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, UpstreamFailure> {
    // serde's message is dropped: it quotes the answer, which may quote the key.
    serde_json::from_slice(body)
        .map_err(|error| UpstreamFailure::Unreadable { line: error.line(), column: error.column() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(base: &str) -> Result<WeatherApi, ConfigError> {
        WeatherApi::new(base, ApiKey::new("canary".to_owned()), Random::seeded(1))
    }

    #[test]
    fn a_base_is_a_url_of_a_host() {
        for base in
            ["https://api.weatherapi.com", "https://api.weatherapi.com/", "http://127.0.0.1:3001/stub/"]
        {
            assert!(api(base).is_ok(), "{base}");
        }
        for base in ["", "api.weatherapi.com", "/v1", "ftp://host", "https://a:b@host", "https://host?key=x"]
        {
            assert!(api(base).is_err(), "{base}");
        }
    }

    #[test]
    fn the_path_of_a_base_comes_first() {
        let question =
            api("http://127.0.0.1:3001/stub/").unwrap().question(&"Aix & Co".parse().unwrap()).unwrap();
        let asked = "http://127.0.0.1:3001/stub/v1/current.json?key=canary&q=Aix+%26+Co&aqi=no";
        assert_eq!(question.uri().to_string(), asked);
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", api("https://api.weatherapi.com").unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn a_wait_is_anything_up_to_a_limit_that_doubles() {
        let api = api("https://api.weatherapi.com").unwrap();
        for (retry, limit) in [(0, FIRST_BACKOFF), (1, FIRST_BACKOFF * 2)] {
            let waits: Vec<Duration> = (0..100).map(|_| api.backoff(retry)).collect();
            assert!(waits.iter().all(|wait| *wait <= limit), "{waits:?}");
            assert!(
                waits.iter().any(|wait| *wait < limit / 4) && waits.iter().any(|wait| *wait > limit / 4 * 3)
            );
        }
    }
}
