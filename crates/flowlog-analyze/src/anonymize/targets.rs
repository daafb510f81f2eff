//! Where each copy goes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use flowlog_core::anonymize::Anonymizer;
use flowlog_core::bytes;

use crate::cli::AnonymizeConfig;
use crate::export::ExportError;
use crate::walk::{self, Input, InputKind, is_stdin};

/// The copy of standard input.
const STANDARD_INPUT: &str = "standard-input.json";
/// What Azure's blob names begin with.
const BLOB_ROOTS: [&str; 2] = ["flowLogResourceID=", "resourceId="];

/// Why copies cannot go where they should.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no folder.
    #[error("{} is no folder: copies need one (-o DIR)", .0.display())]
    NoFolder(PathBuf),
    /// Copies would be among the originals, and read as such by the next run.
    #[error("{} is inside {}, which is read: give a folder outside (-o DIR)", output.display(), input.display())]
    Inside {
        /// The folder for the copies.
        output: PathBuf,
        /// A folder that is read.
        input: PathBuf,
    },
    /// Originals would be handed on with the copies.
    #[error("{} is inside {}, the folder for the copies: give a folder of its own (-o DIR)", input.display(), output.display())]
    Around {
        /// The folder for the copies.
        output: PathBuf,
        /// A file that is read.
        input: PathBuf,
    },
    /// The key would be handed on with the copies.
    #[error("the key {} would be inside {}, and be handed on with the copies: keep it elsewhere", key.display(), output.display())]
    KeyInside {
        /// The folder for the copies.
        output: PathBuf,
        /// The key.
        key: PathBuf,
    },
}

/// One copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name, below the folder for the copies.
    pub(super) path: PathBuf,
    /// It is packed (gzip), since the original is.
    pub(super) packed: bool,
}

/// Checks that copies, originals and the key stay apart.
///
/// # Errors
/// They would not.
pub(super) fn check_places(config: &AnonymizeConfig, inputs: &[Input]) -> Result<(), TargetError> {
    let output = &config.output;
    if fs::metadata(output).is_ok_and(|found| !found.is_dir()) {
        return Err(TargetError::NoFolder(output.clone()));
    }
    let real_output = real(output);
    if real(&config.key).starts_with(&real_output) {
        return Err(TargetError::KeyInside { output: output.clone(), key: config.key.clone() });
    }
    let folders = config.inputs.iter().filter(|named| named.is_dir());
    if let Some(input) = folders.into_iter().find(|folder| real_output.starts_with(real(folder))) {
        return Err(TargetError::Inside { output: output.clone(), input: input.clone() });
    }
    let inside =
        inputs.iter().find(|input| !input.is_stream() && real(&input.path).starts_with(&real_output));
    match inside {
        Some(input) => Err(TargetError::Around { output: output.clone(), input: input.path.clone() }),
        None => Ok(()),
    }
}

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = Vec::new();
    for ancestor in path.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            return missing.into_iter().rev().fold(real, |real: PathBuf, name: OsString| real.join(name));
        }
        missing.push(ancestor.file_name().unwrap_or_default().to_owned());
    }
    path
}

/// The copy of each input, in their order.
pub(super) fn plan(config: &AnonymizeConfig, inputs: &[Input], anonymizer: &mut Anonymizer) -> Vec<Target> {
    let base = Base::of(&config.inputs, inputs);
    // The last number that each name got.
    let mut taken: HashMap<PathBuf, u32> = HashMap::new();
    let mut targets = Vec::with_capacity(inputs.len());
    for input in inputs {
        let packed = input.kind == InputKind::File && is_packed(&input.path).unwrap_or(false);
        let mut name = anonymizer.path(&base.below(&input.path));
        if is_stdin(&input.path) {
            name = STANDARD_INPUT.into();
        }
        if packed {
            name.as_mut_os_string().push(".gz");
        }
        let number = taken.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
        if *number > 1 {
            let numbered = format!("{number}_{}", name.file_name().unwrap_or_default().to_string_lossy());
            name.set_file_name(numbered);
        }
        targets.push(Target { path: config.output.join(name), packed });
    }
    targets
}

/// Refuses to begin if a copy would replace a file.
///
/// # Errors
/// There is one.
pub(super) fn refuse_existing(targets: &[Target]) -> Result<(), ExportError> {
    let existing = targets.iter().find(|target| fs::symlink_metadata(&target.path).is_ok());
    existing.map_or(Ok(()), |target| Err(ExportError::Exists(target.path.clone())))
}

fn is_packed(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(bytes::HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(bytes::is_packed(&head))
}

/// What paths begin with that is not kept.
struct Base {
    /// Folders that were named, each with what is taken off the paths of its files.
    folders: Vec<(PathBuf, PathBuf)>,
    /// The folder that all other files have in common.
    common: PathBuf,
}

impl Base {
    fn of(named: &[PathBuf], inputs: &[Input]) -> Self {
        let folders = named.iter().filter(|named| named.is_dir()).map(|folder| {
            let folder = walk::plain(folder);
            // Several folders may hold files of the same names.
            let off =
                if named.len() > 1 { folder.parent().unwrap_or(&folder).to_owned() } else { folder.clone() };
            (folder, off)
        });
        let folders: Vec<_> = folders.collect();
        let mut others = inputs
            .iter()
            .map(|input| input.path.as_path())
            .filter(|path| !is_stdin(path) && !folders.iter().any(|(folder, _)| path.starts_with(folder)));
        let first = others.next().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let common = others.fold(first, |common, path| {
            let same = common.components().zip(path.components()).take_while(|(a, b)| a == b);
            same.map(|(part, _)| part).collect()
        });
        Self { folders, common }
    }

    /// The part of a path that is kept, in other words.
    fn below(&self, path: &Path) -> PathBuf {
        let folder = self.folders.iter().filter(|(folder, _)| path.starts_with(folder));
        if let Some((_, off)) = folder.max_by_key(|(folder, _)| folder.components().count()) {
            return path.strip_prefix(off).unwrap_or(path).to_owned();
        }
        let is_root =
            |part: &Component<'_>| BLOB_ROOTS.iter().any(|root| part.as_os_str().eq_ignore_ascii_case(root));
        match path.components().position(|part| is_root(&part)) {
            Some(root) => path.components().skip(root).collect(),
            None => path.strip_prefix(&self.common).unwrap_or(path).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_files_have_in_common_goes() {
        let below = |paths: &[&str]| -> Vec<PathBuf> {
            let inputs: Vec<Input> = paths.iter().map(|path| Input::file(path, 1)).collect();
            let base = Base::of(&["*".into()], &inputs);
            inputs.iter().map(|input| base.below(&input.path)).collect()
        };
        assert_eq!(below(&["a/b/c.json"]), [Path::new("c.json")]);
        assert_eq!(below(&["a/b/c.json", "a/d.json"]), [Path::new("b/c.json"), Path::new("d.json")]);
        assert_eq!(below(&["c.json", "/a/d.json"]), [Path::new("c.json"), Path::new("/a/d.json")]);
        let blob = "resourceId=/SUBSCRIPTIONS/S/PT1H.json";
        assert_eq!(below(&[&format!("/mnt/container/{blob}")]), [Path::new(blob)]);
    }
}
