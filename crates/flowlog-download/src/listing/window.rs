//! The time that is asked for, and the hours of blobs it means.

use std::fmt;

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};

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

#[cfg(test)]
mod tests {
    use flowlog_core::select::when::{parse_from, parse_to};

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
