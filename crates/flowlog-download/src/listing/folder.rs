//! Listing a folder that another tool (AzCopy, the portal) filled with blobs.

use std::{fs::Metadata, io, path::Path, time::UNIX_EPOCH};

use flowlog_core::blob_path::{BlobName, percent_decode, strip_folders_above};
use walkdir::{DirEntry, WalkDir};

use super::{Filter, Listed, Listing};

/// Endings of files that may hold flow logs; in a path that is a flow-log blob name, the last part may also
/// have none.
pub(super) const LOG_ENDINGS: [&str; 4] = [".json", ".json.gz", ".json.zst", ".jsonl"];

/// Lists the log files below `dir` in name order, except those below `skip` (the download folder).
///
/// A file's path below `dir` is its blob name: folders above it (account, container) are dropped and
/// `%3A`-style escapes undone. Everything else is left alone and counted: files that are no logs by their
/// name, hidden ones, what other tools have not finished, symbolic links. Hidden folders are not entered. Of
/// the rest those that `filter` wants are listed.
pub fn list_folder(
    dir: &Path,
    skip: &Path,
    filter: &Filter,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let (mut count, mut bytes) = (0u64, 0u64);
    let walk = WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_aside(entry, skip));
    for entry in walk {
        let entry = entry?;
        if entry.file_type().is_dir() {
            continue;
        }
        if !entry.file_type().is_file() {
            listing.ignored += 1;
            continue;
        }
        let below = entry.path().strip_prefix(dir).unwrap_or(entry.path());
        let id = below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let name = blob_name(&id);
        if !is_log(&name) {
            listing.ignored += 1;
            continue;
        }
        let metadata = entry.metadata()?;
        let blob = Listed {
            id,
            name,
            version: version_of(&metadata),
            length: metadata.len(),
            file: Some(entry.into_path()),
        };
        if !listing.take(blob, filter) {
            continue;
        }
        count += 1;
        bytes = bytes.saturating_add(metadata.len());
        if count.is_multiple_of(256) {
            progress(count, bytes);
        }
    }
    progress(count, bytes);
    Ok(listing)
}

/// The blob name of a path: as it is if that is a flow log's name, else with escapes undone.
fn blob_name(path: &str) -> String {
    let plain = strip_folders_above(path);
    if BlobName::parse(plain).is_some() {
        return plain.to_owned();
    }
    let decoded = percent_decode(path);
    strip_folders_above(&decoded).to_owned()
}

/// Whether a folder is none of the source's: hidden, the download folder, or what Safari keeps an unfinished
/// download in.
fn is_aside(entry: &DirEntry, skip: &Path) -> bool {
    let name = entry.file_name().to_string_lossy().to_lowercase();
    let apart = name.starts_with('.') || name.ends_with(".download") || entry.path() == skip;
    apart && entry.file_type().is_dir()
}

/// Whether a name is one of a whole log. What tools add at an end (`.crdownload`, `.partial`, `.tmp`, `~`,
/// `:Zone.Identifier`) takes the ending away; at the front stand `.` (`.azDownload-`), `~` and `#`.
fn is_log(name: &str) -> bool {
    let leaf = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let whole = LOG_ENDINGS.iter().any(|ending| leaf.ends_with(ending))
        || (!leaf.contains(['.', ':', '~']) && BlobName::parse(name).is_some());
    whole && !leaf.starts_with(['.', '~', '#'])
}

/// What stands for an `ETag`: length and modification time.
pub fn version_of(metadata: &Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{}@{}", metadata.len(), modified.unwrap_or_default().as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NAME: &str = "flowLogResourceID=/S_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_LOG/y=2025/m=10/d=05/h=09/m=00/\
        macAddress=7C1E5264840B/PT1H.json";

    #[test]
    fn a_path_becomes_the_blob_name_whatever_tool_wrote_it() {
        for path in [
            NAME.to_owned(),
            format!("insights-logs-flowlogflowevent/{NAME}"),
            format!("account/insights-logs-flowlogflowevent/{}", NAME.replace('=', "%3D")),
        ] {
            // A slash after `=` gives an empty folder name, which no disk keeps: AzCopy leaves `=`.
            assert_eq!(blob_name(&path), NAME);
        }
        assert_eq!(blob_name("a%3Ab.json"), "a:b.json");
    }

    #[test]
    fn only_logs_are_listed_and_the_rest_is_counted() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for file in ["b.json", "a.json.gz", "README.md", ".hidden.json", "tree/x.json", "deep/c.json"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "{}").expect("a file");
        }
        let listing = list_folder(dir.path(), &dir.path().join("tree"), &Filter::default(), |_, _| {})
            .expect("a listing");
        let ids: Vec<&str> = listing.blobs.iter().map(|blob| blob.id.as_str()).collect();
        assert_eq!(ids, ["a.json.gz", "b.json", "deep/c.json"]);
        assert_eq!((listing.ignored, listing.bytes()), (2, 6));
    }

    #[test]
    fn what_is_not_a_whole_log_is_told_by_its_name() {
        let folder = NAME.trim_end_matches("PT1H.json");
        for leaf in ["PT1H.json", "pt1h.JSON", "PT1H.json.gz", "PT1H.json.zst", "PT1H (1).json", "a.jsonl"] {
            assert!(is_log(&format!("{folder}{leaf}")) && is_log(leaf), "{leaf}");
        }
        // Some tools drop the ending.
        assert!(is_log(&format!("{folder}PT1H")) && !is_log("PT1H"));
        for leaf in [
            "PT1H.json:Zone.Identifier",
            "PT1H.json.crdownload",
            "PT1H.json.partial",
            "PT1H.json.a1b2c3d4.partial",
            "PT1H.json.part",
            "PT1H.json.tmp",
            "PT1H.json~",
            "PT1H~",
            "~PT1H.json",
            "~$PT1H.json",
            "#PT1H.json#",
            ".azDownload-0b1e-PT1H.json",
            "._PT1H.json",
            ".PT1H.json.swp",
            "PT1H.json.filepart",
            "PT1H.json.aria2",
            "PT1H.json.bak",
            "PT1H.json.gz.tmp",
            "PT1H:Zone.Identifier",
            "Unconfirmed 12345.crdownload",
            "Thumbs.db",
        ] {
            assert!(!is_log(&format!("{folder}{leaf}")) && !is_log(leaf), "{leaf}");
        }
    }
}
