//! `flowlog-download`: a result becomes text and an exit code here, nothing else.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use flowlog_download::{
    auth::scrub,
    cli::{Cli, Format},
    error::Failure,
    follow::follow,
    outcome::{Outcome, write_json},
    progress::shown,
    run,
    summary::failure_json,
};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let mut cli = match Cli::read(&words) {
        Ok(cli) => cli,
        Err(usage) => return refuse(&usage),
    };
    match cli.install(&mut io::stdout().lock()) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(failure) => return fail(&failure),
    }
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Err(failure) = cli.configure(&env) {
        return fail(&failure);
    }
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
            if let Some(why) = outcome.why_partial() {
                let _ = writeln!(io::stderr(), "{why}");
            }
            ExitCode::from(outcome.exit_code())
        }
        Err(failure) => {
            if cli.format == Format::Json {
                let _ = write_json(&failure_json(&failure), &mut io::stdout().lock());
            }
            fail(&failure)
        }
    }
}

fn fail(failure: &Failure) -> ExitCode {
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

/// Help goes to standard output, a usage error to standard error; clap knows. It repeats arguments as they
/// are, which may hold a signature or what drives the terminal.
fn refuse(usage: &clap::Error) -> ExitCode {
    let told = usage.render().to_string();
    let safe: Vec<String> = told.lines().map(|line| shown(&scrub(line))).collect();
    // clap passes over whole sequences of a terminal when it renders plain text.
    let control = |word: OsString| word.to_string_lossy().contains(char::is_control);
    if safe.iter().map(String::as_str).eq(told.lines()) && !std::env::args_os().any(control) {
        let _ = usage.print();
    } else {
        let _ = writeln!(io::stderr(), "{}", safe.join("\n"));
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}
