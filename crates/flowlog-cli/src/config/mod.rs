//! `flowlog.toml`: what holds for every run of a person, or in a folder, so that it need not be typed.
//!
//! The layers, each over the one before: the person's file, the working folder's, the environment; options come
//! on top in the programs. Lists add up, of single values the last one counts. `docs/config.md` has every key.

mod error;
mod file;
mod limits;

use std::path::{Path, PathBuf};

use clap::Args;
use flowlog_core::finding::{Suppression, Suppressions, Thresholds};
use flowlog_core::flow::OwnNetwork;
use toml::Table;

pub use error::ConfigError;
use file::File;
pub use file::delimiter;

/// The name of the files that are looked for.
const NAME: &str = "flowlog.toml";

/// Which files are read.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigArgs {
    /// Read settings from this file alone
    ///
    /// Without it, from the person's flowlog.toml, then the working folder's. May be given again: the later file
    /// counts. See docs/config.md.
    #[arg(long, value_name = "FILE.toml", help_heading = "Settings")]
    pub config: Vec<PathBuf>,

    /// Read no flowlog.toml
    #[arg(long, conflicts_with = "config", help_heading = "Settings")]
    pub no_config: bool,
}

/// What the layers say together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Limits of the detectors, with own networks as [`Thresholds::internal`].
    pub thresholds: Thresholds,
    /// Findings that are known and accepted.
    pub suppressions: Suppressions,
    /// Microsoft's addresses.
    pub service_tags: Option<PathBuf>,
    /// Rules as configured.
    pub rules: Vec<PathBuf>,
    /// Names of addresses.
    pub names: Vec<PathBuf>,
    /// Databases of countries and autonomous systems.
    pub mmdb: Vec<PathBuf>,
    /// Lists of threats.
    pub threat_list: Vec<PathBuf>,
    /// Where the downloader downloads from.
    pub storage_account: Option<String>,
    /// Its container.
    pub container_name: Option<String>,
    /// What parts the cells of CSV files.
    pub csv_delimiter: Option<u8>,
    /// CSV files begin with a byte-order mark.
    pub csv_bom: Option<bool>,
    /// The language of reports: `en` or `es`.
    pub lang: Option<String>,
    /// Files that were found rather than named.
    pub found: Vec<PathBuf>,
}

/// Looks up a variable of the environment; an empty one counts as not set.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads all layers. `folder` is the working folder, empty for the current one.
///
/// # Errors
/// A file that cannot be read, and the first thing in one, or in the environment, that cannot be used.
pub fn read(args: &ConfigArgs, env: Env<'_>, folder: &Path) -> Result<Settings, ConfigError> {
    let mut layers = Layers::default();
    let found = if args.no_config || !args.config.is_empty() { Vec::new() } else { found(env, folder) };
    for path in args.config.iter().chain(&found) {
        layers.file(path)?;
    }
    layers.environment(env)?;
    layers.finish(found)
}

/// The files that are there, the person's first.
fn found(env: Env<'_>, folder: &Path) -> Vec<PathBuf> {
    let here = folder.join(NAME);
    let there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let same =
        |path: &PathBuf| path.canonicalize().is_ok_and(|path| here.canonicalize().is_ok_and(|h| h == path));
    let person = person(env).filter(there).filter(|path| !same(path));
    person.into_iter().chain(Some(here.clone()).filter(there)).collect()
}

/// `%APPDATA%\flowlog` on Windows, elsewhere `$XDG_CONFIG_HOME/flowlog` or `~/.config/flowlog`.
fn person(env: Env<'_>) -> Option<PathBuf> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        absolute("APPDATA")
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))
    };
    Some(base?.join("flowlog").join(NAME))
}

/// What was read so far.
#[derive(Default)]
struct Layers {
    internal: Vec<String>,
    limits: Table,
    suppress: Vec<Suppression>,
    service_tags: Option<PathBuf>,
    rules: Vec<PathBuf>,
    names: Vec<PathBuf>,
    mmdb: Vec<PathBuf>,
    threat_list: Vec<PathBuf>,
    storage_account: Option<String>,
    container_name: Option<String>,
    csv_delimiter: Option<u8>,
    csv_bom: Option<bool>,
    lang: Option<String>,
    /// The last file that set a limit.
    limited: PathBuf,
}

impl Layers {
    fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let File { named, limits } = File::read(path)?;
        // What a file names lies beside it.
        let beside = |name: PathBuf| path.parent().unwrap_or(Path::new("")).join(name);
        self.internal.extend(named.internal);
        self.suppress.extend(named.suppress);
        self.rules.extend(named.rules.into_iter().map(beside));
        self.names.extend(named.names.into_iter().map(beside));
        self.mmdb.extend(named.mmdb.into_iter().map(beside));
        self.threat_list.extend(named.threat_list.into_iter().map(beside));
        self.service_tags = named.service_tags.map(beside).or(self.service_tags.take());
        self.storage_account = named.storage_account.or(self.storage_account.take());
        self.container_name = named.container_name.or(self.container_name.take());
        let delimiter = named.csv_delimiter.and_then(|word| delimiter(&word).ok());
        self.csv_delimiter = delimiter.or(self.csv_delimiter);
        self.csv_bom = named.csv_bom.or(self.csv_bom);
        self.lang = named.lang.or(self.lang.take());
        for (section, keys) in limits {
            path.clone_into(&mut self.limited);
            let all = self.limits.entry(section).or_insert_with(|| Table::new().into());
            if let (Some(all), toml::Value::Table(keys)) = (all.as_table_mut(), keys) {
                all.extend(keys);
            }
        }
        Ok(())
    }

    fn environment(&mut self, env: Env<'_>) -> Result<(), ConfigError> {
        let list = |name: &str| {
            let text = env(name).unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect::<Vec<_>>()
        };
        let internal = list("FLOWLOG_INTERNAL");
        for network in &internal {
            let read = network.parse::<OwnNetwork>();
            read.map_err(|cause| ConfigError::variable("FLOWLOG_INTERNAL", cause.to_string()))?;
        }
        self.internal.extend(internal);
        self.rules.extend(list("FLOWLOG_RULES").into_iter().map(PathBuf::from));
        self.service_tags = env("FLOWLOG_SERVICE_TAGS").map(PathBuf::from).or(self.service_tags.take());
        self.container_name = env("FLOWLOG_CONTAINER_NAME").or(self.container_name.take());
        if let Some(code) = env("FLOWLOG_LANG") {
            file::lang(&code).map_err(|message| ConfigError::variable("FLOWLOG_LANG", message))?;
            self.lang = Some(code);
        }
        Ok(())
    }

    fn finish(self, found: Vec<PathBuf>) -> Result<Settings, ConfigError> {
        let whole = |message: String| ConfigError::whole(&self.limited, message);
        let limits: Result<Thresholds, _> = toml::Value::Table(self.limits).try_into();
        let mut thresholds = limits.map_err(|error| whole(error.message().replace('\n', ", ")))?;
        if let Some((smaller, larger)) = thresholds.contradiction() {
            return Err(whole(format!("{smaller} must be smaller than {larger}")));
        }
        thresholds.internal = self.internal;
        Ok(Settings {
            thresholds,
            suppressions: Suppressions { suppress: self.suppress },
            service_tags: self.service_tags,
            rules: self.rules,
            names: self.names,
            mmdb: self.mmdb,
            threat_list: self.threat_list,
            storage_account: self.storage_account,
            container_name: self.container_name,
            csv_delimiter: self.csv_delimiter,
            csv_bom: self.csv_bom,
            lang: self.lang,
            found,
        })
    }
}

#[cfg(test)]
mod tests;
