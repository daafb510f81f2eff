//! The two helps: `-h` fits a screen, `--help` says everything.

use std::ffi::{OsStr, OsString};

use clap::Command;

/// Columns of both helps, also where the terminal has more: long lines are hard to read.
const COLUMNS: usize = 80;
/// Lines of the short help: a terminal of 24 has one for the prompt.
const LINES: usize = 23;

/// Both helps of a command and its subcommands at their width; the short one, if `words` ask for it, with the
/// options of `brief` that the command has, the first of them if there is no room for all.
pub(crate) fn fit(command: Command, words: &[OsString], brief: &[&str]) -> Command {
    if asks_for_short(words) {
        each(command, &|command| shorten(&command, brief))
    } else {
        each(command, &|c| c)
    }
}

/// Applies what holds for every command to one and all below it.
fn each(command: Command, how: &dyn Fn(Command) -> Command) -> Command {
    let command = command.max_term_width(COLUMNS).mut_subcommands(|sub| each(sub, how));
    how(command)
}

fn asks_for_short(words: &[OsString]) -> bool {
    let options = words.iter().skip(1).take_while(|word| *word != OsStr::new("--"));
    let mut options = options.filter_map(|word| word.to_str()).filter(|word| word.starts_with('-'));
    options.any(|word| !word.starts_with("--") && word.contains('h'))
}

fn shorten(command: &Command, brief: &[&str]) -> Command {
    let there = |id: &&&str| command.get_arguments().any(|arg| arg.get_id() == **id);
    let mut shown: Vec<&str> = brief.iter().filter(there).copied().collect();
    loop {
        let short = with(command.clone(), &shown);
        let lines = short.clone().render_help().to_string().lines().count();
        if lines <= LINES || shown.pop().is_none() {
            return short;
        }
    }
}

/// The command with one list of options, those of `shown`.
fn with(command: Command, shown: &[&str]) -> Command {
    let command = command.disable_version_flag(true).mut_args(|arg| {
        let hidden = !arg.is_positional() && !shown.contains(&arg.get_id().as_str());
        arg.hide_short_help(hidden).help_heading(None::<&str>)
    });
    command.mut_subcommands(|sub| {
        let hidden = sub.get_name() == "completions" || sub.get_name() == "man";
        sub.hide(hidden)
    })
}
