//! What was found behind the names, each file once.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::folder::{self, Met};
use super::{Input, InputKind, plain};

/// What was found.
#[derive(Default)]
pub(super) struct Found(Vec<Place>);

/// What is behind one name, or one match of a pattern.
struct Place {
    /// The folder that was searched through, if it is one.
    folder: Option<PathBuf>,
    met: Vec<Met>,
}

impl Found {
    pub(super) fn add_stdin(&mut self) {
        self.one(Input { path: PathBuf::from("-"), size: 0, kind: InputKind::Stream });
    }

    /// Adds what could not be looked at. True, as it is something.
    pub(super) fn add_unreadable(&mut self, path: &Path, reason: &impl ToString) -> bool {
        self.one(Met::unreadable(plain(path), reason).input)
    }

    /// Adds what is at `path`, which was named: a folder is searched through, anything else is read. False if that is nothing.
    pub(super) fn add(&mut self, path: &Path) -> bool {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let met = folder::search(path);
                let any = !met.is_empty();
                self.0.push(Place { folder: Some(path.to_owned()), met });
                any
            }
            Ok(metadata) if metadata.is_file() => self.one(Input::file(plain(path), metadata.len())),
            Ok(_) => self.one(Input { path: plain(path), size: 0, kind: InputKind::Stream }),
            Err(error) => self.add_unreadable(path, &error),
        }
    }

    fn one(&mut self, input: Input) -> bool {
        self.0.push(Place { folder: None, met: vec![Met { input, is_link: true }] });
        true
    }

    /// Sorted by path, standard input first.
    pub(super) fn into_inputs(self) -> Vec<Input> {
        // The same file may have been named in two ways: relative and absolute, or through a link.
        let mut all: Vec<(Input, Option<PathBuf>)> = if self.0.len() > 1 {
            self.0.into_par_iter().flat_map(Place::with_real_paths).collect()
        } else {
            self.0.into_iter().flat_map(|place| place.met).map(|met| (met.input, None)).collect()
        };
        let is_file = |input: &Input| input.path.as_os_str() != "-";
        all.par_sort_by(|(a, _), (b, _)| (is_file(a), &a.path).cmp(&(is_file(b), &b.path)));
        all.dedup_by(|(a, _), (b, _)| a.path == b.path);
        let mut seen = HashSet::new();
        all.retain_mut(|(_, real)| real.take().is_none_or(|real| seen.insert(real)));
        let mut inputs: Vec<Input> = all.into_iter().map(|(input, _)| input).collect();
        // They lie where their real paths lay beside them.
        inputs.shrink_to_fit();
        inputs
    }
}

impl Place {
    fn with_real_paths(self) -> impl ParallelIterator<Item = (Input, Option<PathBuf>)> {
        let folder = self.folder.and_then(|folder| {
            let real = fs::canonicalize(&folder).ok()?;
            Some((plain(&folder), real))
        });
        self.met.into_par_iter().map(move |met| {
            let real = real(&met, folder.as_ref());
            (met.input, real)
        })
    }
}

/// The real path of what was met, in a folder and its real path. To ask costs a call for each folder on the way to each
/// file.
fn real(met: &Met, folder: Option<&(PathBuf, PathBuf)>) -> Option<PathBuf> {
    let path = &met.input.path;
    match folder {
        _ if path.as_os_str() == "-" => None,
        Some((folder, real)) if !met.is_link => Some(real.join(path.strip_prefix(folder).ok()?)),
        _ => fs::canonicalize(path).ok(),
    }
}
