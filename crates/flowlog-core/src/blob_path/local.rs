//! Where a blob's local copy goes, below the download folder.

use super::{BlobName, Moment, hex_digest, safe_component};

/// Longest file name written, in bytes; common file systems allow 255.
pub const MAX_COMPONENT: usize = 200;

/// Longest flow-log name kept in a file name. Azure allows 80 characters.
const MAX_FLOW_LOG: usize = 80;

/// How a file name is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `FlowLog_<HHMMSS>_<flow log>_<MAC>_<8 hex>.json`.
    Full,
    /// `FlowLog_<HHMMSS>_<12 hex>_PT1H.json`, for systems with short paths.
    Short,
    /// Like `Full` with all 64 digits of another hash: for the case that two blobs claim one path.
    Apart,
}

/// A blob's name and time, from which its local path follows.
///
/// The path holds a hash of the whole blob name, so two blobs never share a file, not even where
/// upper and lower case are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalName {
    blob: String,
    parts: Option<BlobName>,
    time: Option<Moment>,
}

impl LocalName {
    /// The local name of a blob; the time comes from the blob name if it has one.
    pub fn new(blob: &str) -> Self {
        let parts = BlobName::parse(blob);
        let time = parts.as_ref().map(|parts| parts.start);
        Self { blob: blob.to_owned(), parts, time }
    }

    /// Whether the date and hour are known.
    pub fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// Gives a blob whose name tells no time the time of its first record.
    #[must_use]
    pub fn or_time(mut self, first_record: Option<Moment>) -> Self {
        self.time = self.time.or(first_record);
        self
    }

    /// The path below the download folder, `/` between its parts.
    ///
    /// `source` distinguishes equal blob names of different containers and is used by
    /// [`Form::Apart`] alone.
    pub fn path(&self, form: Form, source: &str) -> String {
        let folder = self.time.map_or_else(|| "unknown".to_owned(), Moment::folder);
        format!("{folder}/{}", self.file_name(form, source))
    }

    fn file_name(&self, form: Form, source: &str) -> String {
        let stamp = self.time.map_or_else(|| "unknown".to_owned(), Moment::stamp);
        let (stem, extension) = self.leaf();
        let hash = match form {
            Form::Full => hex_digest(&self.blob, 8),
            Form::Short => {
                return format!("FlowLog_{stamp}_{}_PT1H{extension}", hex_digest(&self.blob, 12));
            }
            Form::Apart => hex_digest(&format!("{source}\n{}", self.blob), 64),
        };
        let room = MAX_COMPONENT - hash.len() - extension.len() - 1;
        match &self.parts {
            Some(parts) => {
                let log = safe_component(parts.resource.flow_log_name(), MAX_FLOW_LOG);
                let mac = parts.mac.as_ref().map_or_else(String::new, |mac| format!("_{}", mac.as_str()));
                format!("FlowLog_{stamp}_{log}{mac}_{hash}{extension}")
            }
            None => format!("{}_{hash}{extension}", safe_component(stem, room)),
        }
    }

    /// The last segment of the blob name as stem and extension: `.json`, `.json.gz` and the like
    /// stay, anything else keeps its last short extension, nothing gets `.json`.
    fn leaf(&self) -> (&str, String) {
        let leaf = self.blob.rsplit(['/', '\\']).find(|s| !s.is_empty()).unwrap_or_default();
        let (stem, packed) = match split_extension(leaf) {
            Some((stem, last)) if ["gz", "zst"].iter().any(|p| last.eq_ignore_ascii_case(p)) => {
                (stem, format!(".{}", last.to_ascii_lowercase()))
            }
            _ => (leaf, String::new()),
        };
        match split_extension(stem) {
            Some((stem, last)) => (stem, format!(".{}{packed}", last.to_ascii_lowercase())),
            None if packed.is_empty() && self.parts.is_some() => (stem, ".json".to_owned()),
            None => (stem, packed),
        }
    }
}

fn split_extension(name: &str) -> Option<(&str, &str)> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plain = (1..=8).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain && !stem.is_empty()).then_some((stem, extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const VNET: &str = "flowLogResourceID=/8AD06DA4_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_VNETLOG/\
        y=2025/m=10/d=05/h=09/m=00/macAddress=7C1E5264840B/PT1H.json";

    #[test]
    fn a_typical_blob_goes_to_its_date_and_hour() {
        let name = LocalName::new(VNET);
        assert_eq!(
            name.path(Form::Full, ""),
            "2025-10-05/09/FlowLog_090000_VNETLOG_7C1E5264840B_892774d6.json"
        );
        assert_eq!(name.path(Form::Short, ""), "2025-10-05/09/FlowLog_090000_892774d665fe_PT1H.json");
    }

    #[test]
    fn packed_blobs_keep_their_extension() {
        let name = LocalName::new(&format!("{VNET}.gz"));
        assert!(name.path(Form::Full, "").ends_with(".json.gz"));
        assert!(name.path(Form::Short, "").ends_with("_PT1H.json.gz"));
    }

    #[test]
    fn an_unknown_name_keeps_a_safe_leaf_and_takes_its_time_from_the_first_record() {
        let name = LocalName::new("exports/../CON.json");
        assert!(!name.has_time());
        assert!(name.path(Form::Full, "").starts_with("unknown/_CON_"));
        let known = name.or_time(Moment::new(2025, 10, 5, 23, 59, 58));
        assert!(known.path(Form::Full, "").starts_with("2025-10-05/23/_CON_"));
        assert!(known.path(Form::Short, "").starts_with("2025-10-05/23/FlowLog_235958_"));
    }

    #[test]
    fn a_first_record_does_not_overrule_the_blob_name() {
        let name = LocalName::new(VNET).or_time(Moment::new(2025, 10, 5, 8, 59, 59));
        assert!(name.path(Form::Full, "").starts_with("2025-10-05/09/FlowLog_090000"));
    }

    #[test]
    fn equal_names_of_two_containers_can_be_kept_apart() {
        let name = LocalName::new(VNET);
        assert_ne!(name.path(Form::Apart, "a"), name.path(Form::Apart, "b"));
    }

    proptest! {
        #[test]
        fn different_blobs_get_different_paths_whatever_the_case(
            names in prop::collection::hash_set("(\\.\\./|[a-c/A-C]|PT1H|\\.json|:|\\\\|\u{e9}|CON){1,12}", 2..40),
        ) {
            for form in [Form::Full, Form::Short, Form::Apart] {
                let paths: HashSet<String> =
                    names.iter().map(|name| LocalName::new(name).path(form, "s").to_lowercase()).collect();
                prop_assert_eq!(paths.len(), names.len());
            }
        }

        #[test]
        fn every_path_stays_below_the_folder(name in ".{0,1024}", second in 0u32..60) {
            let local = LocalName::new(&name).or_time(Moment::new(2025, 1, 2, 3, 4, second));
            for form in [Form::Full, Form::Short, Form::Apart] {
                let path = local.path(form, "s");
                let parts: Vec<&str> = path.split('/').collect();
                prop_assert_eq!(parts.len(), 3);
                for part in parts {
                    prop_assert!(!part.is_empty() && !part.starts_with('.') && part.len() <= MAX_COMPONENT);
                    prop_assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-=".contains(&b)));
                }
            }
        }
    }
}
