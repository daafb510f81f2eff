//! Limits of the detectors, each by what it may be.

use flowlog_core::finding::{Allowed, Thresholds};
use toml::{Table, Value};

use super::file::instead;

/// Why a limit cannot be used, and where it stands.
#[derive(Debug)]
pub(super) struct Slip {
    pub(super) section: String,
    pub(super) key: Option<String>,
    pub(super) message: String,
}

/// Checks every limit of sections that there are, by name and value.
pub(super) fn check(sections: &Table) -> Result<(), Slip> {
    let known = Thresholds::sections();
    for (section, limits) in &known {
        let Some(value) = sections.get(*section) else { continue };
        let slip = |key: Option<&str>, message| Slip {
            section: (*section).to_owned(),
            key: key.map(str::to_owned),
            message,
        };
        let names = limits.iter().map(|(key, _)| *key);
        let Value::Table(keys) = value else {
            let names = names.collect::<Vec<_>>().join(", ");
            return Err(slip(
                None,
                format!("{section} is {}: allowed is a section with {names}", found(value)),
            ));
        };
        for (key, value) in keys {
            let Some((_, allowed)) = limits.iter().find(|(limit, _)| limit == key) else {
                let message = format!("there is no limit {section}.{key}; {}", instead(key, names));
                return Err(slip(Some(key), message));
            };
            if !takes(*allowed, value) {
                let message = format!("{section}.{key} is {}: allowed is {allowed}", found(value));
                return Err(slip(Some(key), message));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        check(&text.parse().unwrap()).map_err(|slip| slip.message)
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
                "there is no limit strobe.per_minute; there are per_second, span_seconds",
            ),
            ("[strobe]\nper_secnd = 1", "there is no limit strobe.per_secnd; did you mean per_second?"),
            ("strobe = 3", "strobe is 3: allowed is a section with per_second, span_seconds"),
        ] {
            assert_eq!(checked(text).unwrap_err(), told);
        }
        assert_eq!(checked("[exfiltration]\nratio = 3\nz_score = 0"), Ok(()));
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
