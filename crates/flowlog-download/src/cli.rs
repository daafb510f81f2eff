//! The command line.

use std::{
    ffi::OsString,
    io::Write,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use clap::Parser;
use flowlog_cli::{
    Shell,
    config::{self, ConfigArgs, Env, Settings},
    number::at_once,
};
use flowlog_core::select::when::parse_span;

use crate::auth::AccessArgs;
use crate::{
    error::{Failure, Kind},
    listing::SelectArgs,
    words::PROGRAM,
};

const AFTER_HELP: &str = "\
A run fetches only what is new or has changed; of a blob that grew, only the
new part. It never overwrites or deletes a file it did not write.

Examples:
  flowlog-download --storage-account mylogs          everything, now
  flowlog-download --storage-account mylogs --last 6h --follow
  flowlog-download --storage-account mylogs --from 2025-10-05 --to 2025-10-05
  flowlog-download --storage-account mylogs --last 7d --flow-log web --dry-run
  flowlog-download --storage-account mylogs --doctor   why it does not work
  flowlog-download --from-dir ./azcopy-download      blobs already on disk

Environment:
  AZ_STORAGE_KEY                   account key
  AZURE_STORAGE_KEY                account key
  AZURE_STORAGE_SAS_TOKEN          SAS token with read and list
  AZURE_STORAGE_CONNECTION_STRING  connection string (account key or SAS)
  AZURE_STORAGE_ACCOUNT            account, when --storage-account is not given
  FLOWLOG_TIMEOUT                  seconds of silence after which a request is
                                   tried again (60)
  The first that is set is used. Without any of these secrets the tool logs
  in: workload identity or service principal of the environment
  (AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or
  AZURE_FEDERATED_TOKEN_FILE), managed identity, Azure CLI, Azure Developer
  CLI. With that identity it asks for the account's key (AZURE_SUBSCRIPTION_ID
  and AZ_RESOURCE_GROUP say where to look first); an identity that may not
  list keys reads the blobs itself, for which it needs the role
  'Storage Blob Data Reader' on the account or container.

Exit codes:
  0    complete, also when nothing was new
  1    failed: network, disk, or a second run on the same folder
  2    usage
  3    some blobs failed; run again to fetch the rest. With --verify: the tree
       differs. With --strict: blobs in the archive tier were left
  4    not authorised
  5    account, container or folder not found, or nothing in it
  130  interrupted or declined; run again to resume";

/// Download Azure VNet and NSG flow logs into a tree of dates and hours
#[derive(Clone, Debug, Parser)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[command(name = "flowlog-download", version, after_long_help = AFTER_HELP)]
pub struct Cli {
    /// Storage account: its name, or any address of it
    ///
    /// Or of the container, as the portal and other tools show it.
    #[arg(long, value_name = "NAME")]
    pub storage_account: Option<String>,

    /// Container to download
    ///
    /// [default: the one an address names, else insights-logs-flowlogflowevent]
    #[arg(long, value_name = "NAME")]
    pub container_name: Option<String>,

    /// Folder the tree is written to
    #[arg(long, value_name = "DIR", default_value = "./FlowLogs")]
    pub download_path: PathBuf,

    /// Update again and again [default: 60s]
    ///
    /// One line for each update, until Ctrl-C.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "60s",
        value_parser = parse_span, conflicts_with_all = ["dry_run", "move_files"])]
    pub follow: Option<TimeDelta>,

    /// What part of the source
    #[command(flatten, next_help_heading = "Selection")]
    pub select: SelectArgs,

    /// Print what would be fetched, and change nothing
    ///
    /// One line a blob: reason, bytes, path, name.
    #[arg(long, conflicts_with = "move_files", help_heading = "Checks")]
    pub dry_run: bool,

    /// Say why it does not work, and what to do
    ///
    /// Fetches nothing, and checks name, network, TLS, access, container and folder.
    #[arg(long, conflicts_with = "from_dir", help_heading = "Checks")]
    pub doctor: bool,

    /// Check the tree against the source
    ///
    /// Blob by blob; nothing is fetched. With 'content', blobs that the service keeps no hash of are read again and compared.
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "record",
        value_enum, conflicts_with_all = ["move_files", "doctor", "follow"], help_heading = "Checks")]
    pub verify: Option<Proof>,

    /// Exit with 3 if blobs were left because they are in the archive tier
    #[arg(long, help_heading = "Checks")]
    pub strict: bool,

    /// Reorganise blobs already on disk
    ///
    /// From AzCopy or the portal, instead of downloading.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["storage_account", "endpoint", "connection_string"],
        help_heading = "Blobs on disk")]
    pub from_dir: Option<PathBuf>,

    /// With --from-dir: remove each source file once its copy is safe
    #[arg(long = "move", help_heading = "Blobs on disk")]
    pub move_files: bool,

    /// Blob endpoint of an emulator, a private endpoint or another cloud.
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Access",
        help = "Blob endpoint of an emulator, a private endpoint or another cloud, \
        e.g. http://127.0.0.1:10000/devstoreaccount1"
    )]
    pub endpoint: Option<String>,

    /// Connection string
    ///
    /// Other users of the machine may see it: the environment variable is safer.
    #[arg(long, value_name = "STRING", conflicts_with = "endpoint", help_heading = "Access")]
    pub connection_string: Option<String>,

    /// How to get in
    #[command(flatten, next_help_heading = "Access")]
    pub access: AccessArgs,

    /// Blobs fetched at once, at most
    ///
    /// Fewer are while the service says it is busy.
    #[arg(long, value_name = "N", default_value = "16", value_parser = at_once, help_heading = "Transfer")]
    pub concurrency: NonZeroUsize,

    /// Limit the rate to N Mbit/s
    #[arg(long, value_name = "N", value_parser = megabits, conflicts_with = "from_dir",
        help_heading = "Transfer")]
    pub cap_mbps: Option<f64>,

    /// Ask nothing: download, and shorten names where needed
    #[arg(long, help_heading = "Paths")]
    pub force: bool,

    /// Shorten file names whose path is too long for the system, without asking
    #[arg(long, help_heading = "Paths")]
    pub auto_shorten: bool,

    /// Longest path to write, in characters [default: 250 on Windows, 4096 elsewhere]
    #[arg(long, value_name = "N", help_heading = "Paths")]
    pub max_path: Option<usize>,

    /// How the summary is written to standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub settings: ConfigArgs,

    /// What is configured, where nothing else names it.
    #[arg(skip)]
    pub configured: Configured,

    /// Print the script that makes a shell complete options, and end
    #[arg(long, value_name = "SHELL", exclusive = true, help_heading = "Installation")]
    pub completions: Option<Shell>,

    /// Write the manual page to a folder, and end
    #[arg(long, value_name = "DIR", exclusive = true, help_heading = "Installation")]
    pub man: Option<PathBuf>,
}

/// Where to download from if neither the command line nor the environment says it.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// The account's name.
    pub storage_account: Option<String>,
    /// Its container.
    pub container_name: Option<String>,
}

impl Cli {
    /// Reads what is configured.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something unknown.
    pub fn configure(&mut self, env: Env<'_>) -> Result<(), Failure> {
        let read = config::read(&self.settings, env, Path::new(""));
        let Settings { storage_account, container_name, .. } =
            read.map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        self.configured = Configured { storage_account, container_name };
        Ok(())
    }

    /// Does what is asked instead of a run: completions to `out`, or the manual page. True if that was asked.
    ///
    /// # Errors
    /// A folder, file or output that cannot be written.
    pub fn install(&self, out: &mut impl Write) -> Result<bool, Failure> {
        if let Some(shell) = self.completions {
            let written = out.write_all(&PROGRAM.completions::<Self>(shell));
            written.map_err(|error| Failure::new(Kind::Failed, format!("cannot write: {error}")))?;
        }
        if let Some(folder) = &self.man {
            PROGRAM.manual::<Self>(folder).map_err(|error| {
                let place = folder.display();
                Failure::new(Kind::Failed, format!("cannot write the manual page to {place}: {error}"))
            })?;
        }
        Ok(self.completions.is_some() || self.man.is_some())
    }

    /// Reads a command line, whose first word is the program's name.
    ///
    /// # Errors
    /// Usage errors, and the texts of `--help` and `--version`: clap prints them to the right place.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        PROGRAM.parse(words, Path::new("."))
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
    use clap::CommandFactory as _;

    use super::*;
    use crate::words::SPELLINGS;

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
