//! What a person hears of a record that cannot be used.

use std::path::Path;

use walkdir::WalkDir;

use super::{STATE_FOLDER, failed, store::StoreError};
use crate::error::Failure;

/// Folders above a file of the tree: date and hour.
const DEPTH: usize = 3;

/// Why the record at `path` cannot be used, how many entries are gone with it, and what to do.
pub(super) fn explain(error: &StoreError, root: &Path, path: &Path) -> Failure {
    match error {
        StoreError::Damaged(reason) => {
            let files = files_of(root);
            let entries =
                if files == 1 { "entry of 1 file".to_owned() } else { format!("entries of {files} files") };
            let message = format!(
                "the download record {} is damaged: the {entries} in the tree are gone with it",
                path.display()
            );
            Failure { details: vec![reason.clone()], ..damaged(message) }
        }
        StoreError::Failed(error) => {
            failed(format!("the download record {} cannot be read or written: {error}", path.display()))
        }
    }
}

/// Some entries are no entries.
pub(super) fn unreadable(bad: u64, all: u64, path: &Path) -> Failure {
    damaged(format!(
        "the download record {} is damaged: {bad} of {all} entries are gone, their text cannot be read",
        path.display()
    ))
}

fn damaged(message: String) -> Failure {
    failed(message)
        .hint("move it away and run again: no file is overwritten, and files that equal their blob are recognised by their content")
        .hint("a file whose blob has changed since is named then; move it away, too, and the blob is fetched anew")
}

/// How many files the tree has: as many entries there were.
fn files_of(root: &Path) -> u64 {
    WalkDir::new(root)
        .max_depth(DEPTH)
        .into_iter()
        .filter_entry(|entry| entry.depth() != 1 || entry.file_name() != STATE_FOLDER)
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.depth() > 1 && entry.file_type().is_file()))
        .count() as u64
}
