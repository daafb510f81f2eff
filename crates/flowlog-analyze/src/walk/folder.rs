//! A folder -> the flow logs below it.
//!
//! Azure gives each blob a folder or more of its own, and listing these takes as long as reading a small blob. So all
//! threads list folders: those of one level, then those of the next. Memory: the folders of two levels.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{Input, InputKind, has_ending, is_hidden, plain};

/// What stands in a folder under a flow log's name.
pub(super) struct Met {
    pub(super) input: Input,
    /// It is, or may be, a link: its real path is not its folder's real path and its name.
    pub(super) is_link: bool,
}

impl Met {
    pub(super) fn unreadable(path: PathBuf, reason: &impl ToString) -> Self {
        let input = Input { path, size: 0, kind: InputKind::Unreadable(reason.to_string()) };
        Self { input, is_link: true }
    }
}

/// All flow logs below `folder`, in no order. Hidden names are left out. Folders are not followed through links, which may
/// form circles; linked files are read.
pub(super) fn search(folder: &Path) -> Vec<Met> {
    let mut met = Vec::new();
    let mut level = vec![plain(folder)];
    while !level.is_empty() {
        // One listing for many folders: a list of its own for each of them, which mostly hold one file, would take more
        // memory than its path.
        let listings = level.into_par_iter().fold(Listing::default, |mut listing, folder| {
            listing.add(&folder);
            listing
        });
        let mut listing = listings.reduce(Listing::default, Listing::and);
        met.append(&mut listing.met);
        level = listing.folders;
    }
    met
}

/// What stands in some folders.
#[derive(Default)]
struct Listing {
    met: Vec<Met>,
    folders: Vec<PathBuf>,
}

impl Listing {
    fn and(mut self, mut other: Self) -> Self {
        self.met.append(&mut other.met);
        self.folders.append(&mut other.folders);
        self
    }

    fn add(&mut self, folder: &Path) {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match fs::read_dir(here) {
            Ok(entries) => {
                for entry in entries {
                    if let Err(error) = entry.and_then(|entry| self.take(folder, &entry)) {
                        self.met.push(Met::unreadable(here.to_owned(), &error));
                    }
                }
            }
            Err(error) => self.met.push(Met::unreadable(here.to_owned(), &error)),
        }
    }

    fn take(&mut self, folder: &Path, entry: &DirEntry) -> io::Result<()> {
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if is_hidden(&name) || !kind.is_dir() && !has_ending(&name.to_string_lossy()) {
            return Ok(());
        }
        let mut path = folder.join(&name);
        // There may be a hundred thousand of them, and it was made longer.
        path.shrink_to_fit();
        if kind.is_dir() {
            self.folders.push(path);
            return Ok(());
        }
        if kind.is_file() {
            // Asked of the folder that is open, which is faster than by the path.
            let found = match entry.metadata() {
                Ok(file) => {
                    Met { input: Input { path, size: file.len(), kind: InputKind::File }, is_link: false }
                }
                Err(error) => Met::unreadable(path, &error),
            };
            self.met.push(found);
        } else {
            self.met.extend(behind(path));
        }
        Ok(())
    }
}

/// What is behind a link. Nobody named what is neither a file nor a folder, so that waiting for whoever may write to a pipe
/// would be a surprise.
fn behind(path: PathBuf) -> Option<Met> {
    Some(match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => return None,
        Ok(metadata) if metadata.is_file() => {
            Met { input: Input { path, size: metadata.len(), kind: InputKind::File }, is_link: true }
        }
        Ok(_) => Met::unreadable(path, &"no regular file; name it to have it read"),
        Err(error) => Met::unreadable(path, &error),
    })
}
