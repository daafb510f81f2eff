//! From command line and environment to validated settings; nothing after this sees clap or `env`.

use std::path::{Path, PathBuf};

use azure_core::http::Url;

use crate::{
    auth::{Access, Auth, choose, scrub},
    cli::Cli,
    error::{Failure, Kind},
    listing::Selection,
};

/// Looks up an environment variable; empty ones count as not set.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Settings of one run.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Config {
    /// Where the blobs come from.
    pub source: SourceConfig,
    /// Download folder, absolute.
    pub root: PathBuf,
    /// Download folder as the user wrote it, for the commands the summary shows.
    pub shown_root: PathBuf,
    /// What part of the source is wanted.
    pub select: Selection,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Shorten long paths without asking.
    pub auto_shorten: bool,
    /// Ask nothing.
    pub force: bool,
    /// Archived blobs that were left count as failed.
    pub strict: bool,
    /// Longest path written, in characters.
    pub max_path: usize,
    /// Blobs fetched at once.
    pub concurrency: usize,
    /// Megabits a second at most.
    pub cap_mbps: Option<f64>,
}

/// Where the blobs come from.
#[derive(Debug)]
pub enum SourceConfig {
    /// A container of a storage account.
    Container(ContainerConfig),
    /// A folder of blobs downloaded by another tool.
    Folder {
        /// The folder, absolute.
        dir: PathBuf,
        /// Remove sources whose copy is safe.
        move_files: bool,
    },
}

/// A container and how to get in.
#[derive(Debug)]
pub struct ContainerConfig {
    /// Storage account.
    pub account: String,
    /// Container.
    pub container: String,
    /// Blob endpoint, without a slash at its end.
    pub endpoint: Url,
    /// How requests are authorised.
    pub auth: Auth,
    /// Whom to trust and where identities come from.
    pub access: Box<Access>,
}

/// Windows refuses paths of 260 characters; the original tool's margin is kept.
const MAX_PATH: usize = if cfg!(windows) { 250 } else { 4096 };

/// Checks the command line and the environment.
pub fn resolve(cli: &Cli, env: Env<'_>) -> Result<Config, Failure> {
    // clap passes over what an option requires where another one conflicts with that.
    if cli.move_files && cli.from_dir.is_none() {
        return Err(usage(
            "--move needs --from-dir: it removes files of a source folder once their copy is safe".to_owned(),
        )
        .hint("nothing is ever removed from a container"));
    }
    let source = match &cli.from_dir {
        Some(dir) => SourceConfig::Folder { dir: source_folder(dir)?, move_files: cli.move_files },
        None => SourceConfig::Container(container(cli, env)?),
    };
    let root = std::path::absolute(&cli.download_path)
        .map_err(|error| usage(format!("--download-path {}: {error}", cli.download_path.display())))?;
    if let SourceConfig::Folder { dir, .. } = &source {
        let real_root = root.canonicalize().unwrap_or_else(|_| root.clone());
        if dir.starts_with(&real_root) {
            return Err(usage(format!(
                "--from-dir {} lies inside the download folder {}",
                dir.display(),
                root.display()
            )));
        }
    }
    Ok(Config {
        source,
        root,
        shown_root: cli.download_path.clone(),
        select: cli.select.selection()?,
        dry_run: cli.dry_run,
        auto_shorten: cli.auto_shorten || cli.force,
        force: cli.force,
        strict: cli.strict,
        max_path: cli.max_path.unwrap_or(MAX_PATH),
        concurrency: cli.concurrency.get(),
        cap_mbps: cli.cap_mbps,
    })
}

/// Such messages repeat what was given, which may be an address with a signature in the wrong place.
pub(crate) fn usage(message: impl Into<String>) -> Failure {
    Failure::new(Kind::Usage, scrub(&message.into()))
}

fn source_folder(dir: &Path) -> Result<PathBuf, Failure> {
    let found = dir.canonicalize().map_err(|error| {
        Failure::new(Kind::NotFound, format!("--from-dir {} cannot be read: {error}", dir.display()))
    })?;
    if found.is_dir() {
        Ok(found)
    } else {
        Err(usage(format!("--from-dir {} is not a folder", dir.display())))
    }
}

fn container(cli: &Cli, env: Env<'_>) -> Result<ContainerConfig, Failure> {
    let config = choose(cli, env)?;
    check_container_name(&config.container)?;
    Ok(config)
}

/// Microsoft Learn, "Naming and referencing containers"; `$logs` and `$web` exist too.
fn check_container_name(name: &str) -> Result<(), Failure> {
    let body = name.strip_prefix('$').unwrap_or(name);
    let plain = body.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain && (3..=63).contains(&name.len()) && !body.starts_with('-') && !body.ends_with('-') {
        return Ok(());
    }
    Err(usage(format!(
        "'{}' is not a container name: 3 to 63 lower-case letters, digits and hyphens",
        name.escape_debug()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn run(args: &[&str], env: &[(&str, &str)]) -> Result<ContainerConfig, Failure> {
        let cli = Cli::try_parse_from([&["flowlog-download"], args].concat()).expect("valid arguments");
        let lookup = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        match resolve(&cli, &lookup)?.source {
            SourceConfig::Container(container) => Ok(container),
            SourceConfig::Folder { .. } => panic!("a container was asked for"),
        }
    }

    #[test]
    fn a_key_comes_before_login() {
        let login = run(&["--storage-account", "logs1"], &[]).expect("valid");
        assert!(matches!(login.auth, Auth::Discover));
        assert_eq!(login.endpoint.as_str(), "https://logs1.blob.core.windows.net/");
        for name in ["AZ_STORAGE_KEY", "AZURE_STORAGE_KEY"] {
            let key = run(&["--storage-account", "logs1"], &[(name, "c2VjcmV0")]).expect("valid");
            assert!(matches!(key.auth, Auth::Key(_)));
        }
    }

    #[test]
    fn what_is_configured_counts_where_nothing_else_names_it() {
        let configured = |args: &[&str], env: &[(&str, &str)]| {
            let mut cli =
                Cli::try_parse_from([&["flowlog-download"], args].concat()).expect("valid arguments");
            cli.configured.storage_account = Some("configured1".into());
            cli.configured.container_name = Some("mine".into());
            let lookup = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            let container = container(&cli, &lookup).expect("valid");
            (container.account, container.container)
        };
        let of = |account: &str, container: &str| (account.to_owned(), container.to_owned());
        assert_eq!(configured(&[], &[]), of("configured1", "mine"));
        assert_eq!(configured(&["--storage-account", "logs1"], &[]), of("logs1", "mine"));
        assert_eq!(configured(&[], &[("AZURE_STORAGE_ACCOUNT", "logs2")]), of("logs2", "mine"));
        let address = "https://logs1.blob.core.windows.net/theirs";
        assert_eq!(configured(&["--storage-account", address], &[]), of("logs1", "theirs"));
        assert_eq!(configured(&["--container-name", "other"], &[]), of("configured1", "other"));
        let emulator = ["--endpoint", "http://127.0.0.1:10000/devstoreaccount1"];
        assert_eq!(configured(&emulator, &[("AZ_STORAGE_KEY", "c2VjcmV0")]), of("devstoreaccount1", "mine"));
    }

    #[test]
    fn each_cloud_has_its_endpoint() {
        for (cloud, host) in [
            ("public", "logs1.blob.core.windows.net"),
            ("usgov", "logs1.blob.core.usgovcloudapi.net"),
            ("china", "logs1.blob.core.chinacloudapi.cn"),
        ] {
            let found = run(&["--storage-account", "logs1", "--cloud", cloud], &[]).expect("valid");
            assert_eq!(found.endpoint.host_str(), Some(host));
        }
    }

    #[test]
    fn a_path_style_endpoint_names_the_account() {
        let emulator = run(
            &["--endpoint", "http://127.0.0.1:10000/devstoreaccount1/"],
            &[("AZ_STORAGE_KEY", "c2VjcmV0")],
        )
        .expect("valid");
        assert_eq!(emulator.account, "devstoreaccount1");
        assert_eq!(emulator.endpoint.as_str(), "http://127.0.0.1:10000/devstoreaccount1");
        let private =
            run(&["--endpoint", "https://logs1.privatelink.blob.core.windows.net"], &[]).expect("valid");
        assert_eq!(private.account, "logs1");
    }

    #[test]
    fn a_connection_string_of_another_account_is_not_used() {
        let env = [("AZURE_STORAGE_CONNECTION_STRING", "AccountName=other;AccountKey=c2VjcmV0")];
        assert!(matches!(run(&["--storage-account", "logs1"], &env).expect("valid").auth, Auth::Discover));
        assert_eq!(run(&[], &env).expect("valid").account, "other");
        let option = ["--storage-account", "logs1", "--connection-string", env[0].1];
        assert_eq!(run(&option, &[]).expect_err("two accounts").kind, Kind::Usage);
    }

    #[test]
    fn what_makes_no_sense_is_usage() {
        for (args, env) in [
            (&[][..], &[][..]),
            (&["--storage-account", "Not_An_Account"], &[]),
            (&["--storage-account", "logs1", "--container-name", "No Such"], &[]),
            (&["--storage-account", "logs1"], &[("AZ_STORAGE_KEY", "***")]),
            (&["--endpoint", "http://127.0.0.1:10000/devstoreaccount1"], &[]),
            (&["--endpoint", "ftp://x"], &[]),
            (&["--connection-string", "nonsense"], &[]),
        ] {
            assert_eq!(run(args, env).expect_err("makes no sense").kind, Kind::Usage, "{args:?}");
        }
    }
}
