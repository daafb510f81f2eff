//! Running `az` and `azd` for a token: without our secrets, without our input, not for ever.

use std::{
    ffi::OsStr,
    io,
    process::{Output, Stdio},
    time::Duration,
};

use async_trait::async_trait;
use azure_identity::Executor;

/// The first start of the Azure CLI after an update takes 20 seconds and more.
const LONGEST: Duration = Duration::from_secs(90);

/// Secrets of this tool's environment that a token command has no use for.
const SECRETS: [&str; 5] = [
    "AZ_STORAGE_KEY",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_CLIENT_SECRET",
];

/// Runs a token command.
#[derive(Debug)]
pub(super) struct TokenCommand;

#[async_trait]
impl Executor for TokenCommand {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        for name in SECRETS {
            command.env_remove(name);
        }
        let too_long = |_| {
            io::Error::new(io::ErrorKind::TimedOut, format!("no token after {} seconds", LONGEST.as_secs()))
        };
        tokio::time::timeout(LONGEST, command.output()).await.map_err(too_long)?
    }
}
