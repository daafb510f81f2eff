//! Names of folders and files -> names with the same parts, replaced as in the logs.

use std::path::{Component, Path, PathBuf};

use super::Anonymizer;
use super::words::{is_part, split_prefix, split_watcher};

/// Endings that say what a file holds.
const ENDINGS: [&str; 4] = [".json", ".ndjson", ".jsonl", ".log"];
/// Endings that say how it is packed.
const PACKED: [&str; 4] = [".gz", ".zst", ".bz2", ".xz"];
/// Folders of a blob's time: `y=2026`, `m=01`, `d=15`, `h=09`.
const TIME_KEYS: [&str; 4] = ["y=", "m=", "d=", "h="];
const MAC_KEY: &str = "macAddress=";
/// What the downloader's names begin with.
const LOCAL: &str = "FlowLog";
const LEAF: &str = "PT1H";

impl Anonymizer {
    /// The path that stands for `path`, without the ending of a packed file. Azure's blob names keep their
    /// form, and so do the names that the downloader gives: folders by day and hour, `FlowLog_...`.
    pub fn path(&mut self, path: &Path) -> PathBuf {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let watcher = parts.iter().position(|part| part.eq_ignore_ascii_case("flowLogResourceID="));
        let Some((file, folders)) = parts.split_last() else { return PathBuf::new() };
        let mut mapped = PathBuf::new();
        for (index, part) in folders.iter().enumerate() {
            // Two names in one, whoever made the watcher.
            let joined =
                watcher.is_some_and(|at| index == at + 2) && !is_part(part) && split_watcher(part).is_none();
            mapped.push(match part.split_once('_').filter(|_| joined) {
                Some((watcher, log)) => format!("{}_{}", self.part(watcher), self.part(log)),
                None => self.folder(part),
            });
        }
        mapped.push(self.file(file));
        mapped
    }

    fn folder(&mut self, name: &str) -> String {
        if let Some((key, mac)) = split_prefix(name, MAC_KEY) {
            return format!("{key}{}", self.part(mac));
        }
        let digits = |text: &str| {
            !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_time =
            TIME_KEYS.iter().filter_map(|key| split_prefix(name, key)).any(|(_, rest)| digits(rest));
        let is_date = name.len() == 10 && name.split('-').count() == 3 && name.split('-').all(digits);
        let is_hour = name.len() == 2 && digits(name);
        if is_time || is_date || is_hour { name.to_owned() } else { self.part(name) }
    }

    fn file(&mut self, name: &str) -> String {
        let name = without_ending(name, &PACKED).0;
        let (stem, ending) = without_ending(name, &ENDINGS);
        format!("{}{ending}", self.stem(stem))
    }

    fn stem(&mut self, stem: &str) -> String {
        let digits = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        let hash = |text: &str| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parts: Vec<&str> = stem.split('_').collect();
        match parts.as_slice() {
            [LEAF] => LEAF.to_owned(),
            [LOCAL, time, short, LEAF] if digits(time) && hash(short) => {
                format!("{LOCAL}_{time}_{}_{LEAF}", self.names.digits(short))
            }
            [LOCAL, time, log @ .., mac, long] if digits(time) && hash(long) && !log.is_empty() => {
                let (log, mac) = (self.part(&log.join("_")), self.part(mac));
                format!("{LOCAL}_{time}_{log}_{mac}_{}", self.names.digits(long))
            }
            _ => self.folder(stem),
        }
    }
}

/// Splits off the first of `endings` that `name` has.
fn without_ending<'n>(name: &'n str, endings: &[&str]) -> (&'n str, &'n str) {
    let split = endings.iter().find_map(|ending| {
        let at = name.len().checked_sub(ending.len())?;
        let (stem, found) = name.split_at_checked(at)?;
        (found.eq_ignore_ascii_case(ending) && !stem.is_empty()).then_some((stem, found))
    });
    split.unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;
    use crate::blob_path::{BlobName, Form, LocalName};

    const VNET: &str = "flowLogResourceID=/8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5_NETWORKWATCHERRG/\
        NETWORKWATCHER_EASTUS_PROD_VNET-FLOWLOG/y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json";
    const NSG: &str = "resourceId=/SUBSCRIPTIONS/8AD06DA4-71EB-4B2A-9C9E-C4A1B2F3D4E5/RESOURCEGROUPS/RG-ONE/PROVIDERS/\
        MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB-NSG/y=2020/m=01/d=31/h=07/m=00/macAddress=000D3A1B2C3D/PT1H.json";

    fn mapped(path: &str) -> String {
        let mapped = Anonymizer::new(&Key::new([9; 32])).path(Path::new(path));
        mapped.to_str().unwrap().replace('\\', "/")
    }

    fn leaks_nothing(mapped: &str) {
        for gone in ["8AD06DA4", "PROD", "VNET-FLOW", "7C1E52", "RG-ONE", "WEB-NSG", "000D3A"] {
            assert!(!mapped.contains(gone), "{mapped}");
        }
    }

    #[test]
    fn blob_names_stay_blob_names() {
        for name in [VNET, NSG, &VNET.replace("NETWORKWATCHER_EASTUS", "MINE")] {
            let after = mapped(name);
            leaks_nothing(&after);
            let (before, after) = (BlobName::parse(name).unwrap(), BlobName::parse(&after).unwrap());
            assert_eq!((before.start, before.leaf), (after.start, after.leaf));
            assert_ne!(before.mac, after.mac);
            let kind = std::mem::discriminant(&before.resource);
            assert_eq!(kind, std::mem::discriminant(&after.resource));
        }
    }

    #[test]
    fn the_downloaders_names_stay_such() {
        for form in [Form::Full, Form::Short, Form::Apart] {
            let name = LocalName::new(VNET).path(form, "account");
            let after = mapped(&name);
            leaks_nothing(&after);
            assert!(after.starts_with("2025-10-05/09/FlowLog_090000_"), "{after}");
            let hash = name.rsplit('_').nth(usize::from(form == Form::Short)).unwrap();
            assert!(!after.contains(hash.trim_end_matches(".json")), "{after}");
        }
        let packed = mapped("2025-10-05/09/FlowLog_090000_A_7C1E5264840B_892774d6.json.gz");
        assert_eq!(packed.rsplit_once('.').unwrap().1, "json");
    }

    #[test]
    fn other_names_keep_their_ending_alone() {
        let name = mapped("contoso/prod/export of Bob.ndjson.zst");
        assert!(name.ends_with(".ndjson") && name.starts_with('x'), "{name}");
        assert!(!name.contains("contoso") && !name.contains("Bob"));
        assert_eq!(mapped("../FlowLogs/09/PT1H.json"), "FlowLogs/09/PT1H.json");
    }
}
