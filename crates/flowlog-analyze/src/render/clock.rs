//! Times of millions of rows.

use super::csv_line::digits;
use super::text::iso_time;

/// Writes times; the date is worked out only when the day changes.
#[derive(Debug, Default)]
pub(super) struct Clock {
    day: Option<i64>,
    /// `2025-12-01T`
    date: [u8; 11],
}

impl Clock {
    pub(super) fn push(&mut self, row: &mut Vec<u8>, ms: i64) {
        const DAY: i64 = 86_400_000;
        let day = ms.div_euclid(DAY);
        if self.day != Some(day) {
            let text = iso_time(ms);
            let date = text.as_bytes().get(..11).and_then(|date| date.try_into().ok());
            match date {
                Some(date) if text.len() == "2025-12-01T00:00:00.000Z".len() => self.date = date,
                // Years of more than four digits: no flow log has them, and nothing is worth caching.
                _ => return row.extend_from_slice(text.as_bytes()),
            }
            self.day = Some(day);
        }
        row.extend_from_slice(&self.date);
        // Fits: a day has 86,400,000 ms.
        let ms = u32::try_from(ms.rem_euclid(DAY)).unwrap_or_default();
        let (second, minute) = (ms / 1000, ms / 60_000);
        let digits = |number: u32| digits(u16::try_from(number).unwrap_or_default());
        let mut clock = *b"00:00:00.000Z";
        [_, clock[0], clock[1]] = digits(minute / 60);
        [_, clock[3], clock[4]] = digits(minute % 60);
        [_, clock[6], clock[7]] = digits(second % 60);
        [clock[9], clock[10], clock[11]] = digits(ms % 1000);
        row.extend_from_slice(&clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_equal_those_of_the_slow_way() {
        let mut clock = Clock::default();
        let day = 86_400_000_i64;
        for ms in
            [0, 1, 59_999, day - 1, day, -1, -day, 1_764_573_270_007, 951_782_400_000, i64::MAX, i64::MIN]
        {
            for ms in [ms, ms.saturating_add(3_723_004)] {
                let mut row = Vec::new();
                clock.push(&mut row, ms);
                assert_eq!(String::from_utf8(row).unwrap(), iso_time(ms));
            }
        }
    }
}
