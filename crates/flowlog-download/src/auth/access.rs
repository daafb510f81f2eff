//! What a run needs to know to get in, beside the secret itself.

use std::{fmt, sync::Arc};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::TokenCredential,
    http::Url,
};

use super::{AccessArgs, AuthMode, Cloud};
use crate::{
    config::Env,
    error::{Failure, Kind},
};

/// Overrides the address of Azure Resource Manager; for clouds of one's own and for tests.
const RESOURCE_MANAGER: &str = "FLOWLOG_RESOURCE_MANAGER";

/// Where tokens come from, whom to trust, where to look, and what was tried.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Ways in that are allowed.
    pub mode: AuthMode,
    /// Variable, option or file the secret came from; empty for a login.
    pub origin: String,
    /// Azure cloud of the account.
    pub cloud: Cloud,
    /// Identity service, if it is not the cloud's own.
    pub authority: Option<String>,
    /// Azure Resource Manager, if it is not the cloud's own.
    pub resource_manager: Option<Url>,
    /// Certificate authorities to trust beside the system's.
    pub authorities: Authorities,
    /// The managed or workload identity to log in as.
    pub client_id: Option<String>,
    /// Subscription to look for the account in first.
    pub subscription: Option<String>,
    /// Resource group to look for the account in first.
    pub resource_group: Option<String>,
    /// What was tried before the way that is used, and why it was passed over.
    pub tried: Vec<String>,
    /// What a person should hear of the addresses given.
    pub notes: Vec<String>,
    /// The identity a search for the key found working.
    pub credential: Option<Arc<dyn TokenCredential>>,
}

impl Access {
    /// Reads options and environment.
    pub fn new(args: &AccessArgs, env: Env<'_>) -> Result<Self, Failure> {
        let usage = |message: String| Failure::new(Kind::Usage, message);
        let host = env("AZURE_AUTHORITY_HOST");
        let hosts_cloud = host.as_deref().and_then(Cloud::of_authority);
        let own_authority = host.filter(|_| hosts_cloud.is_none());
        let resource_manager = env(RESOURCE_MANAGER).map(|text| {
            Url::parse(&text)
                .ok()
                .filter(|url| url.scheme() == "https" && url.host_str().is_some())
                .ok_or_else(|| usage(format!("{RESOURCE_MANAGER} is not an https address")))
        });
        let authorities = args.ca_file.as_deref().map(|path| {
            Authorities::read(path).map_err(|reason| usage(format!("--ca-file {} {reason}", path.display())))
        });
        let mode = args.auth_mode.unwrap_or_default();
        if args.client_id.is_some() && !matches!(mode, AuthMode::Auto | AuthMode::Login | AuthMode::Key) {
            return Err(usage(format!("--client-id logs in, --auth-mode {} does not", mode.word())));
        }
        Ok(Self {
            mode,
            cloud: args.cloud.or(hosts_cloud).unwrap_or_default(),
            authority: own_authority,
            resource_manager: resource_manager.transpose()?,
            authorities: authorities.transpose()?.unwrap_or_default(),
            client_id: args.client_id.clone(),
            subscription: env("AZURE_SUBSCRIPTION_ID"),
            resource_group: env("AZ_RESOURCE_GROUP"),
            ..Self::default()
        })
    }

    /// The identity service to ask for tokens.
    pub fn cloud_configuration(&self) -> CloudConfiguration {
        match (&self.authority, self.cloud) {
            (Some(authority), _) => {
                let mut custom = CustomConfiguration::default();
                authority.clone_into(&mut custom.authority_host);
                custom.into()
            }
            (None, Cloud::Public) => CloudConfiguration::AzurePublic,
            (None, Cloud::Usgov) => CloudConfiguration::AzureGovernment,
            (None, Cloud::China) => CloudConfiguration::AzureChina,
        }
    }
}

/// Certificate authorities from a PEM file.
#[derive(Clone, Default)]
pub struct Authorities(Vec<reqwest::Certificate>);

impl Authorities {
    fn read(path: &std::path::Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        let found = reqwest::Certificate::from_pem_bundle(&bytes).unwrap_or_default();
        if found.is_empty() { Err("holds no certificate in PEM form".to_owned()) } else { Ok(Self(found)) }
    }

    /// The certificates.
    pub fn certificates(&self) -> Vec<reqwest::Certificate> {
        self.0.clone()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(args: &AccessArgs, env: &[(&str, &str)]) -> Result<Access, Failure> {
        Access::new(args, &|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_identity_service_tells_the_cloud_unless_an_option_does() {
        let us = [("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")];
        let found = access(&AccessArgs::default(), &us).expect("valid");
        assert_eq!(
            (found.cloud, found.cloud_configuration()),
            (Cloud::Usgov, CloudConfiguration::AzureGovernment)
        );
        let china = AccessArgs { cloud: Some(Cloud::China), ..AccessArgs::default() };
        let found = access(&china, &us).expect("valid");
        assert_eq!(found.cloud_configuration(), CloudConfiguration::AzureChina);
        let own = [("AZURE_AUTHORITY_HOST", "https://127.0.0.1:1")];
        let found = access(&china, &own).expect("valid").cloud_configuration();
        assert!(
            matches!(found, CloudConfiguration::Custom(custom) if custom.authority_host == "https://127.0.0.1:1")
        );
    }

    #[test]
    fn what_makes_no_sense_is_usage() {
        let missing = AccessArgs { ca_file: Some("no/such/file".into()), ..AccessArgs::default() };
        assert_eq!(access(&missing, &[]).expect_err("no file").kind, Kind::Usage);
        let none = AccessArgs {
            ca_file: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into()),
            ..AccessArgs::default()
        };
        assert!(access(&none, &[]).expect_err("no certificate").message.contains("no certificate"));
        let plain = [("FLOWLOG_RESOURCE_MANAGER", "http://10.0.0.1")];
        assert_eq!(access(&AccessArgs::default(), &plain).expect_err("no TLS").kind, Kind::Usage);
        let both = AccessArgs {
            client_id: Some("x".into()),
            auth_mode: Some(AuthMode::Sas),
            ..AccessArgs::default()
        };
        assert_eq!(access(&both, &[]).expect_err("two ways").kind, Kind::Usage);
    }
}
