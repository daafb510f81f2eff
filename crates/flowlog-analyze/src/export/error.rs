//! Why a file is not written.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::walk::{Input, is_stdin};

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is a file of this name.
    #[error("{} exists: give another name, or --overwrite to replace it", .0.display())]
    Exists(PathBuf),
    /// The name leads to a file that is read.
    #[error("{} is one of the inputs ({}): give the export another name", .path.display(), .input.display())]
    IsInput {
        /// The name given.
        path: PathBuf,
        /// The input it is.
        input: PathBuf,
    },
    /// The name leads to something that holds no rows.
    #[error("{} is no regular file: it cannot be replaced", .0.display())]
    NoFile(PathBuf),
    /// A folder of files would go where something is.
    #[error("{} exists and is no empty folder: give another name", .0.display())]
    NotEmpty(PathBuf),
    /// Another run is writing a file of this name.
    #[error("{} is being written by another run: give another name", .0.display())]
    Busy(PathBuf),
    /// Something of somebody else's has the name of the folder that parts go into.
    #[error("{} is in the way: move it, or give the export another name", .0.display())]
    InTheWay(PathBuf),
    /// The run was told to end.
    #[error("interrupted")]
    Interrupted,
    /// The operating system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ExportError {
    /// True if another name or option is all that is needed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Exists(_) | Self::NotEmpty(_) | Self::IsInput { .. } | Self::NoFile(_))
    }
}

/// Checks that a file may be written at `path`.
///
/// # Errors
/// There is one, and it is an input, or not to be replaced.
pub(super) fn check(path: &Path, overwrite: bool, inputs: &[Input]) -> Result<(), ExportError> {
    // A link that leads nowhere is something, too.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(ExportError::Write { path: path.to_owned(), source }),
        Ok(_) => {}
    }
    let target = fs::metadata(path);
    if target.as_ref().is_ok_and(Metadata::is_file)
        && let Some(input) = same_as(path, inputs)
    {
        return Err(ExportError::IsInput { path: path.to_owned(), input: input.path.clone() });
    }
    match target {
        Ok(target) if !target.is_file() => Err(ExportError::NoFile(path.to_owned())),
        _ if overwrite => Ok(()),
        _ => Err(ExportError::Exists(path.to_owned())),
    }
}

/// Checks that a folder of files may be made at `path`.
///
/// # Errors
/// Something is there that is no empty folder: whatever it holds is not this tool's to replace.
pub(super) fn check_folder(path: &Path) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(failed(source)),
        Ok(found) if found.is_dir() && fs::read_dir(path).map_err(failed)?.next().is_none() => Ok(()),
        Ok(_) => Err(ExportError::NotEmpty(path.to_owned())),
    }
}

/// The input that `path` leads to, in whatever spelling and through whatever links.
fn same_as<'a>(path: &Path, inputs: &'a [Input]) -> Option<&'a Input> {
    let wanted = Handle::from_path(path).ok()?;
    inputs.iter().find(|input| {
        // Opening a named pipe would wait for its writer.
        let is_file = || fs::metadata(&input.path).is_ok_and(|input| input.is_file());
        let handle = if is_stdin(&input.path) {
            Handle::stdin().ok()
        } else if is_file() {
            Handle::from_path(&input.path).ok()
        } else {
            None
        };
        handle.is_some_and(|handle| handle == wanted)
    })
}
