//! Times and spans as a person writes them, on every command line and in filters.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// How times are written; the message when they are not.
const FORMS: &str = "expected a UTC date (2025-10-05) or date and time (2025-10-05T09:30, 2025-10-05T09:30:00Z, \
                     2025-10-05T11:30+02:00)";

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
///
/// # Errors
/// A sentence that says how times are written.
pub fn parse_from(text: &str) -> Result<Asked, String> {
    let time = date(text).map_or_else(|| moment(text), |date| Ok(start_of(date)))?;
    Ok(Asked::new(text, time))
}

/// Reads `--to`: a date means its end, so that the whole day is asked for.
///
/// # Errors
/// A sentence that says how times are written.
pub fn parse_to(text: &str) -> Result<Asked, String> {
    let time = match date(text) {
        Some(date) => date.checked_add_days(Days::new(1)).map(start_of).ok_or_else(|| FORMS.to_owned())?,
        None => moment(text)?,
    };
    Ok(Asked::new(text, time))
}

/// Reads `--last` and the like: a whole number and `s`, `m`, `h`, `d` or `w`.
///
/// # Errors
/// A sentence that says how spans are written.
pub fn parse_span(text: &str) -> Result<TimeDelta, String> {
    let span = Some(text).filter(|text| !text.ends_with("ms")).and_then(milliseconds);
    let ms = span.ok_or_else(|| "expected a number and a unit: 30m, 6h, 7d, 2w".to_owned())?;
    // A century is more than any log covers and far from the limits of the calendar.
    let span = i64::try_from(ms).ok().filter(|ms| (1..=100 * 366 * 86_400_000).contains(ms));
    span.and_then(TimeDelta::try_milliseconds)
        .ok_or_else(|| "expected a span from 1 second to 100 years".to_owned())
}

/// A whole number and its unit, `ms`, `s`, `m`, `h`, `d` or `w`, in milliseconds; [`u64::MAX`] is as long as any.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];
    // Digits alone: `parse` would take a sign.
    let end = text.find(|char: char| !char.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(end)?;
    let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    Some(digits.parse::<u64>().ok()?.saturating_mul(factor))
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|date| (1..=9999).contains(&date.year()))
}

fn start_of(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    const FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let text = text.replacen(' ', "T", 1);
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(&text);
    let utc = |format: &&str| NaiveDateTime::parse_from_str(plain, format).ok().map(|time| time.and_utc());
    let offset = |format: &&str| DateTime::parse_from_str(&text, &format!("{format}%#z")).ok();
    let time =
        FORMATS.iter().find_map(utc).or_else(|| FORMATS.iter().find_map(offset).map(|time| time.to_utc()));
    time.filter(|time| (1..=9999).contains(&time.year())).ok_or_else(|| FORMS.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_an_offset_become_utc_and_nonsense_is_refused() {
        let time = |text: &str| parse_from(text).map(|asked| asked.time);
        for same in [
            "2025-10-05T11:30:00+02:00",
            "2025-10-05T11:30+02:00",
            "2025-10-05 11:30+0200",
            "2025-10-05T11:30:00.000+02",
        ] {
            assert_eq!(time(same), time("2025-10-05 09:30"), "{same}");
        }
        assert_eq!(time("2025-10-05T09:30Z"), time("2025-10-05T09:30:00"));
        assert_eq!(time("2025-10-05T09:30:00.5Z").map(|time| time.timestamp_millis() % 1000), Ok(500));
        for text in [
            "",
            "yesterday",
            "2025-02-29",
            "05/10/2025",
            "2025-10-05T25:00",
            "2025-10-05T09",
            "+12025-01-01",
            "2025-10-05T09:30Z+01:00",
            "2025-10-05T09:30+25:00",
            "2025-10-05T09:30+",
        ] {
            assert!(parse_from(text).is_err() && parse_to(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_means_its_whole_day() {
        let (from, to) = (parse_from("2025-10-05").unwrap(), parse_to("2025-10-05").unwrap());
        assert_eq!((to.time - from.time).num_hours(), 24);
        assert_eq!(to.text, "2025-10-05");
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, seconds) in
            [("30s", 30), ("30m", 1_800), ("6h", 21_600), ("7d", 604_800), ("2w", 1_209_600)]
        {
            assert_eq!(parse_span(text).map(|span| span.num_seconds()), Ok(seconds));
            assert_eq!(milliseconds(text), Some(seconds.unsigned_abs() * 1_000));
        }
        for text in [
            "",
            "6",
            "h",
            "0h",
            "-6h",
            "+6h",
            "6 h",
            "1.5h",
            "6H",
            "6\u{e9}",
            "5ms",
            "9223372036854775807w",
            "101d0h",
        ] {
            assert!(parse_span(text).is_err(), "{text}");
        }
        assert_eq!(
            (milliseconds("500ms"), milliseconds("0s"), milliseconds("m")),
            (Some(500), Some(0), None)
        );
    }
}
