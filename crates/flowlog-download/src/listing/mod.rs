//! What there is to fetch: blobs of a container, or blob files in a folder.

mod container;
mod folder;

use std::{collections::BTreeSet, path::PathBuf};

pub use container::{list_container, quoted};
pub use folder::{list_folder, version_of};

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
}

impl Listing {
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
        let kept = Listing { blobs, ignored: 0 }.without_folders();
        let names: Vec<&str> = kept.blobs.iter().map(|blob| blob.name.as_str()).collect();
        assert_eq!(names, ["a/b/c.json", "a-b"]);
    }
}
