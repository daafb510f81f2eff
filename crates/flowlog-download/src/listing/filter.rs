//! Which blobs are wanted, decided by their names alone.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use flowlog_core::blob_path::{BlobName, Mac, Resource};

use super::window::{Hour, Hours, Window};

/// What a person asked for; a [`Filter`] once the time of the run is known.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Fixed times.
    pub window: Window,
    /// The time up to now.
    pub last: Option<TimeDelta>,
    /// Flow logs, or network security groups, by name.
    pub flow_logs: Vec<String>,
    /// Subscription ids.
    pub subscriptions: Vec<String>,
    /// NICs.
    pub macs: Vec<Mac>,
}

impl Selection {
    /// The filter of a run at `now`.
    pub fn at(&self, now: DateTime<Utc>) -> Filter {
        let from = self.last.and_then(|last| now.checked_sub_signed(last)).or(self.window.from);
        let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect();
        Filter {
            hours: Window { from, to: self.window.to }.hours(),
            flow_logs: lower(&self.flow_logs),
            subscriptions: lower(&self.subscriptions),
            macs: self.macs.clone(),
            keep_unknown: false,
        }
    }
}

/// Which blobs are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Hours of the blobs' names.
    pub hours: Hours,
    /// Names of flow logs or network security groups, lower case; empty: all.
    pub flow_logs: Vec<String>,
    /// Subscription ids, lower case; empty: all.
    pub subscriptions: Vec<String>,
    /// NICs; empty: all.
    pub macs: Vec<Mac>,
    /// Names that do not tell what the filter asks about are wanted.
    pub keep_unknown: bool,
}

/// What a filter says to one blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Wanted,
    /// It is not.
    Unwanted,
    /// Its name does not tell what the filter asks about.
    Unknown,
}

/// What a filter says to all blobs whose names begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// None is wanted.
    Skip,
    /// Some are: look one level deeper.
    Descend,
    /// Going deeper level by level would leave nothing out.
    Take,
}

/// Segments, after the key, of a flow log's whole Resource Manager path.
const LONGEST_PATH: usize = 10;
/// Segments, after the key, of today's form.
const SHORT_RESOURCE: usize = 2;
/// Completes a resource to a blob name.
const ANY_HOUR: &str = "y=2000/m=01/d=01/h=00/m=00/PT1H.json";

impl Filter {
    /// Whether it leaves nothing out.
    pub fn is_everything(&self) -> bool {
        self.hours.is_all() && !self.asks_for_resource() && self.macs.is_empty()
    }

    fn asks_for_resource(&self) -> bool {
        !(self.flow_logs.is_empty() && self.subscriptions.is_empty())
    }

    /// Judges a blob by its name.
    pub fn blob(&self, name: &str) -> Verdict {
        if self.is_everything() {
            return Verdict::Wanted;
        }
        let Some(parsed) = BlobName::parse(name) else { return Verdict::Unknown };
        // The parser took the hour from these very segments, so they are there.
        let Some((_, parts)) = date_parts(name) else { return Verdict::Unknown };
        let [year, month, day, hour] = parts[..] else { return Verdict::Unknown };
        let hour = Hour(i32::try_from(year).unwrap_or(i32::MAX), month, day, hour);
        if !(self.hours.contains(hour) && self.wants_resource(&parsed.resource)) {
            return Verdict::Unwanted;
        }
        match &parsed.mac {
            _ if self.macs.is_empty() => Verdict::Wanted,
            Some(mac) if self.macs.contains(mac) => Verdict::Wanted,
            Some(_) => Verdict::Unwanted,
            None => Verdict::Unknown,
        }
    }

    /// Whether a prefix is a resource or above one, not a time of it.
    pub(super) fn is_resource(prefix: &str) -> bool {
        date_parts(prefix).is_none()
    }

    /// Judges a prefix that ends in `/`, or the empty one.
    pub fn branch(&self, prefix: &str) -> Branch {
        if prefix.is_empty() {
            return Branch::Descend;
        }
        let Some((resource, parts)) = date_parts(prefix) else { return self.resource_branch(prefix) };
        match BlobName::parse(&format!("{resource}{ANY_HOUR}")) {
            None => return Branch::Take,
            Some(name) if !self.wants_resource(&name.resource) => return Branch::Skip,
            Some(_) => {}
        }
        let part = |index: usize, otherwise| parts.get(index).copied().unwrap_or(otherwise);
        let year = i32::try_from(part(0, 0)).unwrap_or(i32::MAX);
        let low = Hour(year, part(1, 1), part(2, 1), part(3, 0));
        let high = Hour(year, part(1, 12), part(2, 31), part(3, 23));
        if !self.hours.touches(low, high) {
            Branch::Skip
        } else if self.hours.covers(low, high) || parts.len() >= 4 {
            Branch::Take
        } else {
            Branch::Descend
        }
    }

    /// A prefix without date: the resource, or a beginning of one.
    fn resource_branch(&self, prefix: &str) -> Branch {
        let (key, rest) = prefix.split_once('=').unwrap_or((prefix, ""));
        if !(key.eq_ignore_ascii_case("flowLogResourceID") || key.eq_ignore_ascii_case("resourceId")) {
            return Branch::Take;
        }
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        let is_path = segments.first().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
        let whole = BlobName::parse(&format!("{prefix}{ANY_HOUR}")).map(|name| name.resource);
        match whole {
            // Two segments of a path look like a whole resource of today's form.
            Some(Resource::FlowLog { .. }) if is_path => {}
            Some(resource) if !self.wants_resource(&resource) => return Branch::Skip,
            Some(_) if self.hours.is_all() => return Branch::Take,
            Some(_) => return Branch::Descend,
            None => {}
        }
        let subscription = match segments[..] {
            [_, subscription, ..] if is_path => Some(subscription),
            [scope] if !is_path => scope.split('_').next(),
            _ => None,
        };
        if subscription.is_some_and(|id| !wants(&self.subscriptions, id)) {
            Branch::Skip
        } else if segments.len() > if is_path { LONGEST_PATH } else { SHORT_RESOURCE } {
            Branch::Take
        } else {
            Branch::Descend
        }
    }

    fn wants_resource(&self, resource: &Resource) -> bool {
        let (Resource::FlowLog { subscription, .. }
        | Resource::FlowLogPath { subscription, .. }
        | Resource::SecurityGroup { subscription, .. }) = resource;
        let called = self.flow_logs.is_empty() || self.flow_logs.iter().any(|name| resource.is_called(name));
        called && wants(&self.subscriptions, subscription)
    }
}

/// In a person's words: `hours 2025-10-05 09h to 2025-10-05 10h, flow log web`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hour =
            |hour: Option<Hour>, open: &str| hour.map_or_else(|| open.to_owned(), |hour| hour.to_string());
        let mut parts = Vec::new();
        if !self.hours.is_all() {
            let (first, last) = (hour(self.hours.first, "the first"), hour(self.hours.last, "now"));
            parts.push(format!("hours from {first} to {last}"));
        }
        let macs: Vec<String> = self.macs.iter().map(|mac| mac.as_str().to_owned()).collect();
        for (label, names) in
            [("flow log", &self.flow_logs), ("subscription", &self.subscriptions), ("MAC address", &macs)]
        {
            if !names.is_empty() {
                parts.push(format!("{label} {}", names.join(" or ")));
            }
        }
        f.write_str(&parts.join(", "))
    }
}

fn wants(asked: &[String], name: &str) -> bool {
    asked.is_empty() || asked.contains(&name.to_lowercase())
}

/// Splits a name or prefix at its date folders: what stands before, and year, month, day, hour as far
/// as they are there. `None` without a year.
fn date_parts(text: &str) -> Option<(&str, Vec<u32>)> {
    let mut at = 0;
    let mut parts = Vec::new();
    let mut resource = None;
    for segment in text.split('/') {
        let expected = ["y", "m", "d", "h"].get(parts.len());
        let value =
            segment.split_once('=').filter(|(key, _)| expected.is_some_and(|e| key.eq_ignore_ascii_case(e)));
        let number = value.and_then(|(_, digits)| digits.parse::<u32>().ok());
        match number {
            Some(number) => {
                resource = resource.or_else(|| text.get(..at));
                parts.push(number);
            }
            None if resource.is_some() => break,
            None => {}
        }
        at += segment.len() + 1;
    }
    Some((resource?, parts))
}

#[cfg(test)]
mod tests {
    use flowlog_core::select::when::{parse_from, parse_to};

    use super::*;
    use proptest::prelude::*;

    const SUB: &str = "8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5";

    /// The three layouts of a resource.
    fn resource(layout: usize, log: &str) -> String {
        match layout {
            0 => format!("flowLogResourceID=/{SUB}_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_{log}/"),
            1 => format!(
                "flowLogResourceID=/SUBSCRIPTIONS/{SUB}/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/\
                 NETWORKWATCHERS/NETWORKWATCHER_EASTUS/FLOWLOGS/{log}/"
            ),
            _ => format!(
                "resourceId=/SUBSCRIPTIONS/{SUB}/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/{log}/"
            ),
        }
    }

    fn filter(from: &str, to: &str) -> Filter {
        let window = Window {
            from: Some(parse_from(from).expect("a time").time),
            to: Some(parse_to(to).expect("a time").time),
        };
        Filter { hours: window.hours(), ..Filter::default() }
    }

    fn descends(filter: &Filter, name: &str) -> bool {
        let ends = name.match_indices('/').map(|(at, _)| at + 1);
        for prefix in ends.filter_map(|end| name.get(..end)) {
            match filter.branch(prefix) {
                Branch::Skip => return false,
                Branch::Take => return true,
                Branch::Descend => {}
            }
        }
        true
    }

    #[test]
    fn branches_are_followed_only_towards_the_wanted_hours() {
        let filter = filter("2025-10-05T09:00", "2025-10-05T10:00");
        for layout in 0..3 {
            let at = |rest: &str| filter.branch(&format!("{}{rest}", resource(layout, "LOG")));
            assert_eq!(at(""), Branch::Descend);
            assert_eq!(at("y=2024/"), Branch::Skip);
            assert_eq!(at("y=2025/"), Branch::Descend);
            assert_eq!(at("y=2025/m=09/"), Branch::Skip);
            assert_eq!(at("y=2025/m=10/d=05/"), Branch::Descend);
            assert_eq!(at("y=2025/m=10/d=05/h=08/"), Branch::Skip);
            assert_eq!(at("y=2025/m=10/d=05/h=09/"), Branch::Take);
            assert_eq!(at("y=2025/m=10/d=05/h=10/"), Branch::Take);
            assert_eq!(at("y=2025/m=10/d=05/h=11/"), Branch::Skip);
            assert_eq!(at("strange/"), if layout == 2 { Branch::Descend } else { Branch::Take });
        }
        assert_eq!(filter.branch("exports/"), Branch::Take);
        assert_eq!(filter.branch(""), Branch::Descend);
    }

    #[test]
    fn a_branch_within_the_window_is_read_in_one_go() {
        let filter = filter("2025-10-01", "2025-11-30");
        let at = |rest: &str| filter.branch(&format!("{}{rest}", resource(0, "LOG")));
        assert_eq!(at("y=2025/m=10/"), Branch::Take);
        assert_eq!(at("y=2025/m=11/d=05/"), Branch::Take);
        assert_eq!(at("y=2025/m=12/"), Branch::Descend);
    }

    #[test]
    fn names_are_compared_in_any_case_and_unknown_ones_are_told_apart() {
        let macs = vec![Mac::parse("7c-1e-52-64-84-0b").expect("a MAC")];
        let select = Selection {
            flow_logs: vec!["My_Log".into()],
            subscriptions: vec![SUB.into()],
            macs,
            ..Selection::default()
        };
        let filter = select.at(DateTime::UNIX_EPOCH);
        for layout in 0..3 {
            let blob = |log: &str, mac: &str| {
                format!("{}y=2025/m=10/d=05/h=09/m=00/{mac}PT1H.json", resource(layout, log))
            };
            let nic = "macAddress=7C1E5264840B/";
            assert_eq!(filter.blob(&blob("MY_LOG", nic)), Verdict::Wanted);
            assert_eq!(filter.blob(&blob("OTHER", nic)), Verdict::Unwanted);
            assert_eq!(filter.blob(&blob("MY_LOG", "macAddress=000000000000/")), Verdict::Unwanted);
            assert_eq!(filter.blob(&blob("MY_LOG", "")), Verdict::Unknown);
            assert_eq!(filter.branch(&resource(layout, "my_log")), Branch::Take);
            assert_eq!(filter.branch(&resource(layout, "LOG")), Branch::Skip);
        }
        assert_eq!(filter.blob("exports/x.json"), Verdict::Unknown);
        assert_eq!(filter.branch("flowLogResourceID=/SUBSCRIPTIONS/OTHER/"), Branch::Skip);
        assert_eq!(filter.branch("flowLogResourceID=/OTHER_NETWORKWATCHERRG/"), Branch::Skip);
        assert_eq!(filter.branch("flowLogResourceID=/SUBSCRIPTIONS/"), Branch::Descend);
        assert_eq!(Filter::default().blob("exports/x.json"), Verdict::Wanted);
    }

    #[test]
    fn a_flow_log_is_found_whatever_its_watcher_is_called() {
        let select = Selection { flow_logs: vec!["Flow1".into()], ..Selection::default() };
        let filter = select.at(DateTime::UNIX_EPOCH);
        let hour = "y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json";
        for (layout, watcher, wanted) in [
            (0, "NETWORKWATCHER_EASTUS", true),
            (0, "NW", true),
            (0, "NW_PROD", true),
            (0, "N_W_PROD_1", true),
            (0, "NETWORKWATCHER_HUB_EU", true),
            (0, "NETWORKWATCHER_EASTUS_PROD", false),
            (1, "NW_PROD", true),
            (1, "NETWORKWATCHER_EASTUS_PROD", true),
        ] {
            let prefix = resource(layout, "FLOW1").replace("NETWORKWATCHER_EASTUS", watcher);
            let name = format!("{prefix}{hour}");
            let (branch, verdict) =
                if wanted { (Branch::Take, Verdict::Wanted) } else { (Branch::Skip, Verdict::Unwanted) };
            assert_eq!((filter.branch(&prefix), filter.blob(&name)), (branch, verdict), "{prefix}");
        }
    }

    proptest! {
        /// Walking must never lose a blob the filter wants, nor one it would have to count as unknown.
        #[test]
        fn no_wanted_blob_lies_in_a_branch_that_is_skipped(
            layout in 0usize..3, watcher in "(NETWORKWATCHER_)?[A-Z_]{1,6}", log in "[A-Z_]{1,6}", asked in prop::option::of("[A-Z_]{1,3}"),
            day in 1u32..32, month in 1u32..13, hour in 0u32..24, mac in any::<bool>(),
            from in 0i64..400 * 24, span in 1i64..2000,
        ) {
            let nic = if mac { "macAddress=7C1E5264840B/" } else { "" };
            let resource = resource(layout, &log).replace("NETWORKWATCHER_EASTUS", &watcher);
            let name = format!("{resource}y=2025/m={month:02}/d={day:02}/h={hour:02}/m=00/{nic}PT1H.json");
            let start = parse_from("2025-01-01").expect("a date").time + TimeDelta::hours(from);
            let window = Window { from: Some(start), to: Some(start + TimeDelta::minutes(span * 7)) };
            let filter = Filter { hours: window.hours(), flow_logs: asked.iter().map(|a| a.to_lowercase()).collect(), ..Filter::default() };
            prop_assert!(filter.blob(&name) != Verdict::Wanted || descends(&filter, &name));
        }
    }
}
