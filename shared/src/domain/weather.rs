use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::text::{checked_text, line};
use super::{Invalid, Timestamp, fold};

/// The time for which an answer is fresh.
pub const WEATHER_FRESH: Duration = Duration::from_mins(5);

/// The time for which an answer may replace a newer one that is not available.
pub const WEATHER_STALE: Duration = Duration::from_hours(24);

/// The name of a city, in one line. At least one word must have no digits.
// Services that find cities by name also accept other queries: coordinates, postcodes, `metar:EGLL`, `iata:DXB`, IP
// addresses, and `auto:ip` for the place of the client, which is this API. None of them is a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100, example = "London")]
pub struct City(String);

checked_text!(City);

impl City {
    /// Returns the form that is equal for names that differ only in case, composition or spacing.
    #[must_use]
    pub fn normalised(&self) -> String {
        let words: Vec<&str> = self.0.split_whitespace().collect();
        fold(&words.join(" "))
    }
}

impl FromStr for City {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let city = line(text, 1, 100)?;
        let is_word = |word: &str| word.contains(char::is_alphabetic) && !word.contains(char::is_numeric);
        // A colon in any form, or a sign that could become one if the name is decoded again.
        if city.nfkc().any(|c| matches!(c, ':' | '%')) || !city.split([' ', ',']).any(is_word) {
            return Err(Invalid::new("must be the name of a city"));
        }
        Ok(Self(city))
    }
}

/// An answer about a city, and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The time of the answer.
    pub fetched_at: Timestamp,
    /// The weather, or `None` if there is no such city.
    pub weather: Option<Weather>,
}

impl Report {
    /// Returns the age of the answer.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Duration {
        let millis = now.as_millis().saturating_sub(self.fetched_at.as_millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// Tells whether the answer can be used without asking again.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now) < WEATHER_FRESH
    }

    /// Tells whether the answer is better than an error. A missing city is not.
    #[must_use]
    pub fn can_stand_in(&self, now: Timestamp) -> bool {
        self.weather.is_some() && self.age(now) < WEATHER_STALE
    }

    /// Returns the time after which the answer is useless.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        let lifetime = if self.weather.is_some() { WEATHER_STALE } else { WEATHER_FRESH };
        let millis = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.fetched_at.as_millis().saturating_add(millis))
    }
}

/// The weather in a city.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Weather {
    /// The city's name.
    pub city: Label,
    /// Its country.
    pub country: Label,
    /// The air temperature.
    pub temperature_c: Celsius,
    /// The perceived temperature.
    pub feels_like_c: Celsius,
    /// The relative humidity of the air.
    pub humidity: Percent,
    /// The wind speed.
    pub wind_kph: KilometresPerHour,
    /// The weather in words.
    pub condition: Label,
    /// The time of the observation.
    pub observed_at: Timestamp,
}

/// A text from WeatherAPI.com, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

checked_text!(Label);

impl FromStr for Label {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        line(text, 0, 200).map(Self)
    }
}

/// A temperature in degrees Celsius, within the range on earth.
pub type Celsius = Within<-100, 100>;

/// A speed in kilometres per hour, up to the fastest wind.
pub type KilometresPerHour = Within<0, 500>;

/// A number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Within<const MIN: i16, const MAX: i16>(f64);

impl<const MIN: i16, const MAX: i16> TryFrom<f64> for Within<MIN, MAX> {
    type Error = Invalid;

    fn try_from(number: f64) -> Result<Self, Invalid> {
        if (f64::from(MIN)..=f64::from(MAX)).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Invalid::new(format!("must be a number from {MIN} to {MAX}")))
        }
    }
}

impl<const MIN: i16, const MAX: i16> From<Within<MIN, MAX>> for f64 {
    fn from(number: Within<MIN, MAX>) -> Self {
        number.0
    }
}

/// A percentage as a whole number, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

impl TryFrom<u8> for Percent {
    type Error = Invalid;

    fn try_from(number: u8) -> Result<Self, Invalid> {
        if number <= 100 { Ok(Self(number)) } else { Err(Invalid::new("must be a number from 0 to 100")) }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(text: &str) -> Result<City, Invalid> {
        text.parse()
    }

    #[test]
    fn names_of_all_scripts_are_cities_and_some_have_digits() {
        for name in [
            "London",
            " Saint-Denis, France ",
            "St. John's",
            "100 Mile House",
            "6th of October City",
            "東京",
            "नई दिल्ली",
            "القاهرة",
            "Å",
            &"é".repeat(100),
        ] {
            assert!(city(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_place_that_is_no_name_is_refused_and_so_is_where_the_request_comes_from() {
        for other in [
            "",
            "  ",
            "auto:ip",
            "AUTO:IP",
            "auto：ip",
            "auto%3Aip",
            "metar:EGLL",
            "iata:DXB",
            "id:2801268",
            "48.8567,2.3508",
            "48.8567N, 2.3508E",
            "10001",
            "SW1",
            "G2J 1A1",
            "192.0.2.1",
            "2001:db8::1",
            "::1",
            "٤٨,٢",
            "London\r\nHost: evil",
            "Lon\0don",
            "...",
            &"é".repeat(101),
        ] {
            assert!(city(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_city_is_one_whatever_the_case_composition_and_spacing_of_its_name() {
        let normalised = |text: &str| city(text).unwrap().normalised();
        assert_eq!(normalised("NEW  york"), normalised(" New York"));
        assert_eq!(normalised("Zu\u{308}rich"), normalised("ZÜRICH"));
        assert_ne!(normalised("Paris"), normalised("Paris, Texas"));
    }

    #[test]
    fn a_report_is_fresh_for_300_seconds_and_of_use_for_a_day() {
        let at = Timestamp::from_millis;
        let weather = serde_json::from_value(serde_json::json!({
            "city": "London", "country": "United Kingdom", "temperatureC": 11.2, "feelsLikeC": 9.3, "humidity": 94,
            "windKph": 16.2, "condition": "Overcast", "observedAt": "2026-11-20T16:30:00.000Z",
        }));
        let report = Report { fetched_at: at(1000), weather: weather.unwrap() };
        assert!(report.is_fresh(at(300_999)) && !report.is_fresh(at(301_000)));
        assert!(report.can_stand_in(at(86_400_999)) && !report.can_stand_in(at(86_401_000)));
        assert_eq!(report.ends_at(), at(86_401_000));
        // The clock is behind that of another instance.
        assert_eq!(report.age(at(0)), Duration::ZERO);
        let nowhere = Report { weather: None, ..report };
        assert!(nowhere.is_fresh(at(300_999)) && !nowhere.can_stand_in(at(2000)));
        assert_eq!(nowhere.ends_at(), at(301_000));
    }

    #[test]
    fn what_can_not_be_on_earth_is_no_weather() {
        for number in ["-100.1", "1e300", "\"11\"", "null"] {
            assert!(serde_json::from_str::<Celsius>(number).is_err(), "{number}");
        }
        assert!(serde_json::from_str::<Percent>("101").is_err());
        assert!(serde_json::from_str::<KilometresPerHour>("-1").is_err());
        assert!(serde_json::from_str::<Label>("\"a\\u0000b\"").is_err());
    }
}
