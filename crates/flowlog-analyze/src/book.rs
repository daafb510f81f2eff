//! Files about addresses: which are named, and what they say together.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use flowlog_cli::bounded::{self, NETWORK_BYTES};
use flowlog_cli::config::Settings;
use flowlog_cli::spelling::nearest;
use flowlog_core::enrich::{AddressBook, AddressBookBuilder, FactKind, LineError};
use flowlog_core::select::{Filter, ResolveError};
use flowlog_core::text::escape;

use crate::known::KnownError;
use crate::{Outcome, say};

/// The options.
#[allow(clippy::doc_markdown)] // text of the help
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct BookArgs {
    /// Names of addresses: CSV, or what the Azure CLI prints
    ///
    /// Lines of ADDRESS,NAME or CIDR,NAME, or the output of az network nic list or az vm list-ip-addresses. May be
    /// given again: the later file counts.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub names: Vec<PathBuf>,

    /// Countries and autonomous systems of addresses: MaxMind databases
    ///
    /// GeoLite2-Country, -City or -ASN, or others in their form. May be given again: the later file counts.
    #[arg(long, value_name = "FILE.mmdb", help_heading = "Network")]
    pub mmdb: Vec<PathBuf>,

    /// Addresses that are known for no good
    ///
    /// An address or network a line, comments behind # and ;. The list is called as its file. May be given again.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub threat_list: Vec<PathBuf>,
}

impl BookArgs {
    /// Reads the files, those of `settings` first.
    ///
    /// # Errors
    /// A file that cannot be read, or of another form.
    pub fn read(&self, settings: &Settings) -> Result<Arc<AddressBook>, KnownError> {
        let mut builder = AddressBookBuilder::default();
        for path in settings.names.iter().chain(&self.names) {
            builder.names(&read(path)?).map_err(at(path))?;
        }
        for path in settings.mmdb.iter().chain(&self.mmdb) {
            let bytes = bounded::read(path, DATABASE_BYTES);
            let bytes = bytes.map_err(|cause| KnownError::Read { path: path.clone(), cause })?;
            let opened = builder.database(&path.to_string_lossy(), bytes);
            opened.map_err(|cause| KnownError::Database { path: path.clone(), cause })?;
        }
        for path in settings.threat_list.iter().chain(&self.threat_list) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            builder.threats(&escape(&name, false), &read(path)?).map_err(at(path))?;
        }
        Ok(Arc::new(builder.finish()))
    }
}

/// Most bytes of a database: those of cities have some 100 MB, the largest that are sold some hundred.
const DATABASE_BYTES: u64 = 2 << 30;

fn at(path: &Path) -> impl Fn(LineError) -> KnownError {
    move |LineError { line, message }| KnownError::Line { path: path.to_owned(), line, message }
}

fn read(path: &Path) -> Result<Vec<u8>, KnownError> {
    bounded::read(path, NETWORK_BYTES).map_err(|cause| KnownError::Read { path: path.to_owned(), cause })
}

/// A filter with the answers of `book`.
///
/// # Errors
/// What the book does not tell, and damage in a database that is asked.
pub fn resolved(filter: &Filter, book: &AddressBook) -> Result<Filter, KnownError> {
    let resolved = filter.resolved(book);
    // What is missing there would be missing in all that is chosen.
    if let Some((name, cause)) = book.damage() {
        return Err(KnownError::Database { path: name.into(), cause: cause.clone() });
    }
    resolved.map_err(|cause| {
        let names = book.names().iter().map(|name| &**name);
        let nearest = match &cause {
            ResolveError::Unknown { asked } => nearest(asked, names),
            ResolveError::UnknownList { asked } => nearest(asked, book.threat_lists()),
            ResolveError::NoFile { .. } | ResolveError::UnknownSystem { .. } => None,
        };
        KnownError::Asked { nearest: nearest.map(str::to_owned), cause }
    })
}

/// Tells damage that was met in a database, and makes of a run that was whole one that is not.
pub fn ended(outcome: Outcome, book: &AddressBook, ascii: bool, talk: &mut impl Write) -> Outcome {
    let Some((name, cause)) = book.damage() else { return outcome };
    let (word, outcome) = match outcome {
        Outcome::Done => ("exit code 3", Outcome::SomeSkipped),
        other => ("warning", other),
    };
    say(talk, ascii, &format!("{word}: what a database says of some addresses is missing: {name}: {cause}"));
    outcome
}

/// Refuses to be asked for what no file tells.
///
/// # Errors
/// The field, and the option that is missing.
pub fn require(book: &AddressBook, kind: FactKind, asked: &str) -> Result<(), KnownError> {
    if book.has(kind) {
        return Ok(());
    }
    Err(KnownError::Asked { nearest: None, cause: ResolveError::NoFile { asked: asked.to_owned(), kind } })
}
