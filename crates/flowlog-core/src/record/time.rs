//! The `time` of a record.

use chrono::{DateTime, NaiveDateTime};

/// An ISO 8601 time as Unix milliseconds, UTC. Without an offset the time is taken as UTC, as Azure means it.
pub fn unix_ms(text: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.timestamp_millis()),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .map(|time| time.and_utc().timestamp_millis()),
    }
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
}
