//! Options as people write them who come from the scripts or from other tools.

use std::path::Path;

use clap::Command;

/// What one program knows of how its options are misspelt.
#[derive(Clone, Copy, Debug)]
pub struct Spellings {
    /// Words that are no options, and what they mean here: `("since", "--from")`. Capitals and hyphens do
    /// not matter. An entry counts where the command has the option, so several may stand for one word.
    pub words: &'static [(&'static str, &'static str)],
    /// The other program, and options that only it has.
    pub elsewhere: (&'static str, &'static [&'static str]),
    /// What is said of a word that is no option, where none is taken; with the folder it may name a file in.
    pub word: fn(&str, &Path) -> Option<String>,
}

impl Spellings {
    /// What to write instead of `typed`, an option that `sub`, or else `command`, does not have.
    pub(crate) fn tip(&self, typed: &str, command: &Command, sub: Option<&Command>) -> Option<String> {
        let here = sub.unwrap_or(command);
        let name = bare(typed);
        if name.len() < 2 {
            return None;
        }
        if let Some(long) = longs(here).find(|long| bare(long) == name) {
            return Some(format!("write '--{long}'"));
        }
        for (_, meant) in self.words.iter().filter(|(word, _)| bare(word) == name) {
            let long = meant.trim_start_matches('-').split(' ').next().unwrap_or_default();
            if longs(here).any(|there| there == long) {
                return Some(format!("write '{meant}'"));
            }
        }
        // PowerShell takes the beginning of a name.
        if !typed.starts_with("--") && name.len() > 3 {
            let mut begun = longs(here).filter(|long| bare(long).starts_with(&name));
            if let (Some(long), None) = (begun.next(), begun.next()) {
                return Some(format!("write '--{long}'"));
            }
        }
        let program = command.get_name();
        let all = command.get_subcommands().map(|sub| (format!("{program} {}", sub.get_name()), sub));
        for (words, other) in std::iter::once((program.to_owned(), command)).chain(all) {
            if let Some(long) = longs(other).find(|long| bare(long) == name) {
                return Some(format!("'--{long}' is an option of '{words}'"));
            }
        }
        let (program, options) = self.elsewhere;
        let long = options.iter().find(|long| bare(long) == name)?;
        Some(format!("'--{long}' is an option of '{program}'"))
    }

    pub(crate) fn of_word(&self, word: &str, folder: &Path) -> Option<String> {
        (self.word)(word, folder)
    }
}

/// The names of a command's options, without their hyphens in front.
fn longs(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(clap::Arg::get_long)
}

/// An option without what the scripts write otherwise: capitals, hyphens, a value behind it.
fn bare(option: &str) -> String {
    let name = option.split([':', '=']).next().unwrap_or(option);
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

/// Longer words are no slips of a name.
const LONGEST: usize = 64;

/// The one of `names` that `word` is most like, if it is like one.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let close =
        |name: &'a str| (name, strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase()));
    let allowed = |name: &str| name.len().min(word.len()).div_ceil(3).min(3);
    let found = names.into_iter().map(close).filter(|(name, away)| *away <= allowed(name));
    found.min_by_key(|(_, away)| *away).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction};

    use super::*;
    use crate::Program;

    const PROGRAM: Program = Program { brief: &[], spellings: SPELLINGS, details: Vec::new };
    const SPELLINGS: Spellings = Spellings {
        words: &[
            ("since", "--from"),
            ("json", "--format json"),
            ("csv", "--format csv"),
            ("csv", "--export-csv"),
            ("output-path", "--output"),
        ],
        elsewhere: ("fetch", &["storage-account"]),
        word: |word, _| (word == "x").then(|| "an x".to_owned()),
    };

    fn flag(name: &'static str) -> Arg {
        Arg::new(name).long(name).action(ArgAction::SetTrue)
    }

    fn tip(words: &[&str]) -> Option<String> {
        let compare =
            Command::new("compare").arg(flag("from")).arg(Arg::new("out").long("output").short('o'));
        let command = Command::new("read")
            .args(["log-files", "export-csv", "specific-ips", "show-graphs"].map(flag))
            .arg(Arg::new("paths").num_args(0..))
            .subcommand(compare);
        let words: Vec<_> = ["read"].iter().chain(words).map(Into::into).collect();
        let error = PROGRAM.read::<Nothing>(command, &words, Path::new(".")).err()?;
        assert_eq!(error.exit_code(), 2);
        let told = error.to_string();
        told.lines().find_map(|line| line.strip_prefix("  tip: ")).map(str::to_owned)
    }

    #[derive(Debug)]
    struct Nothing;

    impl clap::FromArgMatches for Nothing {
        fn from_arg_matches(_: &clap::ArgMatches) -> Result<Self, clap::Error> {
            Ok(Self)
        }

        fn update_from_arg_matches(&mut self, _: &clap::ArgMatches) -> Result<(), clap::Error> {
            Ok(())
        }
    }

    #[test]
    fn other_spellings_are_told_with_the_right_one() {
        for (words, told) in [
            (&["-LogFiles", "a"][..], "write '--log-files'"),
            (&["-LogFiles:a"], "write '--log-files'"),
            (&["-logfiles=a"], "write '--log-files'"),
            (&["--LogFiles"], "write '--log-files'"),
            (&["--log_files"], "write '--log-files'"),
            (&["-SpecificIPs"], "write '--specific-ips'"),
            (&["-ExportCSV"], "write '--export-csv'"),
            (&["-Show"], "write '--show-graphs'"),
            (&["--csv"], "write '--export-csv'"),
            (&["compare", "--since"], "write '--from'"),
            (&["compare", "-ShowGraphs"], "'--show-graphs' is an option of 'read'"),
            (&["--from"], "'--from' is an option of 'read compare'"),
            (&["-StorageAccount"], "'--storage-account' is an option of 'fetch'"),
            (&["--storageaccount=x"], "'--storage-account' is an option of 'fetch'"),
            (&["comapre"], "there is no file of this name; the subcommand is written 'compare'"),
            (&["compar", "--top"], "there is no file of this name; the subcommand is written 'compare'"),
            (&["help"], "write '--help'"),
            (&["compare", "x"], "an x"),
            (&["compare", "-output", "a"], "write '--output'"),
            (&["compare", "-OutputPath", "a"], "write '--output'"),
            (&["compare", "-outputpath:a"], "write '--output'"),
        ] {
            assert_eq!(tip(words).as_deref(), Some(told), "{words:?}");
        }
    }

    #[test]
    fn what_is_like_nothing_gets_no_tip() {
        for words in [&["-Z"][..], &["-Zebra"], &["zebra"], &["--json"], &["./comapre"], &["compares.json"]] {
            assert_eq!(tip(words).filter(|told| !told.starts_with("to pass")), None, "{words:?}");
        }
    }

    #[test]
    fn values_right_behind_a_short_option_are_values() {
        for word in ["-oa", "-oout/put", "-oout.state", "-o", "-outs", "-oUtputs", "-output1"] {
            let words = ["compare", word, "a"];
            assert_eq!(tip(&words).filter(|told| told.starts_with("write")), None, "{word}");
        }
    }

    #[test]
    fn a_file_is_taken_for_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("comapre"), "").unwrap();
        let command = || Command::new("read").arg(Arg::new("file")).subcommand(Command::new("compare"));
        let words = ["read", "comapre"].map(Into::into);
        PROGRAM.read::<Nothing>(command(), &words, folder.path()).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        PROGRAM.read::<Nothing>(command(), &words, &elsewhere).unwrap_err();
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["compare", "partial", "merge", "host"];
        for (word, found) in [
            ("comapre", Some("compare")),
            ("comp", None),
            ("Merge", Some("merge")),
            ("marge", Some("merge")),
            ("hots", Some("host")),
            ("logs", None),
            ("monday", None),
        ] {
            assert_eq!(nearest(word, names), found, "{word}");
        }
    }
}
