//! Numbers in sentences.

use crate::text::count;

/// A count and what is counted.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The verb behind a number of things.
pub(super) fn were(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// `203.0.113.7:443`, `[2001:db8::7]:443`.
pub(super) fn service(address: &str, port: u16) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

/// A duration in the unit that fits: `45 s`, `12 min`, `5.5 hours`, `3.0 days`. Rounded down.
pub(super) fn duration(seconds: i64) -> String {
    duration_in(seconds, "hours", "days")
}

/// The same with the words for hours and for days of any language.
pub fn duration_in(seconds: i64, hours: &str, days: &str) -> String {
    let parts = |unit: i64| tenths(seconds as f64 / unit as f64);
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{:.1} {hours}", parts(3_600)),
        _ => format!("{:.1} {days}", parts(86_400)),
    }
}

/// `22`, `22 and 3389`, `22, 445 and 3389`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Rounded down to tenths. What is 0.3 in binary is a little less, and still 0.3.
pub(super) fn tenths(value: f64) -> f64 {
    (value * 10.0 + 1e-6).floor() / 10.0
}

/// Rounded down to hundredths.
pub(super) fn hundredths(value: f64) -> f64 {
    (value * 100.0 + 1e-6).floor() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_fits_and_nothing_is_rounded_up() {
        assert_eq!(
            [duration(59), duration(3_599), duration(14_399), duration(200_000)],
            ["59 s", "59 min", "3.9 hours", "2.3 days"]
        );
        assert!((hundredths(0.8999) - 0.89).abs() < 1e-9 && (hundredths(0.9) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_list_reads_as_one_says_it() {
        let all = ["22", "445", "3389"].map(str::to_owned);
        assert_eq!([list(&all[..1]), list(&all[..2]), list(&all)], ["22", "22 and 445", "22, 445 and 3389"]);
    }
}
