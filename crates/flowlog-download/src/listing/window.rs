//! The times a person asks for, and the hours of blobs they mean.

use std::fmt;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Utc};

/// How `--from` and `--to` are written; part of the message when they are not.
const FORMS: &str =
    "expected a UTC date (2025-10-05) or date and time (2025-10-05T09:30, 2025-10-05T09:30:00Z)";

/// A stretch of time, half open: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First moment; `None`: since ever.
    pub from: Option<DateTime<Utc>>,
    /// First moment after it; `None`: without end.
    pub to: Option<DateTime<Utc>>,
}

/// An hour as blob names tell it: year, month, day, hour, UTC. Orders by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(pub i32, pub u32, pub u32, pub u32);

/// Hours from the first to the last, both included; `None` is without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// First hour.
    pub first: Option<Hour>,
    /// Last hour.
    pub last: Option<Hour>,
}

impl Window {
    /// The hours whose blobs may hold flows of this window.
    ///
    /// One hour more than the window has: a record is stamped when its minute ends, so that the first
    /// record of hour H+1 holds the last flows of hour H.
    pub fn hours(&self) -> Hours {
        let last = self.to.and_then(|to| {
            to.checked_sub_signed(TimeDelta::nanoseconds(1))?.checked_add_signed(TimeDelta::hours(1))
        });
        Hours { first: self.from.map(Hour::of), last: last.map(Hour::of) }
    }
}

impl Hour {
    /// The hour a moment lies in.
    pub fn of(time: DateTime<Utc>) -> Self {
        Self(time.year(), time.month(), time.day(), time.hour())
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}T{:02}h", self.0, self.1, self.2, self.3)
    }
}

impl Hours {
    /// Whether every hour is in it.
    pub fn is_all(&self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    /// Whether an hour is in it.
    pub fn contains(&self, hour: Hour) -> bool {
        self.touches(hour, hour)
    }

    /// Whether any hour from `low` to `high` is in it.
    pub fn touches(&self, low: Hour, high: Hour) -> bool {
        self.first.is_none_or(|first| high >= first) && self.last.is_none_or(|last| low <= last)
    }

    /// Whether all hours from `low` to `high` are in it.
    pub fn covers(&self, low: Hour, high: Hour) -> bool {
        self.first.is_none_or(|first| low >= first) && self.last.is_none_or(|last| high <= last)
    }

    /// The hours that are also not before `hour`.
    #[must_use]
    pub fn since(self, hour: Hour) -> Self {
        Self { first: Some(self.first.map_or(hour, |first| first.max(hour))), last: self.last }
    }
}

/// A time as a person wrote it, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The moment.
    pub time: DateTime<Utc>,
    /// As it was written.
    pub text: String,
}

impl Asked {
    fn new(text: &str, time: DateTime<Utc>) -> Self {
        Self { time, text: text.to_owned() }
    }
}

/// Reads `--from`: a date means its first moment.
pub(super) fn parse_from(text: &str) -> Result<Asked, String> {
    let time = date(text).map_or_else(|| moment(text), |date| Ok(start_of(date)))?;
    Ok(Asked::new(text, time))
}

/// Reads `--to`: a date means its end, so that the whole day is asked for.
pub(super) fn parse_to(text: &str) -> Result<Asked, String> {
    let time = match date(text) {
        Some(date) => date.checked_add_days(Days::new(1)).map(start_of).ok_or_else(|| FORMS.to_owned())?,
        None => moment(text)?,
    };
    Ok(Asked::new(text, time))
}

/// Reads `--last` and the like: a whole number and `s`, `m`, `h`, `d` or `w`.
pub fn parse_span(text: &str) -> Result<TimeDelta, String> {
    let wrong = || "expected a number and a unit: 30m, 6h, 7d, 2w".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let digits = text.strip_suffix(unit).unwrap_or_default();
    // Numbers alone: `parse` would take a sign.
    let number = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let number: i64 = number.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    // A century is more than any log covers and far from the limits of the calendar.
    let span = number.checked_mul(seconds).filter(|span| (1..=100 * 366 * 86_400).contains(span));
    span.and_then(TimeDelta::try_seconds)
        .ok_or_else(|| "expected a span from 1 second to 100 years".to_owned())
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|date| (1..=9999).contains(&date.year()))
}

fn start_of(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).ok().or_else(|| {
        let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text).replacen(' ', "T", 1);
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        forms
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok())
            .map(|time| time.and_utc())
    });
    time.filter(|time| (1..=9999).contains(&time.year())).ok_or_else(|| FORMS.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, to: &str) -> Hours {
        let (from, to) = (parse_from(from).expect("a time").time, parse_to(to).expect("a time").time);
        Window { from: Some(from), to: Some(to) }.hours()
    }

    #[test]
    fn a_date_means_its_whole_day_and_one_hour_more_is_read() {
        let day = hours("2025-10-05", "2025-10-05");
        assert_eq!((day.first, day.last), (Some(Hour(2025, 10, 5, 0)), Some(Hour(2025, 10, 6, 0))));
        let year_end = hours("2025-12-31T23:00", "2025-12-31");
        assert_eq!(year_end.last, Some(Hour(2026, 1, 1, 0)));
    }

    #[test]
    fn a_time_on_the_hour_ends_before_that_hour() {
        assert_eq!(hours("2025-10-05T09:00", "2025-10-05T10:00").last, Some(Hour(2025, 10, 5, 10)));
        assert_eq!(hours("2025-10-05T09:59", "2025-10-05T10:00:01Z").last, Some(Hour(2025, 10, 5, 11)));
        assert_eq!(hours("2025-10-05T09:59", "2025-10-06").first, Some(Hour(2025, 10, 5, 9)));
    }

    #[test]
    fn times_with_an_offset_become_utc_and_nonsense_is_refused() {
        let time = |text: &str| parse_from(text).map(|asked| asked.time);
        assert_eq!(time("2025-10-05T11:30:00+02:00"), time("2025-10-05 09:30"));
        assert_eq!(time("2025-10-05T09:30Z"), time("2025-10-05T09:30:00"));
        for text in
            ["", "yesterday", "2025-02-29", "05/10/2025", "2025-10-05T25:00", "2025-10-05T09", "+12025-01-01"]
        {
            assert!(parse_from(text).is_err() && parse_to(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, seconds) in
            [("30s", 30), ("30m", 1_800), ("6h", 21_600), ("7d", 604_800), ("2w", 1_209_600)]
        {
            assert_eq!(parse_span(text).map(|span| span.num_seconds()), Ok(seconds));
        }
        for text in ["", "6", "h", "0h", "-6h", "+6h", "6 h", "1.5h", "6H", "6é", "9223372036854775807w"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn open_ends_touch_and_cover_everything_on_their_side() {
        let since = Hours { first: Some(Hour(2025, 10, 5, 9)), last: None };
        let (year_start, year_end) = (Hour(2025, 1, 1, 0), Hour(2025, 12, 31, 23));
        assert!(since.touches(year_start, year_end) && !since.covers(year_start, year_end));
        assert!(since.covers(Hour(2026, 1, 1, 0), Hour(2026, 12, 31, 23)));
        assert!(!since.contains(Hour(2025, 10, 5, 8)) && since.contains(Hour(2025, 10, 5, 9)));
        assert_eq!(since.since(Hour(2025, 1, 1, 0)), since);
        assert!(Hours::default().is_all());
    }
}
