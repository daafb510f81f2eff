//! What the person knows of the network beside the logs: own networks, Microsoft's addresses, the
//! rules as configured.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use flowlog_core::enrich::{AddressBook, DatabaseError, ServiceTags, ServiceTagsError};
use flowlog_core::finding::Thresholds;
use flowlog_core::flow::{OwnNetwork, OwnNetworks};
use flowlog_core::policy::{self, Nsg, PolicyError};
use flowlog_core::select::ResolveError;

use flowlog_cli::bounded::{self, NETWORK_BYTES};
use flowlog_cli::config::Settings;

use crate::book::BookArgs;

/// The option that names own networks.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnArgs {
    /// Networks that are your own
    ///
    /// Subnets, or the address space of a VNet, which NAME= names.
    #[arg(long, value_name = "[NAME=]CIDR,...", value_delimiter = ',', help_heading = "Network")]
    pub internal_cidr: Vec<OwnNetwork>,
}

impl OwnArgs {
    /// Own networks come from both places they can be named in, and the detectors of `thresholds`,
    /// too, get them all.
    pub fn networks(&self, thresholds: &mut Thresholds) -> OwnNetworks {
        thresholds.internal.extend(self.internal_cidr.iter().map(ToString::to_string));
        OwnNetworks::new(thresholds.internal.iter().filter_map(|text| text.parse().ok()).collect())
    }
}

/// The options.
#[allow(clippy::doc_markdown)] // text of the help
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub own: OwnArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub book: BookArgs,

    /// Microsoft's public addresses
    ///
    /// The weekly ServiceTags_Public_*.json, or what az network list-service-tags prints.
    #[arg(long, value_name = "FILE.json", help_heading = "Network")]
    pub service_tags: Option<PathBuf>,

    /// Compare with the rules as configured
    ///
    /// Output of az network nsg show or list, or an ARM template. May be given again.
    #[arg(long, value_name = "FILE.json", help_heading = "Network")]
    pub rules: Vec<PathBuf>,
}

/// What the files of the options hold.
#[derive(Debug, Default)]
pub struct Known {
    /// Networks of `--internal-cidr` and of the thresholds' `internal`.
    pub own: OwnNetworks,
    /// Microsoft's public addresses.
    pub service_tags: Option<ServiceTags>,
    /// The rules as configured; `None` without a file.
    pub nsgs: Option<Vec<Nsg>>,
    /// What files say of addresses.
    pub book: Arc<AddressBook>,
}

/// Why one of the files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// It cannot be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// One of its lines is not what it may be.
    #[error("{}, line {line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// It is no database of use.
    #[error("{}: {cause}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: DatabaseError,
    },
    /// No file tells what is asked of addresses.
    #[error("{cause}{}", nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean {name}?")))]
    Asked {
        /// What is not told.
        cause: ResolveError,
        /// What may be meant.
        nearest: Option<String>,
    },
    /// It is no list of service tags.
    #[error("{}: {cause}", path.display())]
    ServiceTags {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: ServiceTagsError,
    },
    /// It holds no rules.
    #[error("{}: {cause}", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: PolicyError,
    },
}

impl KnownArgs {
    /// Reads the files, also those of `settings`. `thresholds` get the own networks, see [`OwnArgs::networks`].
    ///
    /// # Errors
    /// A file that cannot be read, or of another form.
    pub fn read(&self, settings: &Settings, thresholds: &mut Thresholds) -> Result<Known, KnownError> {
        let own = self.own.networks(thresholds);
        let service_tags = self.service_tags.as_ref().or(settings.service_tags.as_ref()).map(|path| {
            let cause = |cause| KnownError::ServiceTags { path: path.clone(), cause };
            ServiceTags::parse(&read(path)?).map_err(cause)
        });
        let mut nsgs: Option<Vec<Nsg>> = None;
        for path in settings.rules.iter().chain(&self.rules) {
            let cause = |cause| KnownError::Rules { path: path.clone(), cause };
            nsgs.get_or_insert_default().extend(policy::parse(&read(path)?).map_err(cause)?);
        }
        let book = self.book.read(settings)?;
        Ok(Known { own, service_tags: service_tags.transpose()?, nsgs, book })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, KnownError> {
    bounded::read(path, NETWORK_BYTES).map_err(|cause| KnownError::Read { path: path.to_owned(), cause })
}
