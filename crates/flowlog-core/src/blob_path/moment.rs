//! A UTC moment, to the second, as folders and file names spell it.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};

/// A UTC moment to the second: the folder `YYYY-MM-DD/HH` and the `HHMMSS` of a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(NaiveDateTime);

impl Moment {
    /// A moment from its parts; `None` for a date or time that does not exist.
    ///
    /// Years outside 1970..=9999 are refused, as in records: no flow log is older, and later ones have no
    /// four-digit folder name.
    pub fn new(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| (1970..=9999).contains(&year))?;
        date.and_hms_opt(hour, minute, second).map(Self)
    }

    /// A moment from RFC 3339 text, as a record's `time` has it (`2025-10-05T09:03:27.1234567Z`).
    ///
    /// Another offset is turned into UTC; text without an offset is taken as UTC, as Azure means it.
    pub fn parse(text: &str) -> Option<Self> {
        let utc = match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.with_timezone(&Utc).naive_utc(),
            Err(_) => text.parse::<NaiveDateTime>().ok()?,
        };
        Self::new(utc.year(), utc.month(), utc.day(), utc.hour(), utc.minute(), utc.second())
    }

    /// The folders of this moment below the download folder: `2025-10-05/09`.
    pub fn folder(self) -> String {
        self.0.format("%Y-%m-%d/%H").to_string()
    }

    /// The `HHMMSS` of a file name.
    pub fn stamp(self) -> String {
        self.0.format("%H%M%S").to_string()
    }

    /// The path part of a blob name: `y=2025/m=10/d=05/h=09/m=00`.
    pub(super) fn blob_folders(self) -> String {
        self.0.format("y=%Y/m=%m/d=%d/h=%H/m=%M").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn record_times_are_read_as_utc() {
        let utc = Moment::new(2025, 10, 5, 9, 3, 27);
        assert_eq!(Moment::parse("2025-10-05T09:03:27.1234567Z"), utc);
        assert_eq!(Moment::parse("2025-10-05T09:03:27"), utc);
        assert_eq!(Moment::parse("2025-10-05T11:03:27+02:00"), utc);
    }

    #[test]
    fn a_moment_that_does_not_exist_is_none() {
        assert_eq!(Moment::new(2025, 2, 29, 0, 0, 0), None);
        assert_eq!(Moment::new(2025, 1, 1, 24, 0, 0), None);
        assert_eq!(Moment::new(12025, 1, 1, 0, 0, 0), None);
        assert_eq!(Moment::new(1969, 12, 31, 23, 59, 59), None);
        assert_eq!(Moment::parse("05/10/2025 09:03"), None);
        assert_eq!(Moment::parse("+12025-01-01T00:00:00Z"), None);
    }
}
