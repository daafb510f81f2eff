//! The blob name Azure gives a flow log, in typed parts.

use std::fmt;

use super::{Moment, region::is_region};

/// The resource a flow-log blob was written for, as the first half of its name spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Today's VNet form: `flowLogResourceID=/{subscription}_{group}/{watcher}_{flow log}`.
    FlowLog {
        /// Subscription id.
        subscription: String,
        /// Resource group of the network watcher; empty when the segment has none.
        resource_group: String,
        /// Network watcher with its region, `NETWORKWATCHER_EASTUS`; empty when the segment has none.
        watcher: String,
        /// Name of the flow-log resource. Both names may hold `_`, and the segment does not say where one
        /// ends: of a watcher with a name of its own this is all behind the first `_`, which may be too
        /// much. [`Resource::is_called`] knows the other readings.
        flow_log: String,
    },
    /// Older VNet form: the flow log's whole Resource Manager path.
    FlowLogPath {
        /// Subscription id.
        subscription: String,
        /// Resource group of the network watcher.
        resource_group: String,
        /// Network watcher, `NETWORKWATCHER_EASTUS`.
        watcher: String,
        /// Name of the flow-log resource.
        flow_log: String,
    },
    /// NSG flow logs: the network security group's Resource Manager path.
    SecurityGroup {
        /// Subscription id.
        subscription: String,
        /// Resource group of the network security group.
        resource_group: String,
        /// Name of the network security group.
        group: String,
    },
}

impl Resource {
    /// The name local files carry: of the flow log, or for NSG logs of the network security group.
    pub fn flow_log_name(&self) -> &str {
        match self {
            Self::FlowLog { flow_log, .. } | Self::FlowLogPath { flow_log, .. } => flow_log,
            Self::SecurityGroup { group, .. } => group,
        }
    }

    /// Whether this may be the flow log (or network security group) of that name, in any case.
    ///
    /// Azure's own watchers are called `NetworkWatcher_` and a region, so there the flow log's name is what
    /// follows. A watcher with a name of its own may hold `_` like the flow log: `NW_PROD_FLOW1` is
    /// `FLOW1` of `NW_PROD` or `PROD_FLOW1` of `NW`, and answers to both. The whole segment is a name, too.
    pub fn is_called(&self, name: &str) -> bool {
        let same = |known: &str| known.to_lowercase() == name.to_lowercase();
        let Self::FlowLog { watcher, flow_log, .. } = self else { return same(self.flow_log_name()) };
        if same(flow_log) || same(&format!("{watcher}_{flow_log}")) {
            return true;
        }
        !is_default_watcher(watcher)
            && flow_log.match_indices('_').any(|(at, _)| flow_log.get(at + 1..).is_some_and(same))
    }
}

const DEFAULT_WATCHER: &str = "NETWORKWATCHER_";

/// Whether Azure made the watcher and gave it the name of its region.
fn is_default_watcher(watcher: &str) -> bool {
    let prefix = watcher.get(..DEFAULT_WATCHER.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(DEFAULT_WATCHER))
        && watcher.get(DEFAULT_WATCHER.len()..).is_some_and(is_region)
}

/// A NIC's MAC address: twelve upper-case hex digits without separators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(String);

impl Mac {
    /// Reads a MAC address in either case, bare or with `-` or `:` between its pairs.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        let valid = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then(|| Self(digits.to_ascii_uppercase()))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A flow-log blob name in its parts; `Display` writes the name again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobName {
    /// What the log was written for.
    pub resource: Resource,
    /// Hour (and minute) of the blob, UTC, from `y=/m=/d=/h=/m=`.
    pub start: Moment,
    /// The NIC; some old NSG blobs name none.
    pub mac: Option<Mac>,
    /// Last segment, `PT1H.json`.
    pub leaf: String,
}

impl BlobName {
    /// Reads a blob name; `None` when it has none of the three known shapes.
    ///
    /// Keys (`y=`, `macAddress=`, `SUBSCRIPTIONS`) match in any case, as Azure writes both.
    pub fn parse(name: &str) -> Option<Self> {
        let (key, rest) = name.split_once('=')?;
        let is_vnet = key.eq_ignore_ascii_case("flowLogResourceID");
        if !is_vnet && !key.eq_ignore_ascii_case("resourceId") {
            return None;
        }
        let mut segments: Vec<&str> = rest.trim_start_matches('/').split('/').collect();
        let leaf = segments.pop().filter(|leaf| !leaf.is_empty())?;
        let mac = match segments.last().and_then(|last| value(last, "macAddress")) {
            Some(text) => {
                segments.pop();
                Some(Mac::parse(text)?)
            }
            None => None,
        };
        let start = pop_start(&mut segments)?;
        let resource = resource(&segments, is_vnet)?;
        Some(Self { resource, start, mac, leaf: leaf.to_owned() })
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Resource::FlowLog { subscription, resource_group, watcher, flow_log } => {
                f.write_str("flowLogResourceID=/")?;
                write_joined(f, subscription, resource_group)?;
                f.write_str("/")?;
                write_joined(f, watcher, flow_log)?;
            }
            Resource::FlowLogPath { subscription, resource_group, watcher, flow_log } => write!(
                f,
                "flowLogResourceID=/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/{resource_group}/PROVIDERS/\
                 MICROSOFT.NETWORK/NETWORKWATCHERS/{watcher}/FLOWLOGS/{flow_log}"
            )?,
            Resource::SecurityGroup { subscription, resource_group, group } => write!(
                f,
                "resourceId=/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/{resource_group}/PROVIDERS/\
                 MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/{group}"
            )?,
        }
        write!(f, "/{}", self.start.blob_folders())?;
        if let Some(mac) = &self.mac {
            write!(f, "/macAddress={}", mac.as_str())?;
        }
        write!(f, "/{}", self.leaf)
    }
}

/// `left_right`, or the side that is there.
fn write_joined(f: &mut fmt::Formatter<'_>, left: &str, right: &str) -> fmt::Result {
    let separator = if left.is_empty() || right.is_empty() { "" } else { "_" };
    write!(f, "{left}{separator}{right}")
}

/// The value of a `key=value` segment, the key in any case.
fn value<'a>(segment: &'a str, key: &str) -> Option<&'a str> {
    let (found, value) = segment.split_once('=')?;
    found.eq_ignore_ascii_case(key).then_some(value)
}

/// Takes `y=/m=/d=/h=` and the minute's `m=`, if there, off the end of the segments.
fn pop_start(segments: &mut Vec<&str>) -> Option<Moment> {
    fn number(text: &str) -> Option<u32> {
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if plain { text.parse().ok() } else { None }
    }
    let minute = match segments.last().and_then(|last| value(last, "m")) {
        Some(text) => {
            segments.pop();
            number(text)?
        }
        None => 0,
    };
    let mut parts = [0u32; 4];
    for (part, key) in parts.iter_mut().zip(["h", "d", "m", "y"]) {
        *part = number(value(segments.pop()?, key)?)?;
    }
    let [hour, day, month, year] = parts;
    Moment::new(i32::try_from(year).ok()?, month, day, hour, minute, 0)
}

fn resource(segments: &[&str], is_vnet: bool) -> Option<Resource> {
    let named = |index: usize, name: &str| segments.get(index).is_some_and(|s| s.eq_ignore_ascii_case(name));
    let arm = named(0, "subscriptions")
        && named(2, "resourceGroups")
        && named(4, "providers")
        && named(5, "Microsoft.Network");
    match segments {
        [scope, log] if is_vnet && !log.is_empty() => {
            let (subscription, resource_group) = scope.split_once('_').unwrap_or((scope, ""));
            let (watcher, flow_log) = split_watcher(log);
            Some(Resource::FlowLog {
                subscription: subscription.to_owned(),
                resource_group: resource_group.to_owned(),
                watcher: watcher.to_owned(),
                flow_log: flow_log.to_owned(),
            })
        }
        [_, subscription, _, group, _, _, _, watcher, _, flow_log]
            if is_vnet
                && arm
                && named(6, "networkWatchers")
                && named(8, "flowLogs")
                && !flow_log.is_empty() =>
        {
            Some(Resource::FlowLogPath {
                subscription: (*subscription).to_owned(),
                resource_group: (*group).to_owned(),
                watcher: (*watcher).to_owned(),
                flow_log: (*flow_log).to_owned(),
            })
        }
        [_, subscription, _, resource_group, _, _, _, group]
            if !is_vnet && arm && named(6, "networkSecurityGroups") && !group.is_empty() =>
        {
            Some(Resource::SecurityGroup {
                subscription: (*subscription).to_owned(),
                resource_group: (*resource_group).to_owned(),
                group: (*group).to_owned(),
            })
        }
        _ => None,
    }
}

/// Splits `NETWORKWATCHER_{REGION}_{FLOWLOG}`; a flow log's name may hold `_` itself, a region cannot.
/// Any other watcher's name is taken to end at its first `_`.
fn split_watcher(segment: &str) -> (&str, &str) {
    let default =
        segment.get(..DEFAULT_WATCHER.len()).is_some_and(|s| s.eq_ignore_ascii_case(DEFAULT_WATCHER));
    let from = if default { DEFAULT_WATCHER.len() } else { 0 };
    match segment.get(from..).and_then(|rest| rest.find('_')).map(|at| from + at) {
        Some(at) if at > 0 && at + 1 < segment.len() => (&segment[..at], &segment[at + 1..]),
        _ => ("", segment),
    }
}

/// Drops the folders a download tool put above the blob name (account, container).
///
/// What is left begins at `flowLogResourceID=` or `resourceId=`; a path without either stays whole.
pub fn strip_folders_above(path: &str) -> &str {
    let mut start = 0;
    for segment in path.split('/') {
        if value(segment, "flowLogResourceID").is_some() || value(segment, "resourceId").is_some() {
            return &path[start..];
        }
        start += segment.len() + 1;
    }
    path
}

/// Undoes the `%3A`-style encoding tools use for characters Windows forbids.
///
/// Text whose escapes do not decode to UTF-8 is returned as it is.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VNET: &str = "flowLogResourceID=/8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5_NETWORKWATCHERRG/\
        NETWORKWATCHER_EASTUS_PROD_VNET-FLOWLOG/y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json";
    const VNET_PATH: &str = "flowLogResourceID=/SUBSCRIPTIONS/8AD06DA4/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/\
        MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_EASTUS/FLOWLOGS/VNETLOG/y=2024/m=02/d=29/h=23/m=00/\
        macAddress=7C1E5264840B/PT1H.json";
    const NSG: &str = "resourceId=/SUBSCRIPTIONS/8AD06DA4/RESOURCEGROUPS/RG-ONE/PROVIDERS/MICROSOFT.NETWORK/\
        NETWORKSECURITYGROUPS/WEB-NSG/y=2020/m=01/d=31/h=07/m=00/macAddress=000D3A1B2C3D/PT1H.json";

    #[test]
    fn every_known_shape_is_read_and_written_back() {
        for (name, log, start) in [
            (VNET, "PROD_VNET-FLOWLOG", Moment::new(2025, 10, 5, 9, 0, 0)),
            (VNET_PATH, "VNETLOG", Moment::new(2024, 2, 29, 23, 0, 0)),
            (NSG, "WEB-NSG", Moment::new(2020, 1, 31, 7, 0, 0)),
        ] {
            let blob = BlobName::parse(name).expect("a known shape");
            assert_eq!(blob.resource.flow_log_name(), log);
            assert_eq!(Some(blob.start), start);
            assert_eq!(blob.to_string(), name);
        }
    }

    #[test]
    fn the_subscription_the_group_and_the_watcher_are_told_apart() {
        let blob = BlobName::parse(VNET).expect("a VNet name");
        assert_eq!(
            blob.resource,
            Resource::FlowLog {
                subscription: "8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5".into(),
                resource_group: "NETWORKWATCHERRG".into(),
                watcher: "NETWORKWATCHER_EASTUS".into(),
                flow_log: "PROD_VNET-FLOWLOG".into(),
            }
        );
        let custom =
            BlobName::parse(&VNET.replace("NETWORKWATCHER_EASTUS_", "MYWATCHER_")).expect("a VNet name");
        assert_eq!(custom.resource.flow_log_name(), "PROD_VNET-FLOWLOG");
    }

    #[test]
    fn a_flow_log_answers_to_every_name_its_segment_may_hold() {
        let called = |segment: &str, name: &str| {
            let text = VNET.replace("NETWORKWATCHER_EASTUS_PROD_VNET-FLOWLOG", segment);
            BlobName::parse(&text).expect("a VNet name").resource.is_called(name)
        };
        for name in ["FLOW1", "flow1", "PROD_FLOW1", "NW_PROD_FLOW1"] {
            assert!(called("NW_PROD_FLOW1", name), "{name}");
        }
        for name in ["NW", "PROD", "NW_PROD", "LOW1", "FLOW", "W_PROD_FLOW1", "", "_FLOW1"] {
            assert!(!called("NW_PROD_FLOW1", name), "{name}");
        }
        // Azure's own watchers leave no doubt; one that only begins like them does.
        assert!(called("NETWORKWATCHER_EASTUS_PROD_FLOW1", "prod_flow1"));
        assert!(called("NETWORKWATCHER_EASTUS_PROD_FLOW1", "NetworkWatcher_eastus_PROD_FLOW1"));
        assert!(!called("NETWORKWATCHER_EASTUS_PROD_FLOW1", "FLOW1"));
        assert!(called("NETWORKWATCHER_PROD_EU_FLOW1", "FLOW1"));
        assert!(called("NETWORKWATCHER_PROD_EU_FLOW1", "EU_FLOW1"));
        // Without any watcher, and with `_` at an end.
        assert!(called("FLOW1", "flow1") && called("NW__FLOW1", "_FLOW1") && called("NW__FLOW1", "FLOW1"));
        assert!(called("NW_FLOW1_", "FLOW1_") && called("_FLOW1", "_FLOW1"));
        // The older path says it plainly.
        let old = BlobName::parse(&VNET_PATH.replace("VNETLOG", "PROD_FLOW1")).expect("a VNet name");
        assert!(old.resource.is_called("prod_flow1") && !old.resource.is_called("FLOW1"));
    }

    #[test]
    fn the_case_of_keys_does_not_matter() {
        let lower = VNET.to_ascii_lowercase();
        let blob = BlobName::parse(&lower).expect("a VNet name");
        assert_eq!(blob.mac, Mac::parse("7c-1e-52-64-84-0b"));
        assert_eq!(blob.start, BlobName::parse(VNET).expect("a VNet name").start);
    }

    #[test]
    fn other_names_have_no_parts() {
        for name in [
            "",
            "/",
            "PT1H.json",
            "flowLogResourceID=",
            "flowLogResourceID=/a/b/PT1H.json",
            "resourceId=/TENANTS/x/PROVIDERS/MICROSOFT.AADIAM/y=2025/m=01/d=01/h=00/m=00/PT1H.json",
            "flowLogResourceID=/a_b/c_d/y=2025/m=13/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json",
            "flowLogResourceID=/a_b/c_d/y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E52/PT1H.json",
            "flowLogResourceID=/a_b/c_d/y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/",
        ] {
            assert_eq!(BlobName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn folders_above_the_name_are_dropped() {
        let below = format!("account/insights-logs-flowlogflowevent/{VNET}");
        assert_eq!(strip_folders_above(&below), VNET);
        assert_eq!(strip_folders_above(VNET), VNET);
        assert_eq!(strip_folders_above("a/b.json"), "a/b.json");
    }

    #[test]
    fn percent_escapes_are_undone_only_when_they_are_escapes() {
        assert_eq!(percent_decode("macAddress%3D00%3a11"), "macAddress=00:11");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("50%zz%4"), "50%zz%4");
        assert_eq!(percent_decode("%ff"), "%ff");
    }

    proptest! {
        #[test]
        fn parts_survive_writing_and_reading(
            sub in "[0-9A-F]{8}-[0-9A-F]{4}", rg in "[A-Z][A-Z0-9_-]{0,12}", region in "[A-Z]{4,12}[0-9]?",
            log in "[A-Z][A-Za-z0-9_.-]{0,40}", y in 1990i32..2100, m in 1u32..13, d in 1u32..29, h in 0u32..24,
            minute in 0u32..60, mac in "[0-9A-F]{12}", shape in 0..3,
        ) {
            let watcher = format!("NETWORKWATCHER_{region}");
            let resource = match shape {
                0 => Resource::FlowLog { subscription: sub, resource_group: rg, watcher, flow_log: log },
                1 => Resource::FlowLogPath { subscription: sub, resource_group: rg, watcher, flow_log: log },
                _ => Resource::SecurityGroup { subscription: sub, resource_group: rg, group: log },
            };
            let start = Moment::new(y, m, d, h, minute, 0).expect("a valid time");
            let blob = BlobName { resource, start, mac: Mac::parse(&mac), leaf: "PT1H.json".into() };
            prop_assert_eq!(BlobName::parse(&blob.to_string()), Some(blob));
        }

        /// Wherever the watcher's name ends, the flow log is found.
        #[test]
        fn every_cut_of_a_watchers_own_name_is_found(watcher in "[A-Z][A-Z0-9_.-]{0,12}", log in "[A-Z0-9][A-Z0-9_.-]{0,12}") {
            prop_assume!(!is_default_watcher(watcher.split_inclusive('_').take(2).collect::<String>().trim_end_matches('_')));
            let name = VNET.replace("NETWORKWATCHER_EASTUS_PROD_VNET-FLOWLOG", &format!("{watcher}_{log}"));
            prop_assert!(BlobName::parse(&name).expect("a VNet name").resource.is_called(&log.to_lowercase()));
        }

        #[test]
        fn no_name_makes_the_reader_panic(name in ".*", tail in "(flowLogResourceID=/|[a-z_/=%]|y=|m=|[0-9]){0,30}") {
            let _ = BlobName::parse(&name);
            let _ = BlobName::parse(&tail);
            let _ = strip_folders_above(&name);
            let _ = percent_decode(&tail);
        }
    }
}
