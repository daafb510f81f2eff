//! Set-up-free commands.
#![forbid(unsafe_code)]

mod assets;
mod bench;
mod bench_download;
mod demo;
#[cfg(test)]
mod docs;
mod engines;
mod filters;
mod instructions;
mod logs;
mod man;
mod python;
mod reference;
mod registries;
mod release;
mod schema;
mod score;
mod shapes;
mod shell;
mod spark;
mod tests;

use std::process::ExitCode;

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
    /// Download the flow logs of a storage account and analyse them
    Logs(logs::Options),
    /// Write the demo's outputs to samples/reports
    Samples,
    /// Write the reference pages in docs/ from what the programs say of themselves, and the schemas of what --format json prints
    Docs,
    /// Write the manual pages of both programs to target/man
    Man,
    /// Run every test, the ones against a real storage service included
    Test,
    /// Precision and recall of each detector on generated sets
    Score {
        /// First seed
        #[arg(long, default_value_t = 1)]
        first: u64,
        /// How many seeds
        #[arg(long, default_value_t = 5)]
        seeds: u64,
    },
    /// Build the script and the style of the HTML report from their source (needs Node.js)
    Assets(assets::Options),
    /// Refresh the registries that flowlog-core embeds (service names, provider ranges)
    Registries,
    /// Build both programs by a profile of what they do most: a tenth faster (minutes)
    Release,
    /// Measure the whole report against other engines over a generated set
    Bench(bench::Options),
    /// Compare the answers to random filters with those of another engine
    Filters(filters::Options),
    /// Read Parquet exports with other engines, and compare their answers with the report's
    Engines(engines::Options),
    /// Compare the report of a Spark cluster with that of one process, byte for byte
    Spark(spark::Options),
    /// Build flowlog-analyze as a Python wheel for Linux (target/wheels)
    Wheel,
    /// Count instructions a tuple by phase, under valgrind
    Instructions(instructions::Options),
    /// Measure hostile shapes of input, and how time and memory grow with it
    Shapes(shapes::Options),
    /// Measure downloads against rclone and az over a real Azurite
    BenchDownload(bench_download::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Logs(options) => return logs::run(options),
        Command::Demo => demo::show(),
        Command::Samples => demo::update_samples(),
        Command::Docs => reference::write().and_then(|()| schema::write()),
        Command::Man => man::write(),
        Command::Test => tests::run(),
        Command::Score { first, seeds } => score::run_seeds(first, seeds),
        Command::Assets(options) => assets::run(&options),
        Command::Registries => registries::run(&mut std::io::stderr()),
        Command::Release => release::run(&mut std::io::stderr()),
        Command::Bench(options) => bench::run(&options, &mut std::io::stderr()),
        Command::Filters(options) => filters::run(&options, &mut std::io::stderr()),
        Command::Engines(options) => engines::run(&options, &mut std::io::stderr()),
        Command::Spark(options) => spark::run(&options, &mut std::io::stderr()),
        Command::Wheel => spark::wheel(&mut std::io::stderr()).map(|_| ()),
        Command::Instructions(options) => instructions::run(&options, &mut std::io::stderr()),
        Command::Shapes(options) => shapes::run(&options, &mut std::io::stderr()),
        Command::BenchDownload(options) => bench_download::run(&options, &mut std::io::stderr()),
    }?;
    Ok(ExitCode::SUCCESS)
}
