//! What a limit of the thresholds file may be.

use std::fmt;

/// A year, in seconds: no window is longer, and none overflows.
const LONGEST: i64 = 366 * 86_400;

/// What a limit may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A whole number, 1 or more.
    Count,
    /// A whole number of seconds, from 1 to a year.
    Seconds,
    /// A number, 0 or more.
    Number,
    /// A number from 0 to 1.
    Share,
    /// A number between 0 and 1, neither of them.
    Chance,
}

impl Allowed {
    /// What a field of this name and type may be.
    pub(super) fn of(field: &str, kind: &str) -> Self {
        match (kind, field) {
            ("f64", "theta0" | "theta1" | "detection" | "false_alarm") => Self::Chance,
            ("f64", "failed_share" | "short_share" | "low" | "medium" | "dense") => Self::Share,
            ("f64", _) => Self::Number,
            _ if field.ends_with("seconds") => Self::Seconds,
            _ => Self::Count,
        }
    }

    /// True if a whole number is allowed.
    pub fn takes_whole(self, value: i64) -> bool {
        match self {
            Self::Count => value >= 1,
            Self::Seconds => (1..=LONGEST).contains(&value),
            Self::Number | Self::Share | Self::Chance => self.takes(value as f64),
        }
    }

    /// True if a number with a fraction is allowed.
    pub fn takes(self, value: f64) -> bool {
        match self {
            Self::Count | Self::Seconds => false,
            Self::Number => value.is_finite() && value >= 0.0,
            Self::Share => (0.0..=1.0).contains(&value),
            Self::Chance => value > 0.0 && value < 1.0,
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("a whole number, 1 or more"),
            Self::Seconds => write!(f, "a whole number of seconds from 1 to {LONGEST}"),
            Self::Number => f.write_str("a number, 0 or more"),
            Self::Share => f.write_str("a number from 0 to 1"),
            Self::Chance => f.write_str("a number between 0 and 1, neither of them"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Thresholds;
    use super::*;

    #[test]
    fn what_is_no_number_is_no_limit() {
        for allowed in [Allowed::Count, Allowed::Seconds, Allowed::Number, Allowed::Share, Allowed::Chance] {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1] {
                assert!(!allowed.takes(value), "{allowed:?} {value}");
            }
            assert!(!allowed.takes_whole(-1));
        }
        assert!(Allowed::Share.takes(1.0) && Allowed::Share.takes_whole(0) && !Allowed::Share.takes(1.1));
        assert!(!Allowed::Chance.takes_whole(1) && Allowed::Chance.takes(0.99));
        assert!(!Allowed::Seconds.takes_whole(i64::MAX) && !Allowed::Count.takes_whole(0));
    }

    #[test]
    fn the_defaults_are_allowed_and_agree() {
        assert_eq!(Thresholds::default().contradiction(), None);
        let scores = Thresholds::sections().into_iter().find(|(name, _)| *name == "beacon").unwrap().1;
        let low = scores.iter().find(|(key, _)| *key == "low").unwrap().1;
        assert_eq!((scores[0], low), (("connections", Allowed::Count), Allowed::Share));
    }
}
