//! The command line.

use std::{
    ffi::OsString,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use clap::{CommandFactory as _, Parser};
use flowlog_cli::number::at_once;

use crate::auth::AccessArgs;
use crate::{
    listing::{SelectArgs, parse_span},
    words::SPELLINGS,
};

const AFTER_HELP: &str = "\
Environment:
  AZ_STORAGE_KEY                     account key
  AZURE_STORAGE_KEY                  account key
  AZURE_STORAGE_SAS_TOKEN            SAS token with read and list
  AZURE_STORAGE_CONNECTION_STRING    connection string (account key or SAS)
  AZURE_STORAGE_ACCOUNT              account, when --storage-account is not given
  FLOWLOG_TIMEOUT                    seconds of silence after which a request is tried again (60)
  The first that is set is used. Without any of these secrets the tool logs in: workload identity or
  service principal of the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or
  AZURE_FEDERATED_TOKEN_FILE), managed identity, Azure CLI, Azure Developer CLI. With that identity
  it asks for the account's key (AZURE_SUBSCRIPTION_ID and AZ_RESOURCE_GROUP say where to look
  first); an identity that may not list keys reads the blobs itself, for which it needs the role
  'Storage Blob Data Reader' on the account or container.

Exit codes:
  0    complete, also when nothing was new
  1    failed: network, disk, or a second run on the same folder
  2    usage
  3    some blobs failed; run again to fetch the rest. With --verify: the tree differs. With
       --strict: blobs in the archive tier were left
  4    not authorised
  5    account, container or folder not found, or nothing in it
  130  interrupted or declined; run again to resume

A run fetches only what is new or has changed; of a blob that grew, only the new part. It never overwrites or deletes a file it did not write.";

/// Download Azure VNet and NSG flow logs into a tree of dates and hours
#[derive(Clone, Debug, Parser)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[command(name = "flowlog-download", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Storage account that holds the flow logs: its name, or an address of it or of the container
    #[arg(long, value_name = "NAME")]
    pub storage_account: Option<String>,

    /// Container to download [default: the one an address names, else insights-logs-flowlogflowevent]
    #[arg(long, value_name = "NAME")]
    pub container_name: Option<String>,

    /// Folder the tree is written to
    #[arg(long, value_name = "DIR", default_value = "./FlowLogs")]
    pub download_path: PathBuf,

    /// Shorten file names whose path is too long for the system, without asking
    #[arg(long)]
    pub auto_shorten: bool,

    /// Ask nothing: download, and shorten names where needed
    #[arg(long)]
    pub force: bool,

    /// Blob endpoint of an emulator, a private endpoint or another cloud.
    #[arg(
        long,
        value_name = "URL",
        help = "Blob endpoint of an emulator, a private endpoint or another cloud, \
        e.g. http://127.0.0.1:10000/devstoreaccount1"
    )]
    pub endpoint: Option<String>,

    /// Connection string; other users of the machine may see it, the environment variable is safer
    #[arg(long, value_name = "STRING", conflicts_with = "endpoint")]
    pub connection_string: Option<String>,

    /// Longest path to write, in characters [default: 250 on Windows, 4096 elsewhere]
    #[arg(long, value_name = "N")]
    pub max_path: Option<usize>,

    /// How many blobs are fetched at once, at most; fewer while the service says it is busy
    #[arg(long, value_name = "N", default_value = "16", value_parser = at_once)]
    pub concurrency: NonZeroUsize,

    /// Bring at most so many megabits a second
    #[arg(long, value_name = "MBPS", value_parser = megabits, conflicts_with = "from_dir")]
    pub cap_mbps: Option<f64>,

    /// Fetch nothing: check the tree against the source, blob by blob. With `content`, blobs that the
    /// service keeps no hash of are read again and compared
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "record",
        value_enum, conflicts_with_all = ["move_files", "doctor", "follow"])]
    pub verify: Option<Proof>,

    /// Fetch nothing: check name, network, TLS, access, container and folder, and say what to do
    #[arg(long, conflicts_with = "from_dir")]
    pub doctor: bool,

    /// How the summary is written to standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Reorganise blobs already on disk (from AzCopy or the portal) instead of downloading
    #[arg(long, value_name = "DIR", conflicts_with_all = ["storage_account", "endpoint", "connection_string"])]
    pub from_dir: Option<PathBuf>,

    /// With --from-dir: remove each source file once its copy is safe
    #[arg(long = "move")]
    pub move_files: bool,

    /// Print what would be fetched (reason, bytes, local path, blob) and change nothing
    #[arg(long, conflicts_with = "move_files")]
    pub dry_run: bool,

    /// Exit with 3 if blobs were left because they are in the archive tier
    #[arg(long)]
    pub strict: bool,

    /// Keep the tree current: update it again and again, one line each, until Ctrl-C
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "60s",
        value_parser = parse_span, conflicts_with_all = ["dry_run", "move_files"])]
    pub follow: Option<TimeDelta>,

    /// What part of the source
    #[command(flatten, next_help_heading = "Only what is needed")]
    pub select: SelectArgs,

    /// How to get in
    #[command(flatten, next_help_heading = "Access")]
    pub access: AccessArgs,
}

impl Cli {
    /// Reads a command line, whose first word is the program's name.
    ///
    /// # Errors
    /// Usage errors, and the texts of `--help` and `--version`: clap prints them to the right place.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        flowlog_cli::parse(Self::command(), words, Path::new("."), &SPELLINGS)
    }
}

/// What proves the content of blobs that the service keeps no hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Proof {
    /// The digest of what was fetched, in the tree's record.
    Record,
    /// The blob's bytes, read from the service again.
    Content,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object, for programs.
    Json,
}

fn megabits(text: &str) -> Result<f64, String> {
    let read = text.parse().ok().filter(|rate: &f64| (0.001..=1e6).contains(rate));
    read.ok_or_else(|| "a number of megabits a second, from 0.001 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_told_with_the_right_one() {
        let told = |words: &[&str]| {
            let words: Vec<OsString> = ["flowlog-download"].iter().chain(words).map(Into::into).collect();
            Cli::read(&words).expect_err("a usage error").to_string()
        };
        for (words, tip) in [
            (&["-StorageAccount", "x"][..], "write '--storage-account'"),
            (&["-storageaccount:x"], "write '--storage-account'"),
            (&["-AutoShorten", "x"], "write '--auto-shorten'"),
            (&["--since", "x"], "write '--from'"),
            (&["-WhatIf"], "write '--dry-run'"),
            (&["-SpecificIPs", "x"], "'--specific-ips' is an option of 'flowlog-analyze'"),
            (&["mylogs"], "to name the storage account, write '--storage-account mylogs'"),
            (&["src"], "to reorganise the blobs of a folder, write '--from-dir src'"),
            (&["--concurrency", "0"], "give a number, 1 or more"),
        ] {
            assert!(told(words).contains(tip), "{}", told(words));
        }
        let command = Cli::command();
        let known = |meant: &str| {
            command.get_arguments().filter_map(clap::Arg::get_long).any(|long| meant[2..].starts_with(long))
        };
        for (word, meant) in SPELLINGS.words {
            assert!(known(meant), "{word}");
        }
    }
}
