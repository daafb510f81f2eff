//! What there is to fetch: blobs of a container, or blob files in a folder.

mod args;
mod container;
mod filter;
mod folder;
mod page;
mod passed;
mod trail;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

pub use args::SelectArgs;
pub use container::{first_page, list_container, list_wanted, quoted};
pub use filter::{Branch, Filter, Selection, Verdict};
pub use folder::{list_folder, version_of};
pub use page::{Archived, HierarchyPolicy};
pub use passed::PassedOver;
pub use window::{Hour, Hours, Window};

/// A blob as its source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What tells it from the source's other blobs: the blob name, or the file's path in the folder.
    pub id: String,
    /// Blob name, from which the local path follows.
    pub name: String,
    /// Changes when the content changes: the `ETag`, or length and modification time of a file.
    pub version: String,
    /// Bytes.
    pub length: u64,
    /// The file, if the source is a folder.
    pub file: Option<PathBuf>,
}

/// Everything a source holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// The blobs, in the source's order.
    pub blobs: Vec<Listed>,
    /// Files of a folder passed over because they are no logs by their name.
    pub ignored: u64,
    /// Blobs left out because their names do not tell what the filter asks about.
    pub left_out: u64,
    /// What is there and was not asked for.
    pub passed: PassedOver,
    /// Requests made to list.
    pub calls: u64,
    /// Of the blobs, those in the archive tier, by their ids.
    pub archived: BTreeMap<String, Archived>,
}

impl Listing {
    /// Takes a blob in if `filter` wants it; says whether it did.
    fn take(&mut self, blob: Listed, filter: &Filter) -> bool {
        match filter.blob(&blob.name) {
            Verdict::Unwanted => {
                self.passed.blobs += 1;
                return false;
            }
            Verdict::Unknown if !filter.keep_unknown => {
                self.left_out += 1;
                return false;
            }
            Verdict::Wanted | Verdict::Unknown => self.blobs.push(blob),
        }
        true
    }

    /// Bytes of all blobs.
    pub fn bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.length).sum()
    }

    /// Drops the empty entries that stand for folders in accounts with a hierarchical namespace.
    fn without_folders(mut self) -> Self {
        let names: BTreeSet<String> = self.blobs.iter().map(|blob| blob.name.clone()).collect();
        let is_folder = |name: &str| {
            let inside = format!("{}/", name.trim_end_matches('/'));
            name.ends_with('/')
                || names.range(inside.clone()..).next().is_some_and(|next| next.starts_with(&inside))
        };
        self.blobs.retain(|blob| blob.length > 0 || !is_folder(&blob.name));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_entries_are_no_blobs_but_empty_blobs_are() {
        let blob = |name: &str, length| Listed {
            id: name.into(),
            name: name.into(),
            version: "v".into(),
            length,
            file: None,
        };
        let blobs = vec![blob("a", 0), blob("a/b", 0), blob("a/b/c.json", 3), blob("a-b", 0), blob("d/", 0)];
        let kept = Listing { blobs, ..Listing::default() }.without_folders();
        let names: Vec<&str> = kept.blobs.iter().map(|blob| blob.name.as_str()).collect();
        assert_eq!(names, ["a/b/c.json", "a-b"]);
    }
}
