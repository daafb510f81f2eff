//! Writes a generated container of flow logs and the exact truth about it:
//! `DIR/container/<blob name>` and `DIR/truth.json`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use chrono::DateTime;
use clap::{Parser, ValueEnum};
use flowlog_testkit::scenario::{Behaviour, Blob, Capture, Format, Gap, Harmless, Plant, Scenario, Volume};
use flowlog_testkit::truth::Truth;

/// Write a made-up storage container of Azure flow logs, and the exact truth about it
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Folder to write to: DIR/container and DIR/truth.json; it must not hold a container yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Start of the random numbers: the same seed and settings give the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First hour, UTC
    #[arg(long, default_value = "2026-01-15T00:00:00Z", value_name = "TIME")]
    start: String,
    /// Hours of logs
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Monitored NICs
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    nics: u32,
    /// Tuples to write, nearly
    #[arg(long, default_value_t = 1_000_000)]
    tuples: u64,
    /// Bytes to write, nearly, instead of a number of tuples; e.g. 500MB, 1.1GB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, conflicts_with = "tuples")]
    target_bytes: Option<u64>,
    /// Format of the logs
    #[arg(long, value_enum, default_value_t = FormatName::Vnet)]
    format: FormatName,
    /// Log connections inside the network at both NICs, or at the source's alone
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    both_ends: bool,
    /// Hosts in the internet [default: grows with the set]
    #[arg(long)]
    internet_hosts: Option<u32>,
    /// Share of the tuples (0 to 1) that are denied packets from the internet, nearly each from another address, never seen again
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = parse_share)]
    noise: f64,
    /// Internal hosts that are not monitored [default: grows with the set]
    #[arg(long)]
    internal_hosts: Option<u32>,
    /// How often each behaviour (scan, retries, one-way traffic, ...) is planted
    #[arg(long, default_value_t = 3)]
    plants: usize,
    /// How often each behaviour that a detector should find is planted
    #[arg(long, default_value_t = 0)]
    behaviours: usize,
    /// How often each harmless thing that looks alike (vendors, load tests, pollers, ...) is planted
    #[arg(long, default_value_t = 0)]
    harmless: usize,
    /// Log so many of the NICs by NSG flow logs version 2 with stateless rules: begins alone
    #[arg(long, default_value_t = 0)]
    stateless_nics: u32,
    /// Longest list in truth.json; totals and list lengths are exact whatever it is
    #[arg(long, default_value_t = 2000, value_name = "ROWS")]
    truth_rows: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Vnet,
    Nsg1,
    Nsg2,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let scenario = scenario(&cli)?;
    let container = cli.out.join("container");
    ensure!(
        !container.exists(),
        "{} is there already\nhint: choose another folder with --out",
        container.display()
    );
    let started = Instant::now();
    let truth = scenario.generate(|blob| write_blob(&container, blob))?;
    let seconds = started.elapsed().as_secs_f64();
    write_truth(&cli.out.join("truth.json"), &truth.clone().shorten(cli.truth_rows))?;
    let totals = &truth.totals;
    writeln!(
        io::stdout(),
        "{} files, {} records, {} tuples, {} conversations, {} bytes in {seconds:.1} s ({:.0} MB/s)",
        totals.files,
        totals.records,
        totals.tuples,
        totals.conversations,
        totals.bytes,
        totals.bytes as f64 / 1e6 / seconds
    )?;
    Ok(())
}

fn scenario(cli: &Cli) -> Result<Scenario> {
    let start = DateTime::parse_from_rfc3339(&cli.start)
        .with_context(|| format!("--start {} is no time such as 2026-01-15T00:00:00Z", cli.start))?;
    let volume = cli.target_bytes.map_or(Volume::Tuples(cli.tuples), Volume::Bytes);
    let tuples = match volume {
        Volume::Tuples(tuples) => tuples,
        Volume::Bytes(bytes) => bytes / 75,
    };
    let grown = |per_tuples: u64, least: u32, most: u32| {
        u32::try_from(tuples / per_tuples).unwrap_or(most).clamp(least, most)
    };
    // Where strangers try the doors, many more know them.
    let (per_host, most_hosts) = if cli.noise > 0.0 { (30, 4_000_000) } else { (400, 60_000) };
    Ok(Scenario {
        seed: cli.seed,
        start_ms: start.timestamp_millis(),
        hours: cli.hours,
        nics: cli.nics,
        volume,
        format: match cli.format {
            FormatName::Vnet => Format::VNet,
            FormatName::Nsg1 => Format::NsgV1,
            FormatName::Nsg2 => Format::NsgV2,
        },
        capture: if cli.both_ends { Capture::BothEnds } else { Capture::SourceOnly },
        internet_hosts: cli.internet_hosts.unwrap_or_else(|| grown(per_host, 500, most_hosts)),
        noise: cli.noise,
        internal_hosts: cli.internal_hosts.unwrap_or_else(|| grown(4000, 100, 8_000)),
        plants: Plant::ALL.repeat(cli.plants),
        behaviours: Behaviour::ALL.repeat(cli.behaviours),
        harmless: Harmless::ALL.repeat(cli.harmless),
        nsg_v2_nics: cli.stateless_nics,
        nsg_v2_stateless: cli.stateless_nics > 0,
        gaps: gaps(cli),
        ..Scenario::default()
    })
}

/// A missing blob a set of behaviours, in the busy hours of the first day.
fn gaps(cli: &Cli) -> Vec<Gap> {
    let nic = |number: usize| {
        u32::try_from((cli.seed + 7 * number as u64) % u64::from(cli.nics)).unwrap_or_default()
    };
    let sets = if cli.hours > 15 { cli.behaviours } else { 0 };
    (0..sets)
        .map(|number| Gap { nic: nic(number), hour: 10 + u32::try_from(number % 5).unwrap_or_default() })
        .collect()
}

fn write_blob(container: &Path, blob: &Blob<'_>) -> Result<()> {
    let path = container.join(blob.name);
    let folder = path.parent().unwrap_or(container);
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(&path, blob.bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn write_truth(path: &Path, truth: &Truth) -> Result<()> {
    let mut file =
        BufWriter::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?);
    serde_json::to_writer_pretty(&mut file, truth)?;
    writeln!(file)?;
    file.flush().with_context(|| format!("cannot write {}", path.display()))
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{text} is no share: use a number from 0 to 1"))
}

/// A number of bytes with an optional unit (decimal: kB, MB, GB).
fn parse_size(text: &str) -> Result<u64, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        _ => return Err(format!("unknown unit {unit}: use B, kB, MB or GB")),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number} is no number"))?;
    // Sizes are far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok((number * factor) as u64)
}
