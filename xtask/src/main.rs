//! Set-up-free commands.
#![forbid(unsafe_code)]

mod bench;
mod commands;
mod registries;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Flowlog's set-up-free commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reorganise and analyse the sample container, with every output
    Demo,
    /// Run every test, the ones against a real storage service included
    Test,
    /// Refresh the registries that flowlog-core embeds (service names, provider ranges)
    Registries,
    /// Measure the whole report against other engines over a generated set
    Bench(bench::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo => commands::demo(),
        Command::Test => commands::test(),
        Command::Registries => registries::run(&mut std::io::stderr()),
        Command::Bench(options) => bench::run(&options, &mut std::io::stderr()),
    }
}
