//! Limits of the thresholds file, each by what it may be.

use flowlog_core::finding::{Allowed, Thresholds};
use toml::{Table, Value};

/// Why a limit cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// A section no detector has.
    #[error("there is no section {section}; there are internal, {known}")]
    Section {
        /// As written.
        section: String,
        /// Those there are.
        known: String,
    },
    /// A key the section does not have.
    #[error("there is no limit {key}; {section} has {known}")]
    Key {
        /// As written, behind its section.
        key: String,
        /// The section.
        section: &'static str,
        /// Its keys.
        known: String,
    },
    /// A value that the limit may not have.
    #[error("{key} is {found}: allowed is {allowed}")]
    Value {
        /// The limit, behind its section.
        key: String,
        /// As written.
        found: String,
        /// What it may be.
        allowed: String,
    },
    /// Two limits that contradict each other.
    #[error("{smaller} must be smaller than {larger}")]
    Order {
        /// The one.
        smaller: &'static str,
        /// The other.
        larger: &'static str,
    },
}

/// The one key that is no section: own networks.
const INTERNAL: &str = "internal";

/// Checks every limit of a file by name and value.
pub(super) fn check(file: &Table) -> Result<(), LimitError> {
    let sections = Thresholds::sections();
    for (name, value) in file {
        if name == INTERNAL {
            let texts = |list: &Vec<Value>| list.iter().all(Value::is_str);
            if !value.as_array().is_some_and(texts) {
                let allowed = "a list of networks in quotes".to_owned();
                return Err(LimitError::Value { key: name.clone(), found: found(value), allowed });
            }
            continue;
        }
        let Some((section, limits)) = sections.iter().find(|(section, _)| section == name) else {
            let known = names(sections.iter().map(|(section, _)| *section));
            return Err(LimitError::Section { section: name.clone(), known });
        };
        let Value::Table(keys) = value else {
            let allowed = format!("a section with {}", names(limits.iter().map(|(key, _)| *key)));
            return Err(LimitError::Value { key: name.clone(), found: found(value), allowed });
        };
        for (key, value) in keys {
            let Some((_, allowed)) = limits.iter().find(|(limit, _)| limit == key) else {
                let known = names(limits.iter().map(|(key, _)| *key));
                return Err(LimitError::Key { key: format!("{section}.{key}"), section, known });
            };
            if !takes(*allowed, value) {
                let (found, allowed) = (found(value), allowed.to_string());
                return Err(LimitError::Value { key: format!("{section}.{key}"), found, allowed });
            }
        }
    }
    Ok(())
}

fn takes(allowed: Allowed, value: &Value) -> bool {
    match value {
        Value::Integer(value) => allowed.takes_whole(*value),
        Value::Float(value) => allowed.takes(*value),
        _ => false,
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        other => format!("of type {}", other.type_str()),
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        check(&text.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_is_refused_by_name_with_what_is_allowed() {
        for (text, told) in [
            ("[beacon]\nlow = nan", "beacon.low is NaN: allowed is a number from 0 to 1"),
            ("[beacon]\nlow = 1.5", "beacon.low is 1.5: allowed is a number from 0 to 1"),
            ("strobe.per_second = inf", "strobe.per_second is inf: allowed is a number, 0 or more"),
            ("[exfiltration]\nratio = -3", "exfiltration.ratio is -3: allowed is a number, 0 or more"),
            (
                "[vertical_scan]\nports = -1",
                "vertical_scan.ports is -1: allowed is a whole number, 1 or more",
            ),
            (
                "[vertical_scan]\nports = 1.5",
                "vertical_scan.ports is 1.5: allowed is a whole number, 1 or more",
            ),
            (
                "[vertical_scan]\nports = \"15\"",
                "vertical_scan.ports is of type string: allowed is a whole number, 1 or more",
            ),
            (
                "[vertical_scan]\nwindow_seconds = 9223372036854775807",
                "vertical_scan.window_seconds is 9223372036854775807: allowed is a whole number of seconds from 1 to \
                 31622400",
            ),
            (
                "[slow_scan]\ntheta0 = 1",
                "slow_scan.theta0 is 1: allowed is a number between 0 and 1, neither of them",
            ),
            (
                "[strobe]\nper_minute = 1",
                "there is no limit strobe.per_minute; strobe has per_second, span_seconds",
            ),
            (
                "internal = \"10.0.0.0/8\"",
                "internal is of type string: allowed is a list of networks in quotes",
            ),
            ("internal = [1]", "internal is of type array: allowed is a list of networks in quotes"),
            ("strobe = 3", "strobe is 3: allowed is a section with per_second, span_seconds"),
        ] {
            assert_eq!(checked(text).unwrap_err(), told);
        }
        assert!(
            checked("[strobes]\nx = 1")
                .unwrap_err()
                .starts_with("there is no section strobes; there are internal, ")
        );
        assert_eq!(checked("internal = [\"10.0.0.0/8\"]\n[exfiltration]\nratio = 3\nz_score = 0"), Ok(()));
    }

    #[test]
    fn every_limit_there_is_can_be_set() {
        let sections = Thresholds::sections();
        for (section, limits) in &sections {
            for (key, allowed) in limits {
                let text = format!("[{section}]\n{key} = {}", if allowed.takes(0.5) { "0.5" } else { "7" });
                checked(&text).unwrap();
                toml::from_str::<Thresholds>(&text).unwrap();
            }
        }
        // Serde knows every section: none is missing above.
        let told = toml::from_str::<Thresholds>("nothing = 1").unwrap_err().message().to_owned();
        assert_eq!(told.matches('`').count() / 2, sections.len() + 2, "{told}");
        for (section, limits) in &sections {
            let told = toml::from_str::<Thresholds>(&format!("[{section}]\nnothing = 1")).unwrap_err();
            assert_eq!(told.message().matches('`').count() / 2, limits.len() + 1, "{told}");
        }
    }
}
