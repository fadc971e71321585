//! `EventBridge`'s schedule expressions: `rate(1 day)` and `cron(15 10 ? * 6L 2026)`.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use std::time::Duration;

use chrono::DateTime;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use time::OffsetDateTime;

/// The least and the greatest value of each field, and the names of the values.
const FIELDS: [(u16, u16, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
    (1, 7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    (1970, 2199, &[]),
];

/// A schedule, in UTC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Schedule {
    /// At this interval.
    Rate(Duration),
    /// At these minutes.
    Cron(Box<Cron>),
}

impl Schedule {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        match (inside("rate"), inside("cron")) {
            (Some(rate), _) => self::rate(rate),
            (_, Some(cron)) => self::cron(cron),
            _ => Err("a schedule is rate(...) or cron(...)".to_owned()),
        }
        .map_err(|mistake| format!("{text}: {mistake}"))
    }

    /// Returns the first time after `now` at which a cron expression fits, if there is one.
    pub(crate) fn next_after(cron: &Cron, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let now = DateTime::from_timestamp(now.unix_timestamp(), 0)?;
        let next = cron.find_next_occurrence(&now, false).ok()?;
        OffsetDateTime::from_unix_timestamp(next.timestamp()).ok()
    }
}

/// `1 minute`, `12 hours`
fn rate(text: &str) -> Result<Schedule, String> {
    let mistake =
        || "a rate is a number and minute(s), hour(s) or day(s), such as rate(5 minutes)".to_owned();
    let (number, unit) = text.trim().split_once(' ').ok_or_else(mistake)?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0).ok_or_else(mistake)?;
    let unit = match (unit.trim_start(), number) {
        ("minute", 1) | ("minutes", 2..) => Duration::from_mins(1),
        ("hour", 1) | ("hours", 2..) => Duration::from_hours(1),
        ("day", 1) | ("days", 2..) => Duration::from_hours(24),
        _ => return Err(mistake()),
    };
    Ok(Schedule::Rate(unit * number))
}

/// Minutes, hours, day of the month, month, day of the week, year.
fn cron(text: &str) -> Result<Schedule, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [.., day, _, weekday, _] = fields.as_slice() else {
        return Err("cron has six fields: minutes hours day-of-month month day-of-week year".to_owned());
    };
    if fields.len() != 6 {
        return Err(format!("cron has six fields, found {}", fields.len()));
    }
    if (*day == "?") == (*weekday == "?") {
        return Err("either the day of the month or the day of the week is ?".to_owned());
    }
    // The crate has words and a sign of its own, which AWS refuses.
    if text.contains(['@', '+']) {
        return Err("a field has a character that AWS does not know".to_owned());
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        // Sunday is 1.
        .alternative_weekdays(true)
        // `0/15`
        .sloppy_ranges(true)
        .build();
    let fields = fields.iter().zip(FIELDS).map(|(field, limits)| unwrapped(field, limits));
    let parsed = parser.parse(&format!("0 {}", fields.collect::<Vec<_>>().join(" ")));
    parsed.map(|cron| Schedule::Cron(Box::new(cron))).map_err(|error| error.to_string())
}

/// Writes ranges over the end of a field, such as the hours `20-2`, as two ranges, because the crate has none of them.
fn unwrapped(field: &str, (least, greatest, names): (u16, u16, &[&str])) -> String {
    let value = |text: &str| {
        let name = (least..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        name.map(|(value, _)| value).or_else(|| text.parse().ok())
    };
    let range = |part: &str| {
        let (from, to) = part.split_once('-')?;
        let (from, to) = (value(from)?, value(to)?);
        (from > to).then(|| format!("{from}-{greatest},{least}-{to}"))
    };
    let parts: Vec<String> =
        field.split(',').map(|part| range(part).unwrap_or_else(|| part.to_owned())).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// The times at which a schedule fires next.
    fn next(expression: &str, mut now: OffsetDateTime, count: usize) -> Vec<OffsetDateTime> {
        let Schedule::Cron(cron) = Schedule::parse(expression).unwrap() else { panic!("{expression}") };
        let mut times = Vec::new();
        while times.len() < count {
            now = Schedule::next_after(&cron, now).unwrap();
            times.push(now);
        }
        times
    }

    /// The examples of the user guide's page. 2026-11-27 is a Friday.
    #[test]
    fn cron_means_what_aws_says() {
        let now = datetime!(2026-11-27 09:00:30 UTC);
        for (expression, expected) in [
            ("cron(0 10 * * ? *)", &[datetime!(2026-11-27 10:00 UTC), datetime!(2026-11-28 10:00 UTC)][..]),
            ("cron(15 12 * * ? *)", &[datetime!(2026-11-27 12:15 UTC)]),
            ("cron(0 18 ? * MON-FRI *)", &[datetime!(2026-11-27 18:00 UTC), datetime!(2026-11-30 18:00 UTC)]),
            ("cron(0 8 1 * ? *)", &[datetime!(2026-12-01 08:00 UTC), datetime!(2027-01-01 08:00 UTC)]),
            ("cron(0/15 * * * ? *)", &[datetime!(2026-11-27 09:15 UTC), datetime!(2026-11-27 09:30 UTC)]),
            ("cron(0/10 * ? * MON-FRI *)", &[datetime!(2026-11-27 09:10 UTC)]),
            ("cron(0/5 8-17 ? * MON-FRI *)", &[datetime!(2026-11-27 09:05 UTC)]),
            (
                "cron(0/30 20-2 ? * MON-FRI *)",
                &[datetime!(2026-11-27 20:00 UTC), datetime!(2026-11-27 20:30 UTC)],
            ),
            ("cron(0 0 ? * FRI-MON *)", &[datetime!(2026-11-28 00:00 UTC), datetime!(2026-11-29 00:00 UTC)]),
            // The last Friday of each month, as the guide explains 6L.
            ("cron(15 10 ? * 6L *)", &[datetime!(2026-11-27 10:15 UTC), datetime!(2026-12-25 10:15 UTC)]),
            // The second Tuesday of the month, as the guide explains 3#2.
            ("cron(0 9 ? * 3#2 *)", &[datetime!(2026-12-08 09:00 UTC), datetime!(2027-01-12 09:00 UTC)]),
            // The weekday that is nearest to the third: 2027-01-03 is a Sunday.
            ("cron(0 0 3W * ? *)", &[datetime!(2026-12-03 00:00 UTC), datetime!(2027-01-04 00:00 UTC)]),
            ("cron(0 0 L * ? *)", &[datetime!(2026-11-30 00:00 UTC), datetime!(2026-12-31 00:00 UTC)]),
            ("cron(0 0 1 JAN,FEB ? 2027-2028)", &[datetime!(2027-01-01 00:00 UTC)]),
            ("cron(30 3 ? * 1 *)", &[datetime!(2026-11-29 03:30 UTC)]),
        ] {
            assert_eq!(next(expression, now, expected.len()), expected, "{expression}");
        }
        let Schedule::Cron(past) = Schedule::parse("cron(0 0 1 1 ? 2020)").unwrap() else { panic!() };
        assert_eq!(Schedule::next_after(&past, now), None);
    }

    #[test]
    fn a_rate_is_an_interval() {
        for (expression, seconds) in [
            ("rate(1 minute)", 60),
            ("rate(5 minutes)", 300),
            ("rate(1 hour)", 3600),
            ("rate(7 days)", 604_800),
        ] {
            let expected = Schedule::Rate(Duration::from_secs(seconds));
            assert_eq!(Schedule::parse(expression).unwrap(), expected);
        }
    }

    #[test]
    fn what_aws_refuses_is_an_error() {
        let rate = "a rate is a number and minute(s), hour(s) or day(s), such as rate(5 minutes)";
        let days = "either the day of the month or the day of the week is ?";
        for (expression, message) in [
            ("daily", "a schedule is rate(...) or cron(...)"),
            ("rate(1 minutes)", rate),
            ("rate(5 minute)", rate),
            ("rate(0 minutes)", rate),
            ("rate(5 seconds)", rate),
            ("rate(5)", rate),
            ("cron(0 10 * * *)", "cron has six fields, found 5"),
            ("cron(0 0 10 * * ? *)", "cron has six fields, found 7"),
            ("cron(0 10 * * * *)", days),
            ("cron(0 10 ? * ? *)", days),
            ("cron(0 10 ? * +MON *)", "a field has a character that AWS does not know"),
        ] {
            assert_eq!(Schedule::parse(expression).unwrap_err(), format!("{expression}: {message}"));
        }
        assert!(Schedule::parse("cron(61 10 * * ? *)").is_err());
        assert!(Schedule::parse("cron(x 10 * * ? *)").is_err());
    }
}
