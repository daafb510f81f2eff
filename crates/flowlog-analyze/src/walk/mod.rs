//! What was named on the command line -> the files to read, each once, in path order.

mod folder;
mod found;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use found::Found;

/// Endings that flow logs have in a folder; a file named itself may have any.
const ENDINGS: [&str; 11] =
    [".json", ".ndjson", ".jsonl", ".log", ".gz", ".zst", ".bz2", ".xz", ".tgz", ".tar", ".zip"];

/// Other names of standard input. Opening them fails where it is a socket.
#[cfg(unix)]
const STDIN_NAMES: [&str; 3] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
#[cfg(not(unix))]
const STDIN_NAMES: [&str; 0] = [];

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// Bytes on disk, 0 if unknown.
    pub size: u64,
    /// How it can be read.
    pub kind: InputKind,
}

/// How an input can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputKind {
    /// From its beginning, as often as needed.
    File,
    /// Once: standard input, a pipe, a device. What was read of it is gone, and a named pipe that was closed
    /// may never be opened again.
    Stream,
    /// Not at all; the reason. It is a row of the report all the same.
    Unreadable(String),
}

impl Input {
    /// A regular file.
    pub fn file(path: impl Into<PathBuf>, size: u64) -> Self {
        Self { path: path.into(), size, kind: InputKind::File }
    }

    /// True for what can be read only once.
    pub fn is_stream(&self) -> bool {
        self.kind == InputKind::Stream
    }
}

/// True for `-` and the system's own names of standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-" || STDIN_NAMES.iter().any(|name| path.as_os_str() == *name)
}

/// Why the inputs could not be found. Nothing is read then: a slip must not pass for a small result.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// Neither a file nor a folder nor a pattern.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A pattern without a match.
    #[error("no file matches {}", .0.display())]
    NoMatch(PathBuf),
    /// A folder without flow logs.
    #[error("no flow logs in folder {} (looked for files ending in {})", .0.display(), ENDINGS.join(", "))]
    EmptyFolder(PathBuf),
    /// A pattern that cannot be read.
    #[error("{} is no valid pattern: {reason}", .pattern.display())]
    Pattern {
        /// As given.
        pattern: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A folder or file that cannot be looked at.
    #[error("{} cannot be read: {source}", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Finds the files behind `named`: files, folders (searched through, hidden ones left out), glob
/// patterns (which Windows shells leave to the program), pipes and `-`. A name that exists is never
/// taken for a pattern. The result is sorted by path, standard input first, each file once. What is
/// there and cannot be read, such as a link that leads nowhere, is an input with its reason.
///
/// # Errors
/// Every name must lead to at least one input.
pub fn discover(named: &[PathBuf]) -> Result<Vec<Input>, WalkError> {
    let mut found = Found::default();
    for name in named {
        if is_stdin(name) {
            found.add_stdin();
        } else if fs::symlink_metadata(name).is_ok() {
            if !found.add(name) {
                return Err(WalkError::EmptyFolder(name.clone()));
            }
        } else if !expand(name, &mut found)? {
            return Err(WalkError::NoMatch(name.clone()));
        }
    }
    Ok(found.into_inputs())
}

/// Adds what a pattern matches; folders among it are searched through. False if that is nothing.
fn expand(name: &Path, found: &mut Found) -> Result<bool, WalkError> {
    let text = name.to_str().filter(|text| text.contains(['*', '?', '[']));
    let Some(pattern) = text else {
        return Err(match fs::metadata(name) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                WalkError::Io { path: name.into(), source }
            }
            _ => WalkError::Missing(name.into()),
        });
    };
    // Like a shell: `*` does not match hidden names.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let matches = glob::glob_with(pattern, options)
        .map_err(|error| WalkError::Pattern { pattern: name.into(), reason: error.msg })?;
    let mut any = false;
    for path in matches {
        any |= match path {
            Ok(path) => found.add(&path),
            Err(error) => found.add_unreadable(error.path(), error.error()),
        };
    }
    Ok(any)
}

/// The path without `.` parts, so that `./a` and `a` are one; `..` must stay where links are.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    // A file of this name must not become standard input.
    let mut plain = if plain.as_os_str() == "-" { path.into() } else { plain };
    // There may be a hundred thousand of them, and it was made longer part by part.
    plain.shrink_to_fit();
    plain
}

/// Hidden names are not flow logs: the downloader keeps its own state in `.flowlog`.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// A table in a folder may be an export of this tool's own, and is read if it is named; one in an archive is there
/// to be read.
const TABLE: &str = ".csv";

/// Whether a member of an archive is read: as in a folder, hidden names and other endings are left out.
pub(crate) fn is_flow_log(member: &str) -> bool {
    let mut names = member.split(['/', '\\']);
    (has_ending(member) || member.to_ascii_lowercase().ends_with(TABLE))
        && names.all(|name| matches!(name, "." | "..") || !name.starts_with('.') && name != "__MACOSX")
}

fn has_ending(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[&str]) -> Self {
            let tree = tempfile::tempdir().unwrap();
            for file in files {
                let path = tree.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file).unwrap();
            }
            Self(tree)
        }

        fn discover(&self, names: &[&str]) -> Result<Vec<Input>, WalkError> {
            discover(&names.iter().map(|name| self.0.path().join(name)).collect::<Vec<_>>())
        }

        /// Paths below the tree, with `/`.
        fn paths(&self, names: &[&str]) -> Vec<String> {
            let strip = |input: &Input| input.path.strip_prefix(self.0.path()).unwrap().to_owned();
            let found = self.discover(names).unwrap();
            found.iter().map(|input| strip(input).to_str().unwrap().replace('\\', "/")).collect()
        }
    }

    #[test]
    fn folders_are_searched_through_and_hidden_ones_left_out() {
        let tree = Tree::new(&[
            "b/2.JSON",
            "b/1.json",
            "a.json.gz",
            "c.zst",
            "d.ndjson",
            "e.jsonl",
            "f.log",
            "g.json.bz2",
            "h.json.xz",
            "i.tar",
            "i.tar.xz",
            "j.tgz",
            "k.ZIP",
            "README.md",
            "n.txt",
            ".flowlog/state.json",
            "b/.part.json",
        ]);
        let expected = ["a.json.gz", "b/1.json", "b/2.JSON", "c.zst", "d.ndjson", "e.jsonl", "f.log"];
        let packed = ["g.json.bz2", "h.json.xz", "i.tar", "i.tar.xz", "j.tgz", "k.ZIP"];
        assert_eq!(tree.paths(&[""]), [&expected[..], &packed].concat());
        assert_eq!(tree.paths(&[".flowlog"]), [".flowlog/state.json"]);
    }

    #[test]
    fn a_named_file_may_have_any_name() {
        let tree = Tree::new(&["block.txt", "none", "[x]*.json"]);
        assert_eq!(tree.paths(&["block.txt", "none", "[x]*.json"]), ["[x]*.json", "block.txt", "none"]);
    }

    #[test]
    fn patterns_are_expanded_and_folders_among_the_matches_searched() {
        let tree = Tree::new(&["d1/h0/a.json", "d1/h1/b.json", "d2/h0/c.json", "d2/x.txt"]);
        assert_eq!(tree.paths(&["d?/h0"]), ["d1/h0/a.json", "d2/h0/c.json"]);
        assert_eq!(tree.paths(&["**/*.json"]).len(), 3);
        assert_eq!(tree.paths(&["d2/*.txt"]), ["d2/x.txt"]);
    }

    #[test]
    fn a_file_named_twice_is_read_once() {
        let tree = Tree::new(&["a/1.json", "a/2.json"]);
        assert_eq!(tree.paths(&["a", "a/*.json", "a/./1.json", "a/../a/2.json"]).len(), 2);
        let size = tree.discover(&["a"]).unwrap().iter().map(|input| input.size).sum::<u64>();
        assert_eq!(size, 16);
    }

    #[cfg(unix)]
    #[test]
    fn linked_files_are_read_once_and_circles_do_no_harm() {
        let tree = Tree::new(&["a/1.json"]);
        let root = tree.0.path();
        std::os::unix::fs::symlink(root, root.join("a/circle")).unwrap();
        std::os::unix::fs::symlink(root.join("a/1.json"), root.join("link.json")).unwrap();
        assert_eq!(tree.paths(&["", "a"]).len(), 1);
        assert_eq!(tree.paths(&[""]), ["a/1.json", "link.json"]);
        assert_eq!(tree.paths(&["*"]), ["a/1.json"]);
        std::os::unix::fs::symlink(root.join("a"), root.join("other")).unwrap();
        assert_eq!(tree.paths(&["other"]), ["other/1.json"]);
        assert_eq!(tree.paths(&["other", "a"]), ["a/1.json"]);
    }

    #[test]
    fn all_files_of_many_folders_are_found_whatever_the_threads() {
        let names: Vec<String> = (0..300).map(|n| format!("h={}/m={n}/PT1H.json", n % 24)).collect();
        let tree = Tree::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut expected = names;
        expected.sort_unstable_by_key(|name| name.split('/').map(str::to_owned).collect::<Vec<_>>());
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| tree.paths(&[""])), expected);
        }
    }

    #[test]
    fn standard_input_comes_first_and_a_file_of_that_name_stays_a_file() {
        let tree = Tree::new(&["-", "!.json"]);
        let names = [tree.0.path().join("!.json"), "-".into(), tree.0.path().join("-"), "-".into()];
        let found = discover(&names).unwrap();
        let paths: Vec<_> = found.iter().map(|input| input.path.clone()).collect();
        assert_eq!(paths, ["-".into(), tree.0.path().join("!.json"), tree.0.path().join("-")]);
        assert_eq!(plain(Path::new("./-")), Path::new("./-"));
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        let tree = Tree::new(&["empty/README.md", "1.json"]);
        let error = |name: &str| tree.discover(&["1.json", name]).unwrap_err().to_string();
        assert!(error("missing.json").ends_with("missing.json does not exist"));
        assert!(error("*.gz").starts_with("no file matches"));
        assert!(error("a[").contains("no valid pattern"));
        assert!(error("empty").contains("no flow logs in folder"));
        assert!(error("1.json/x").contains("cannot be read"));
    }
}
