//! Values as people read them: counts, bytes, shares, times, and names made harmless and fitting.

use std::borrow::Cow;

use chrono::DateTime;
pub use flowlog_core::text::escape;
pub(crate) use flowlog_core::text::{bytes, count};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::clock::Clock;

/// `1 file`, `2 files`.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// What they are called, with `between` between them.
pub(crate) fn joined<T: ToString>(items: &[T], between: &str) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    items.join(between)
}

/// `part` of `whole` in percent. Something never prints as nothing, nor a part as the whole.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    match percent {
        _ if part > 0 && percent < 0.05 => "<0.1 %".to_owned(),
        _ if part < whole && percent >= 99.95 => ">99.9 %".to_owned(),
        _ => format!("{percent:.1} %"),
    }
}

/// `2025-12-01 07:14:30`, UTC.
pub fn time(ms: i64) -> String {
    format_time(ms, "%Y-%m-%d %H:%M:%S")
}

/// `2025-12-01T07:14:30.123Z`, RFC 3339.
pub(crate) fn iso_time(ms: i64) -> String {
    match Clock::default().at(ms).map(|text| str::from_utf8(text)) {
        Some(Ok(text)) => text.to_owned(),
        _ => format_time(ms, "%Y-%m-%dT%H:%M:%S%.3fZ"),
    }
}

fn format_time(ms: i64, form: &str) -> String {
    // Beyond chrono's 262,000 years the number itself is the clearest thing to show.
    DateTime::from_timestamp_millis(ms)
        .map_or_else(|| format!("{ms} ms"), |time| time.format(form).to_string())
}

/// First and last time; the date only once if it is the same day.
pub(crate) fn period(first_ms: i64, last_ms: i64) -> String {
    let (first, last) = (time(first_ms), time(last_ms));
    if first == last {
        return first;
    }
    match (first.split_once(' '), last.split_once(' ')) {
        (Some((day, _)), Some((same, clock))) if day == same => format!("{first} - {clock}"),
        _ => format!("{first} - {last}"),
    }
}

/// First and last time to the minute, the shortest way that is still clear.
pub(crate) fn short_period(first_ms: i64, last_ms: i64) -> String {
    let [first, last] = [first_ms, last_ms].map(|ms| format_time(ms, "%Y-%m-%d %H:%M"));
    // What both share of `2025-12-01 ` (11 bytes) or `2025-` (5) is said once.
    let usual = |text: &String| text.len() == "2025-12-01 07:14".len();
    let shared =
        |length| first.get(..length).filter(|start| usual(&first) && usual(&last) && last.starts_with(start));
    let last = [11, 5].into_iter().find_map(|length| shared(length).and(last.get(length..))).unwrap_or(&last);
    format!("{first} - {last}")
}

/// First and last time in at most 23 columns: `01-15 01:36-02:03`, `01-15 - 01-17`; with the year if it is not the
/// one of `now_ms`.
pub(crate) fn when(first_ms: i64, last_ms: i64, now_ms: i64) -> String {
    let year = |ms| format_time(ms, "%Y");
    let day =
        if [first_ms, last_ms].iter().all(|ms| year(*ms) == year(now_ms)) { "%m-%d" } else { "%Y-%m-%d" };
    let [first, last] = [first_ms, last_ms].map(|ms| (format_time(ms, day), format_time(ms, "%H:%M")));
    if first == last {
        format!("{} {}", first.0, first.1)
    } else if first.0 == last.0 {
        format!("{} {}-{}", first.0, first.1, last.1)
    } else {
        format!("{} - {}", first.0, last.0)
    }
}

/// A count in at most 8 columns: exact below a million, then rounded down to tenths of a million, billion, ...
pub(crate) fn brief_count(value: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000, "M"),
        (1_000_000_000, "G"),
        (1_000_000_000_000, "T"),
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000_000_000, "E"),
    ];
    match UNITS.iter().rev().find(|(unit, _)| value >= *unit) {
        Some((unit, letter)) => format!("{}.{} {letter}", value / unit, value / (unit / 10) % 10),
        None => count(value),
    }
}

/// Two leading units of a duration: `45 s`, `2 h 45 min`, `3 d 4 h`. Below a second: `120 ms`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, 0) => format!("{ms} ms"),
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{} d {hours} h", count(days)),
    }
}

/// A duration without a unit of which there is none: `5 min`, `1 h`.
pub(crate) fn span(ms: u64) -> String {
    let whole = duration(ms);
    [" 0 s", " 0 min", " 0 h"]
        .into_iter()
        .fold(whole.as_str(), |text, none| text.trim_end_matches(none))
        .to_owned()
}

/// Columns the text takes in a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts the middle out of a text wider than `limit`: both ends of a path or a rule name tell more than its middle.
pub(crate) fn shorten(text: &str, limit: usize, ascii: bool) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let gap = if ascii { "..." } else { "\u{2026}" };
    let Some(rest) = limit.checked_sub(width(gap)) else {
        return Cow::Owned(gap.chars().take(limit).collect());
    };
    // The end gets the odd column: a file's name tells more than its first folder.
    let head = fitting(text.chars(), rest / 2);
    let tail: String = fitting(text.chars().rev(), rest - rest / 2).chars().rev().collect();
    Cow::Owned(format!("{head}{gap}{tail}"))
}

fn fitting(chars: impl Iterator<Item = char>, limit: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|char| {
            used += char.width().unwrap_or(0);
            used <= limit
        })
        .collect()
}

/// Breaks a text at its spaces into lines of at most `limit` columns; longer words stand alone. A number stays with its
/// unit, a date with its time.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in inseparable(text) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The words of a text, those that belong together as one.
fn inseparable(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let all = rest?;
        let spaces = all.match_indices(' ').map(|(place, _)| place);
        let end = spaces.clone().find(|&end| {
            let (before, after) = (all.get(..end), all.get(end + 1..));
            !before.zip(after).is_some_and(|(before, after)| belong_together(before, after))
        });
        let (word, after) = end.map_or((all, None), |end| (&all[..end], all.get(end + 1..)));
        rest = after;
        Some(word)
    })
}

/// Whether a line must not end between two words, the last of one text and the first of another.
fn belong_together(before: &str, after: &str) -> bool {
    const UNITS: [&str; 12] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "%", "ms", "s", "min", "h"];
    let last = before.rsplit(' ').next().unwrap_or_default();
    let next = after.split(' ').next().unwrap_or_default();
    let is_unit = UNITS.contains(&next.trim_end_matches([',', ';', '.', ':', ')']));
    let is_clock = next.split_once(':').is_some_and(|(hour, _)| hour.len() == 2) && last.contains('-');
    last.ends_with(|end: char| end.is_ascii_digit())
        && (is_unit || (is_clock && next.starts_with(|first: char| first.is_ascii_digit())))
}

/// The same, with words longer than a line broken wherever it ends: nothing is lost.
pub(crate) fn wrap_whole(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(text, limit) {
        let mut rest = line.as_str();
        while width(rest) > limit {
            let head = fitting(rest.chars(), limit);
            // At least one character a line, however narrow it is.
            let end = head.len().max(rest.chars().next().map_or(0, char::len_utf8));
            let (head, tail) = rest.split_at(end);
            lines.push(head.to_owned());
            rest = tail;
        }
        lines.push(rest.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_well_at_their_edges() {
        let shares = [
            ((0, 0), "-"),
            ((0, 5), "0.0 %"),
            ((1, 100_000), "<0.1 %"),
            ((99_999, 100_000), ">99.9 %"),
            ((1, 3), "33.3 %"),
            ((7, 7), "100.0 %"),
        ];
        for ((part, whole), text) in shares {
            assert_eq!(share(part, whole), text);
        }
    }

    #[test]
    fn times_are_utc_and_survive_nonsense() {
        assert_eq!(time(1_764_573_270_123), "2025-12-01 07:14:30");
        assert_eq!(iso_time(1_764_573_270_123), "2025-12-01T07:14:30.123Z");
        assert_eq!(iso_time(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(time(i64::MAX), "9223372036854775807 ms");
        assert_eq!(period(1_764_573_270_000, 1_764_575_998_000), "2025-12-01 07:14:30 - 07:59:58");
        assert_eq!(period(1_764_573_270_000, 1_764_673_270_000), "2025-12-01 07:14:30 - 2025-12-02 11:01:10");
        assert_eq!(period(1_764_573_270_000, 1_764_573_270_999), "2025-12-01 07:14:30");
        assert_eq!(period(i64::MIN, i64::MAX), "-9223372036854775808 ms - 9223372036854775807 ms");
        assert_eq!(short_period(1_764_573_270_000, 1_764_575_998_000), "2025-12-01 07:14 - 07:59");
        assert_eq!(short_period(1_764_573_270_000, 1_764_673_270_000), "2025-12-01 07:14 - 12-02 11:01");
        assert_eq!(short_period(0, 1_764_573_270_000), "1970-01-01 00:00 - 2025-12-01 07:14");
        assert_eq!(short_period(i64::MAX, i64::MAX), "9223372036854775807 ms - 9223372036854775807 ms");
        let durations = [(0, "0 ms"), (999, "999 ms"), (61_000, "1 min 1 s"), (9_900_000, "2 h 45 min")];
        for (ms, text) in durations {
            assert_eq!(duration(ms), text);
        }
        assert_eq!(duration(277_200_000), "3 d 5 h");
    }

    #[test]
    fn shortening_keeps_both_ends_and_the_limit() {
        assert_eq!(shorten("short", 5, false), "short");
        assert_eq!(shorten("DefaultRule_AllowVnetInBound", 13, false), "Defaul…nBound");
        assert_eq!(shorten("DefaultRule_AllowVnetInBound", 13, true), "Defau...Bound");
        assert_eq!(shorten("abcdef", 2, true), "..");
        for limit in 0..20 {
            assert!(width(&shorten("规则规则规则规则", limit, false)) <= limit);
        }
    }

    #[test]
    fn wrapping_breaks_at_spaces_only() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("extraordinarily so", 5), ["extraordinarily", "so"]);
        assert_eq!(wrap(" two  blanks ", 20), [" two  blanks "]);
    }

    #[test]
    fn a_number_is_not_parted_from_its_unit_nor_a_date_from_its_time() {
        assert_eq!(wrap("sent 13.4 MiB, received 12 B", 8), ["sent", "13.4 MiB,", "received", "12 B"]);
        assert_eq!(wrap("rose by 17 %", 10), ["rose by", "17 %"]);
        assert_eq!(wrap("seen (2026-01-15 09:00 - 10:59)", 14), ["seen", "(2026-01-15 09:00", "- 10:59)"]);
        assert_eq!(wrap("of 3 hosts", 5), ["of 3", "hosts"]);
    }
}
