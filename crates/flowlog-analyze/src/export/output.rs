//! One file to be written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::staging::{Staging, Unfinished};
use super::{ExportError, error, staging};
use crate::walk::Input;

/// Bytes copied at once.
const BLOCK: usize = 1 << 16;

/// A file to be written: nothing stands at its name before it is whole.
pub struct Output {
    path: PathBuf,
    replace: bool,
    /// It is a folder of files.
    folder: bool,
    staging: Staging,
}

impl Output {
    /// Claims `path` for this run; two runs cannot have the same.
    ///
    /// # Errors
    /// There is a file (unless it is to be replaced), another run has the name, or the folder takes no files.
    pub fn claim(path: &Path, replace: bool, unfinished: &Unfinished) -> Result<Self, ExportError> {
        let staging = Staging::claim(path, unfinished)?;
        // Looked at after the claim: a run that had the name before may just have finished.
        if !replace && fs::symlink_metadata(path).is_ok() {
            return Err(ExportError::Exists(path.to_owned()));
        }
        Ok(Self { path: path.to_owned(), replace, folder: false, staging })
    }

    /// Claims `path` for a folder of files; an empty one may be there.
    ///
    /// # Errors
    /// Something is there, another run has the name, or the folder around it takes no files.
    pub fn claim_folder(path: &Path, unfinished: &Unfinished) -> Result<Self, ExportError> {
        error::check_folder(path)?;
        staging::sweep(super::folder_of(path));
        Ok(Self {
            path: path.to_owned(),
            replace: false,
            folder: true,
            staging: Staging::claim(path, unfinished)?,
        })
    }

    /// Claims a place in `folder` for what is printed when it is whole.
    ///
    /// # Errors
    /// The folder takes no files.
    pub(super) fn beside(folder: &Path, unfinished: &Unfinished) -> Result<Self, ExportError> {
        staging::sweep(folder);
        Self::claim(&folder.join(format!("standard-output-{}", std::process::id())), true, unfinished)
    }

    /// Copies all of it to `out`.
    ///
    /// # Errors
    /// Those of `out`, and of the file.
    pub fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut whole = File::open(self.whole())?;
        let mut block = vec![0; BLOCK];
        loop {
            match whole.read(&mut block)? {
                0 => return out.flush(),
                length => out.write_all(block.get(..length).unwrap_or_default())?,
            }
        }
    }

    /// Checks and claims `path` for a file that is made of `inputs`; what killed runs left beside it goes.
    ///
    /// # Errors
    /// As [`Output::claim`], and a name that is one of the inputs.
    pub fn prepare(
        path: &Path,
        replace: bool,
        inputs: &[Input],
        unfinished: &Unfinished,
    ) -> Result<Self, ExportError> {
        error::check(path, replace, inputs)?;
        staging::sweep(super::folder_of(path));
        Self::claim(path, replace, unfinished)
    }

    /// Writes all of it; it is on the disk then, and waits for its name.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn write(
        &self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        let written = || {
            let file = File::options().write(true).create_new(true).open(self.whole())?;
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        };
        written().map_err(|source| ExportError::Write { path: self.path.clone(), source })
    }

    /// Gives whole files their names, unless the run has been abandoned meanwhile.
    ///
    /// # Errors
    /// The run is abandoned, or a name cannot be given. Those named before it stay.
    pub fn finish<'a>(
        outputs: impl IntoIterator<Item = &'a Self>,
        unfinished: &Unfinished,
    ) -> Result<Vec<PathBuf>, ExportError> {
        // Not between two of them may an interrupted run come to its end.
        let _running = unfinished.running()?;
        outputs.into_iter().map(Self::publish).collect()
    }

    /// The name it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a part of it is kept.
    pub(crate) fn part(&self, number: usize) -> PathBuf {
        self.staging.part(number)
    }

    /// Where all of it is put together.
    pub(crate) fn whole(&self) -> PathBuf {
        self.staging.whole()
    }

    /// Gives the whole file its name, or a name with a number if something has been put there meanwhile.
    fn publish(&self) -> Result<PathBuf, ExportError> {
        let path = match (self.folder, self.replace) {
            (true, _) => self.place_folder(),
            (false, true) => self.replace(),
            (false, false) => self.place(),
        };
        let path = path.map_err(|source| ExportError::Write { path: self.path.clone(), source })?;
        // The name is as safe as the bytes only when the folder is on the disk as well.
        #[cfg(unix)]
        fs::File::open(super::folder_of(&path)).and_then(|folder| folder.sync_all()).ok();
        Ok(path)
    }

    /// An empty folder makes room; one that has got something meanwhile, or a file, does not.
    fn place_folder(&self) -> io::Result<PathBuf> {
        match fs::remove_dir(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(self.whole(), &self.path)?;
        Ok(self.path.clone())
    }

    fn replace(&self) -> io::Result<PathBuf> {
        // Who may read the old file may read the new one, and nobody else.
        if let Ok(old) = fs::metadata(&self.path) {
            fs::set_permissions(self.whole(), old.permissions())?;
        }
        fs::rename(self.whole(), &self.path)?;
        Ok(self.path.clone())
    }

    fn place(&self) -> io::Result<PathBuf> {
        let names = (2_u32..).map(|number| numbered(&self.path, number));
        for path in std::iter::once(self.path.clone()).chain(names) {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                // The empty file is ours: what is renamed over it replaces nothing.
                Ok(_) => {
                    return fs::rename(self.whole(), &path).map(|()| path.clone()).inspect_err(|_| {
                        fs::remove_file(&path).ok();
                    });
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// `out.csv` -> `out_2.csv`.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!("_{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(output: &Output, text: &str) {
        fs::write(output.whole(), text).unwrap();
    }

    #[test]
    fn what_was_put_there_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let output = Output::claim(&path, false, &Unfinished::default()).unwrap();
        assert!(!path.exists());
        written(&output, "ours");
        fs::write(&path, "theirs").unwrap();
        fs::write(folder.path().join("out_2.csv"), "theirs, too").unwrap();
        let name = output.publish().unwrap();
        drop(output);
        assert_eq!(name, folder.path().join("out_3.csv"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(&name).unwrap(), "ours");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_name_is_one_run_s_until_that_run_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let claim = |replace| Output::claim(&path, replace, &Unfinished::default());
        let first = claim(false).unwrap();
        assert!(matches!(claim(false), Err(ExportError::Busy(_))));
        assert!(matches!(claim(true), Err(ExportError::Busy(_))));
        written(&first, "first");
        first.publish().unwrap();
        drop(first);
        assert!(matches!(claim(false), Err(ExportError::Exists(_))));
        let second = claim(true).unwrap();
        written(&second, "second");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(second.publish().unwrap(), path);
        drop(second);
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_stays_as_private_as_it_was() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let output = Output::claim(&path, true, &Unfinished::default()).unwrap();
        written(&output, "new");
        output.publish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn numbers_go_before_the_ending() {
        assert_eq!(numbered(Path::new("a/b.csv"), 2), Path::new("a/b_2.csv"));
        assert_eq!(numbered(Path::new("b.tar.csv"), 10), Path::new("b.tar_10.csv"));
    }
}
