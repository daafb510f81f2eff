//! Set-up-free commands.
#![forbid(unsafe_code)]

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
    /// Refresh the registries that flowlog-core embeds (service names, provider ranges)
    Registries,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Registries => registries::run(&mut std::io::stderr()),
    }
}
