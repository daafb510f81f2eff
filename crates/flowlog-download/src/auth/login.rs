//! Login with Entra ID: the identities a machine may offer, tried in order.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{ClientOptions, RetryOptions},
};
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use crate::error::chain;

/// A laptop has no metadata service: its address swallows packets, so the wait is cut short.
const METADATA_WAIT: Duration = Duration::from_secs(5);

type Credential = Arc<dyn TokenCredential>;
type Attempt = (&'static str, azure_core::Result<Credential>);

/// A credential that uses the first identity that gives a token, and that one from then on.
///
/// The order: workload identity and service principal if the environment names one, the managed
/// identity of an app or container, Azure CLI, Azure Developer CLI, the managed identity of a VM.
/// `env` looks up environment variables; `options` carry the transport.
pub fn login(env: &dyn Fn(&str) -> Option<String>, options: &ClientOptions) -> Arc<dyn TokenCredential> {
    let mut attempts: Vec<Attempt> = Vec::new();
    if env("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        attempts.push(("workload identity", workload(options)));
    }
    if let Some(secret) = env("AZURE_CLIENT_SECRET") {
        attempts.push(("service principal", service_principal(env, secret, options)));
    }
    let hosted = env("IDENTITY_ENDPOINT").is_some();
    if hosted {
        attempts.push(("managed identity", managed(options)));
    }
    attempts.push(("Azure CLI", AzureCliCredential::new(None).map(|c| c as Credential)));
    attempts.push(("Azure Developer CLI", AzureDeveloperCliCredential::new(None).map(|c| c as Credential)));
    if !hosted {
        attempts.push(("managed identity", managed(options)));
    }
    Arc::new(Chain { attempts, chosen: OnceLock::new() })
}

fn workload(options: &ClientOptions) -> azure_core::Result<Credential> {
    let credential_options = ClientAssertionCredentialOptions { client_options: options.clone() };
    let options = WorkloadIdentityCredentialOptions { credential_options, ..Default::default() };
    WorkloadIdentityCredential::new(Some(options)).map(|c| c as Credential)
}

fn service_principal(
    env: &dyn Fn(&str) -> Option<String>,
    secret: String,
    options: &ClientOptions,
) -> azure_core::Result<Credential> {
    let needed = |name: &'static str| {
        env(name).ok_or_else(|| {
            azure_core::Error::with_message(
                ErrorKind::Credential,
                format!("AZURE_CLIENT_SECRET is set, {name} is not"),
            )
        })
    };
    let options = ClientSecretCredentialOptions { client_options: options.clone() };
    let (tenant, client) = (needed("AZURE_TENANT_ID")?, needed("AZURE_CLIENT_ID")?);
    ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options)).map(|c| c as Credential)
}

fn managed(options: &ClientOptions) -> azure_core::Result<Credential> {
    let client_options = ClientOptions { retry: RetryOptions::none(), ..options.clone() };
    let options = ManagedIdentityCredentialOptions { client_options, ..Default::default() };
    ManagedIdentityCredential::new(Some(options)).map(|c| c as Credential)
}

#[derive(Debug)]
struct Chain {
    attempts: Vec<Attempt>,
    chosen: OnceLock<usize>,
}

impl Chain {
    async fn try_one(
        &self,
        index: usize,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> Result<AccessToken, String> {
        let Some((name, credential)) = self.attempts.get(index) else {
            return Err("no identity".to_owned());
        };
        let credential = credential.as_ref().map_err(|error| format!("{name}: {}", chain(error)))?;
        let token = credential.get_token(scopes, options);
        let token = if *name == "managed identity" {
            tokio::time::timeout(METADATA_WAIT, token)
                .await
                .map_err(|_| format!("{name}: no answer from the metadata service"))?
        } else {
            token.await
        };
        token.map_err(|error| format!("{name}: {}", chain(&error)))
    }
}

#[async_trait]
impl TokenCredential for Chain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let indices = match self.chosen.get() {
            Some(index) => *index..*index + 1,
            None => 0..self.attempts.len(),
        };
        let mut failed = Vec::new();
        for index in indices {
            match self.try_one(index, scopes, options.clone()).await {
                Ok(token) => {
                    let _ = self.chosen.set(index);
                    return Ok(token);
                }
                Err(reason) => failed.push(reason),
            }
        }
        let message = format!("no identity gave a token\n  {}", failed.join("\n  "));
        Err(azure_core::Error::with_message(ErrorKind::Credential, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(env: &dyn Fn(&str) -> Option<String>) -> Vec<&'static str> {
        let credential = format!("{:?}", login(env, &ClientOptions::default()));
        let known = [
            "workload identity",
            "service principal",
            "managed identity",
            "Azure CLI",
            "Azure Developer CLI",
        ];
        let mut found: Vec<(usize, &str)> = known
            .iter()
            .filter_map(|name| credential.find(&format!("\"{name}\"")).map(|at| (at, *name)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn what_the_environment_names_comes_first() {
        crate::storage::use_ring();
        assert_eq!(names(&|_| None), ["Azure CLI", "Azure Developer CLI", "managed identity"]);
        let principal = |name: &str| (name != "AZURE_FEDERATED_TOKEN_FILE").then(|| "x".to_owned());
        assert_eq!(
            names(&principal),
            ["service principal", "managed identity", "Azure CLI", "Azure Developer CLI"]
        );
    }

    #[tokio::test]
    async fn a_failed_login_says_what_was_tried() {
        let failing = |name: &'static str| -> Attempt {
            (name, Err(azure_core::Error::with_message(ErrorKind::Credential, "not here")))
        };
        let chain = Chain {
            attempts: vec![failing("Azure CLI"), failing("managed identity")],
            chosen: OnceLock::new(),
        };
        let error = chain.get_token(&["scope"], None).await.expect_err("no identity works");
        let text = error.to_string();
        assert!(
            text.contains("Azure CLI: not here") && text.contains("managed identity: not here"),
            "{text}"
        );
    }
}
