//! Times of millions of rows.

use chrono::{DateTime, Datelike};

use super::csv_line::digits;
use super::text::iso_time;

/// Bytes of a time of a year of four digits: `2025-12-01T07:14:30.007Z`.
pub(super) const TIME: usize = 24;

const MINUTE: i64 = 60_000;
const MINUTES_OF_DAY: i64 = 1440;

/// Writes times; the date is worked out only when the day changes, hour and minute only when the minute does.
#[derive(Debug)]
pub(super) struct Clock {
    /// Minutes since 1970.
    minute: i64,
    /// A time in it.
    text: [u8; TIME],
}

impl Default for Clock {
    fn default() -> Self {
        Self { minute: 0, text: *b"1970-01-01T00:00:00.000Z" }
    }
}

impl Clock {
    /// The time as text; `None` for years of more than four digits, which no flow log has.
    #[inline]
    pub(super) fn at(&mut self, ms: i64) -> Option<&[u8; TIME]> {
        let minute = ms.div_euclid(MINUTE);
        if minute != self.minute {
            self.turn_to(minute)?;
        }
        // Fits: a minute has 60,000 ms.
        let ms = u16::try_from(ms.rem_euclid(MINUTE)).unwrap_or_default();
        let [.., second_tens, second_ones, _, hundreds, tens, ones, _] = &mut self.text;
        [_, *second_tens, *second_ones] = digits(ms / 1000);
        [*hundreds, *tens, *ones] = digits(ms % 1000);
        Some(&self.text)
    }

    fn turn_to(&mut self, minute: i64) -> Option<()> {
        if minute.div_euclid(MINUTES_OF_DAY) != self.minute.div_euclid(MINUTES_OF_DAY) {
            self.turn_to_day_of(minute)?;
        }
        // Fits: a day has 1440 minutes.
        let of_day = u16::try_from(minute.rem_euclid(MINUTES_OF_DAY)).unwrap_or_default();
        let [.., hour_tens, hour_ones, _, tens, ones, _, _, _, _, _, _, _, _] = &mut self.text;
        [_, *hour_tens, *hour_ones] = digits(of_day / 60);
        [_, *tens, *ones] = digits(of_day % 60);
        self.minute = minute;
        Some(())
    }

    fn turn_to_day_of(&mut self, minute: i64) -> Option<()> {
        let date = DateTime::from_timestamp_millis(minute.checked_mul(MINUTE)?)?.date_naive();
        let year = u16::try_from(date.year()).ok().filter(|year| *year < 10_000)?;
        // Both fit: they are below 100.
        let [month, day] = [date.month(), date.day()].map(|part| u16::try_from(part).unwrap_or_default());
        let [millennia, centuries, decades, years, _, months, more_months, _, days, more_days, ..] =
            &mut self.text;
        [_, *millennia, *centuries] = digits(year / 100);
        [_, *decades, *years] = digits(year % 100);
        [_, *months, *more_months] = digits(month);
        [_, *days, *more_days] = digits(day);
        Some(())
    }

    pub(super) fn push(&mut self, row: &mut Vec<u8>, ms: i64) {
        match self.at(ms) {
            Some(text) => row.extend_from_slice(text),
            None => row.extend_from_slice(iso_time(ms).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(ms: i64) -> String {
        DateTime::from_timestamp_millis(ms)
            .map_or_else(|| format!("{ms} ms"), |time| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }

    #[test]
    fn times_equal_those_of_the_slow_way() {
        let mut clock = Clock::default();
        let day = 86_400_000_i64;
        let years = (-1..=10_001).step_by(7).map(|year| (year - 1970) * 31_556_952_000);
        let ends = [0, 1, 59_999, day - 1, day, -1, -day, 951_782_400_000, i64::MAX, i64::MIN];
        let edges = [-62_167_219_200_001, -62_167_219_200_000, 253_402_300_799_999, 253_402_300_800_000];
        for ms in years.chain(ends).chain(edges).chain([1_764_573_270_007]) {
            for ms in [ms, ms.saturating_add(3_723_004)] {
                let mut row = Vec::new();
                clock.push(&mut row, ms);
                assert_eq!(String::from_utf8(row).unwrap(), slow(ms));
                assert_eq!(iso_time(ms), slow(ms));
            }
        }
    }
}
