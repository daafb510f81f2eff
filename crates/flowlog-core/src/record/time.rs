//! The `time` of a record.

use chrono::{DateTime, NaiveDateTime};

/// The last millisecond of the year 9999. What lies outside 1970 to 9999 is an error of the log: no flow log is that
/// old, and dates beyond have more than four digits.
pub const LAST_MS: i64 = 253_402_300_799_999;

/// An ISO 8601 time as Unix milliseconds, UTC. Without an offset the time is taken as UTC, as Azure means it.
/// `None` for any other text, and for years outside 1970 to 9999.
pub fn unix_ms(text: &str) -> Option<i64> {
    let time_ms = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.timestamp_millis(),
        Err(_) => {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc().timestamp_millis()
        }
    };
    (0..=LAST_MS).contains(&time_ms).then_some(time_ms)
}

#[cfg(test)]
mod tests {
    use super::unix_ms;

    #[test]
    fn azure_times_offsets_and_nonsense() {
        assert_eq!(unix_ms("2025-12-27T15:11:46.9554850Z"), Some(1_766_848_306_955));
        assert_eq!(unix_ms("2025-12-27T16:11:46.955+01:00"), Some(1_766_848_306_955));
        assert_eq!(unix_ms("2025-12-27T15:11:46"), Some(1_766_848_306_000));
        assert_eq!(unix_ms("27/12/2025"), None);
    }

    #[test]
    fn a_year_outside_1970_to_9999_is_no_time() {
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_ms("9999-12-31T23:59:59.999Z"), Some(super::LAST_MS));
        for text in [
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "+10000-01-01T00:00:00",
            "+262142-12-31T23:59:59",
            "-0001-01-01T00:00:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(unix_ms(text), None, "{text}");
        }
    }
}
