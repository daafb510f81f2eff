//! `flowlog-download`: a result becomes text and an exit code here, nothing else.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use flowlog_download::{
    cli::{Cli, Format},
    follow::follow,
    outcome::{Outcome, write_json},
    progress::shown,
    run,
    summary::failure_json,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let interactive = io::stdin().is_terminal() && io::stderr().is_terminal();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = match cli.follow {
        Some(interval) => {
            runtime.block_on(follow(&cli, &env, interval, &mut io::stdout())).map(Outcome::Download)
        }
        None => runtime.block_on(run(&cli, &env, interactive)),
    };
    // A question that is still waiting for its answer must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(outcome) => {
            // Nobody reading the summary changes nothing about the run.
            let _ = outcome.write(cli.format, &mut io::stdout().lock());
            ExitCode::from(outcome.exit_code())
        }
        Err(failure) => {
            if cli.format == Format::Json {
                let _ = write_json(&failure_json(&failure), &mut io::stdout().lock());
            }
            let mut err = io::stderr().lock();
            let _ = writeln!(err, "error: {}", shown(&failure.message));
            for detail in &failure.details {
                let _ = writeln!(err, "  {}", shown(detail));
            }
            for hint in &failure.hints {
                let _ = writeln!(err, "  hint: {}", shown(hint));
            }
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
