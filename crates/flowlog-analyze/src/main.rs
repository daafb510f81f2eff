//! Maps a run to an exit code; `--help` documents them.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use flowlog_analyze::cli::Config;
use flowlog_analyze::render::Surroundings;
use flowlog_analyze::{Outcome, RunError, run};

fn main() -> ExitCode {
    let config = match Config::parse(std::env::args_os(), Path::new(".")) {
        Ok(config) => config,
        Err(usage) => {
            // Help goes to standard output, a usage error to standard error; clap knows.
            usage.print().ok();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let mut talk = io::stderr();
    match run(&config, &Surroundings::detect(), io::stdout().lock(), &mut talk) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NothingAnalysed) => ExitCode::from(1),
        Ok(Outcome::Findings) => ExitCode::from(10),
        Ok(Outcome::SomeSkipped) => ExitCode::from(3),
        // The reader of a pipe has seen enough.
        Err(RunError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error @ (RunError::Settings(_) | RunError::Known(_))) => {
            writeln!(talk, "error: {error}").ok();
            ExitCode::from(2)
        }
        Err(error) => {
            writeln!(talk, "error: {error}").ok();
            ExitCode::from(1)
        }
    }
}
