//! Maps a run to an exit code; `--help` documents them.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use flowlog_analyze::cli::{MergeConfig, Task};
use flowlog_analyze::export::Unfinished;
use flowlog_analyze::render::Surroundings;
use flowlog_analyze::{
    Outcome, RunError, anonymize, compare, flows, host, interrupt, partial, run, say, top,
};
use flowlog_core::text::message;

fn main() -> ExitCode {
    let task = match Task::parse(std::env::args_os(), Path::new(".")) {
        Ok(task) => task,
        Err(usage) => return refuse(&usage),
    };
    let mut talk = io::stderr();
    let around = Surroundings::detect();
    let ascii = task.ascii(&around);
    if let Err(error) = task.start_threads() {
        return failed(&error.into(), ascii, &mut talk);
    }
    if let Task::Top(config) = &task {
        return match top::run(config, &around) {
            Ok(top::End::Quit) => ExitCode::SUCCESS,
            Ok(top::End::Signal(signal)) => ExitCode::from(128 + signal),
            Err(error) => failed(&error, ascii, &mut talk),
        };
    }
    let unfinished = Unfinished::default();
    interrupt::watch(&unfinished);
    let mut out = io::stdout().lock();
    let outcome = match &task {
        Task::Analyse(config) => run(config, &around, &unfinished, out, &mut talk),
        Task::Flows(config) => flows::run(config, &around, out, &mut talk),
        Task::Host(config) => host::run(config, &around, out, &mut talk),
        Task::Compare(config) => compare::run(config, &around, out, &mut talk),
        // Above: it watches for signals itself.
        Task::Top(_) => Ok(Outcome::Done),
        Task::Partial(config) => partial::run(config, &around, &unfinished, &mut talk),
        Task::Anonymize(config) => anonymize::run(config, &around, &unfinished, &mut talk),
        Task::Merge(MergeConfig::Report(config)) => run(config, &around, &unfinished, out, &mut talk),
        Task::Merge(MergeConfig::State(config, output)) => {
            partial::join(config, output, &around, &unfinished, &mut talk)
        }
        Task::Print(text) => out.write_all(text).map(|()| Outcome::Done).map_err(RunError::Output),
        Task::Manual(folder) => Task::write_manual(folder)
            .map(|()| Outcome::Done)
            .map_err(|cause| RunError::Manual { folder: folder.clone(), cause }),
    };
    interrupt::settle(&unfinished);
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NothingAnalysed) => ExitCode::from(1),
        Ok(Outcome::Findings) => ExitCode::from(10),
        Ok(Outcome::SomeSkipped) => ExitCode::from(3),
        Err(error) => failed(&error, ascii, &mut talk),
    }
}

fn failed(error: &RunError, ascii: bool, talk: &mut impl Write) -> ExitCode {
    say(talk, ascii, &format!("error: {error}"));
    // A line of its own: what an error tells may come from outside, and is one line whatever it holds.
    if let Some(hint) = error.hint() {
        say(talk, ascii, &format!("hint: {hint}"));
    }
    ExitCode::from(if error.is_usage() { 2 } else { 1 })
}

/// Help goes to standard output, a usage error to standard error; clap knows. It repeats arguments as they
/// are, which may hold what drives the terminal.
fn refuse(usage: &clap::Error) -> ExitCode {
    let told = usage.render().to_string();
    let safe: Vec<_> = told.lines().map(message).collect();
    // clap passes over whole sequences of a terminal when it renders plain text.
    let control = |word: OsString| word.to_string_lossy().contains(char::is_control);
    if safe.iter().eq(told.lines()) && !std::env::args_os().any(control) {
        usage.print().ok();
    } else {
        writeln!(io::stderr(), "{}", safe.join("\n")).ok();
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}
