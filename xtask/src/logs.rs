//! A storage account's flow logs, downloaded and analysed in one go.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::shell::{built, cargo};

/// Where the tree goes if nothing else is said; the downloader's own default.
const TREE: &str = "./FlowLogs";
/// Runs of the downloader after which there is nothing new to analyse.
const ONLY: [&str; 3] = ["--dry-run", "--verify", "--doctor"];

/// What the command line asks for.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Storage account: its name, or an address of it or of the container
    account: OsString,
    /// Folder of the tree, if it comes first; then options of flowlog-download
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "[FOLDER] OPTIONS")]
    rest: Vec<OsString>,
}

/// The two command lines.
#[derive(Debug, PartialEq, Eq)]
struct Lines {
    download: Vec<OsString>,
    /// `None`: the download only looks.
    analyse: Option<Vec<OsString>>,
}

/// Builds both tools, downloads, and analyses what is there then. Ends as the download does if that fails.
pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let lines = lines(options);
    let build =
        ["build", "--release", "--locked", "--package", "flowlog-download", "--package", "flowlog-analyze"];
    cargo(&build)?;
    let tool = |name: &str, arguments: &[OsString]| {
        let program = built("release", name)?;
        let status = Command::new(&program).args(arguments).status();
        let status = status.with_context(|| format!("{} cannot be started", program.display()))?;
        anyhow::Ok(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
    };
    let downloaded = tool("flowlog-download", &lines.download)?;
    // 3: some blobs failed, the others are there.
    let Some(analyse) = lines.analyse.filter(|_| matches!(downloaded, 0 | 3)) else {
        return Ok(ExitCode::from(downloaded));
    };
    let analysed = tool("flowlog-analyze", &analyse)?;
    Ok(ExitCode::from(if analysed == 0 { downloaded } else { analysed }))
}

fn lines(options: Options) -> Lines {
    let mut rest = options.rest;
    let first = rest.first().is_some_and(|first| !first.as_encoded_bytes().starts_with(b"-"));
    let folder = if first { rest.remove(0) } else { given(&rest).unwrap_or_else(|| TREE.into()) };
    let mut download = vec!["--storage-account".into(), options.account];
    if given(&rest).is_none() {
        download.extend(["--download-path".into(), folder.clone()]);
    }
    let looks = rest.iter().any(|option| {
        let name = option.to_string_lossy();
        ONLY.contains(&name.split('=').next().unwrap_or_default())
    });
    download.extend(rest);
    let analyse =
        [folder.clone(), "--show-graphs".into(), "--export-csv".into(), "--output-path".into(), folder];
    Lines { download, analyse: (!looks).then(|| analyse.to_vec()) }
}

/// The folder of `--download-path`, as one argument or two.
fn given(options: &[OsString]) -> Option<OsString> {
    const NAME: &str = "--download-path";
    let at = options.iter().position(|option| option.to_string_lossy().split('=').next() == Some(NAME))?;
    match options.get(at)?.to_str()?.split_once('=') {
        Some((_, folder)) => Some(folder.into()),
        None => options.get(at + 1).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cli, Command};
    use clap::Parser as _;

    /// The arguments of both tools, with `|` between them.
    fn told(arguments: &[&str]) -> String {
        let command = [&["xtask", "logs"], arguments].concat();
        let Command::Logs(options) = Cli::try_parse_from(command).unwrap().command else { panic!("logs") };
        let Lines { download, analyse } = lines(options);
        let joined = |line: &[OsString]| {
            line.iter().map(|part| format!("<{}>", part.display())).collect::<Vec<_>>().join(" ")
        };
        match analyse {
            Some(analyse) => format!("{} | {}", joined(&download), joined(&analyse)),
            None => joined(&download),
        }
    }

    #[test]
    fn options_may_follow_the_account_with_or_without_a_folder() {
        let after =
            |folder: &str| format!("<{folder}> <--show-graphs> <--export-csv> <--output-path> <{folder}>");
        let account = "<--storage-account> <acct>";
        assert_eq!(
            told(&["acct"]),
            format!("{account} <--download-path> <./FlowLogs> | {}", after("./FlowLogs"))
        );
        assert_eq!(
            told(&["acct", "--last", "6h"]),
            format!("{account} <--download-path> <./FlowLogs> <--last> <6h> | {}", after("./FlowLogs"))
        );
        assert_eq!(
            told(&["acct", "my logs", "--last", "6h"]),
            format!("{account} <--download-path> <my logs> <--last> <6h> | {}", after("my logs"))
        );
        for path in [&["--download-path", "my logs"][..], &["--download-path=my logs"]] {
            let line = told(&[&["acct", "--force"], path].concat());
            assert_eq!(line.matches("--download-path").count(), 1, "{line}");
            assert!(line.ends_with(&after("my logs")), "{line}");
        }
    }

    #[test]
    fn nothing_is_analysed_after_a_mere_look() {
        for look in ["--dry-run", "--verify", "--verify=content", "--doctor"] {
            let line = told(&["acct", look]);
            assert_eq!(line, format!("<--storage-account> <acct> <--download-path> <./FlowLogs> <{look}>"));
        }
    }
}
