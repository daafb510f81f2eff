//! The options that say how to get in.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Cloud;

/// Which way in is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// The first way that is found: key or SAS token, key through Resource Manager, login
    #[default]
    Auto,
    /// Account key only: given, or found through Resource Manager
    Key,
    /// Shared access signature only
    Sas,
    /// Entra ID token of the signed-in identity only
    Login,
    /// No credential: containers open to the public
    Anonymous,
}

impl AuthMode {
    /// Whether an account key may be used.
    pub fn takes_keys(self) -> bool {
        matches!(self, Self::Auto | Self::Key)
    }

    /// Whether a shared access signature may be used.
    pub fn takes_sas(self) -> bool {
        matches!(self, Self::Auto | Self::Sas)
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Key => "key",
            Self::Sas => "sas",
            Self::Login => "login",
            Self::Anonymous => "anonymous",
        }
    }
}

/// How to get in.
#[derive(Clone, Debug, Default, Args)]
pub struct AccessArgs {
    /// How to authenticate [default: auto]
    #[arg(long, value_name = "MODE", conflicts_with = "from_dir")]
    pub auth_mode: Option<AuthMode>,

    /// File with the account key
    ///
    /// '-' reads one line of standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_dir", "connection_string", "sas_token_file"])]
    pub account_key_file: Option<PathBuf>,

    /// File with a SAS token
    ///
    /// Or with an address that ends in one; '-' reads one line of standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_dir", "connection_string"])]
    pub sas_token_file: Option<PathBuf>,

    /// Log in as this managed or workload identity, and no other
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["from_dir", "connection_string", "account_key_file", "sas_token_file"]
    )]
    pub client_id: Option<String>,

    /// Azure cloud of the account [default: public]
    #[arg(long, value_name = "CLOUD", conflicts_with = "from_dir")]
    pub cloud: Option<Cloud>,

    /// Certificate authorities (PEM) to trust beside the system's
    ///
    /// As for proxies that inspect TLS.
    #[arg(long, value_name = "FILE", conflicts_with = "from_dir")]
    pub ca_file: Option<PathBuf>,
}
