//! A command line read by clap, and answered by clap or, where more is known, better.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, FromArgMatches};

use crate::generate::Shell;
use crate::spelling::{Spellings, nearest};
use crate::{generate, help, version};

/// What a program knows of its command line beside its definition.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Options that `-h` shows, by their ids, those first that are wanted most; `--help` shows all.
    pub brief: &'static [&'static str],
    /// How options are misspelt.
    pub spellings: Spellings,
    /// What `--version` tells beside number and commit: of what, and what.
    pub details: fn() -> Vec<(&'static str, String)>,
}

impl Program {
    /// Reads the words of a command line, of which the first is the program's name. `folder` is where names of
    /// files are looked up.
    ///
    /// # Errors
    /// What clap says, with the option or subcommand that was probably meant.
    pub fn parse<T: CommandFactory + FromArgMatches>(
        &self,
        words: &[OsString],
        folder: &Path,
    ) -> Result<T, clap::Error> {
        self.read(T::command(), words, folder)
    }

    /// The script that makes a shell complete the command line of `T`.
    pub fn completions<T: CommandFactory>(&self, shell: Shell) -> Vec<u8> {
        generate::completions(self.whole(T::command(), &[]), shell)
    }

    /// Writes the manual pages of `T` and its subcommands to a folder, which is made if it is missing. Pages of the
    /// same names are replaced.
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn manual<T: CommandFactory>(&self, folder: &Path) -> io::Result<()> {
        generate::manual(self.whole(T::command(), &[]), folder)
    }

    /// The command with all that the definition does not say.
    fn whole(&self, command: Command, words: &[OsString]) -> Command {
        version::tell(help::fit(command, words, self.brief), &(self.details)())
    }

    pub(crate) fn read<T: FromArgMatches>(
        &self,
        command: Command,
        words: &[OsString],
        folder: &Path,
    ) -> Result<T, clap::Error> {
        let mut command = version::in_full(self.whole(command, words));
        if let Some(tip) = mistyped_subcommand(&command, words, folder) {
            let first = words[1].to_string_lossy().into_owned();
            let mut error = clap::Error::new(ErrorKind::InvalidSubcommand).with_cmd(&command);
            error.insert(ContextKind::InvalidSubcommand, ContextValue::String(first));
            return Err(with_tip(error, &tip));
        }
        if let Some((typed, tip)) = swallowed(&command, words, &self.spellings) {
            let mut error = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(&command);
            error.insert(ContextKind::InvalidArg, ContextValue::String(typed));
            return Err(with_tip(error, &tip));
        }
        let read = command.try_get_matches_from_mut(words).and_then(|matches| T::from_arg_matches(&matches));
        read.map_err(|error| match error.kind() {
            ErrorKind::UnknownArgument => explain(error, &command, words, folder, &self.spellings),
            _ => error,
        })
    }
}

/// A first word that is no file, but nearly a subcommand: what to write instead.
fn mistyped_subcommand(command: &Command, words: &[OsString], folder: &Path) -> Option<String> {
    let first = words.get(1)?.to_str()?;
    let plain = first.len() > 2 && first.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let subcommands: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    if !plain
        || first.starts_with('-')
        || subcommands.is_empty()
        || subcommands.contains(&first)
        || folder.join(first).symlink_metadata().is_ok()
    {
        return None;
    }
    if matches!(first, "help" | "version") {
        return Some(format!("write '--{first}'"));
    }
    let name = nearest(first, subcommands)?;
    Some(format!("there is no file of this name; the subcommand is written '{name}'"))
}

/// A long name behind one hyphen that clap would take for a short option and its value, as in `-OutputPath` of the scripts for
/// `-o utputPath`: the name, and what to write instead.
fn swallowed(command: &Command, words: &[OsString], spellings: &Spellings) -> Option<(String, String)> {
    let sub = words.get(1).and_then(|word| word.to_str()).and_then(|word| command.find_subcommand(word));
    let valued: Vec<char> = sub
        .unwrap_or(command)
        .get_arguments()
        .filter(|option| option.get_action().takes_values())
        .filter_map(clap::Arg::get_short)
        .collect();
    let words = words.iter().skip(1).take_while(|word| *word != OsStr::new("--"));
    words.filter_map(|word| word.to_str()).find_map(|word| {
        let typed = word.split([':', '=']).next()?;
        let name = typed.strip_prefix('-')?;
        // Shorter ones may be values.
        let is_name = name.len() > 4 && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        if !is_name || !name.to_ascii_lowercase().starts_with(&valued[..]) {
            return None;
        }
        Some((typed.to_owned(), spellings.tip(typed, command, sub)?))
    })
}

fn explain(
    mut error: clap::Error,
    command: &Command,
    words: &[OsString],
    folder: &Path,
    spellings: &Spellings,
) -> clap::Error {
    let Some(ContextValue::String(told)) = error.get(ContextKind::InvalidArg) else { return error };
    let typed = as_typed(told, words);
    let sub = words.get(1).and_then(|word| word.to_str()).and_then(|word| command.find_subcommand(word));
    let tip = if typed.starts_with('-') {
        spellings.tip(&typed, command, sub)
    } else {
        spellings.of_word(&typed, folder)
    };
    let Some(tip) = tip else { return error };
    error.insert(ContextKind::InvalidArg, ContextValue::String(typed));
    with_tip(error, &tip)
}

/// clap tells of `-LogFiles` as `-L`: the whole word is wanted, without a value.
fn as_typed(told: &str, words: &[OsString]) -> String {
    let short = told.starts_with('-') && !told.starts_with("--");
    let options = words.iter().take_while(|word| *word != OsStr::new("--")).filter_map(|word| word.to_str());
    let mut whole = options.filter(|word| short && word.starts_with(told));
    let whole = whole.next().unwrap_or(told);
    if short { whole.split([':', '=']).next().unwrap_or(whole).to_owned() } else { whole.to_owned() }
}

fn with_tip(mut error: clap::Error, tip: &str) -> clap::Error {
    for kind in [ContextKind::SuggestedArg, ContextKind::Usage] {
        error.remove(kind);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip.to_owned())]));
    error
}
