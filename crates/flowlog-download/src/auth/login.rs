//! Login with Entra ID: the identities a machine may offer, tried in order.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::ClientOptions,
    time::OffsetDateTime,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::{Access, executor::TokenCommand, metadata};
use crate::{config::Env, error::chain};

/// A token about to expire is asked for anew.
const EXPIRY_MARGIN: azure_core::time::Duration = azure_core::time::Duration::minutes(5);

type Credential = Arc<dyn TokenCredential>;

/// How requests for tokens travel.
#[derive(Debug)]
pub struct Transports {
    /// To the identity service.
    pub outside: ClientOptions,
    /// To the metadata service of this machine: never through a proxy, which would see the token.
    pub metadata: ClientOptions,
}

/// A credential that uses the first identity that gives a token, and that one from then on.
///
/// The order: workload identity and service principal if the environment names one, the managed
/// identity of an app or container, Azure CLI, Azure Developer CLI, the managed identity of a VM. If
/// `access` names an identity, only workload and managed identity are tried, as that one.
pub fn login(access: &Access, env: Env<'_>, transports: &Transports) -> Arc<dyn TokenCredential> {
    let mut attempts = Vec::new();
    if let Some(file) = env("AZURE_FEDERATED_TOKEN_FILE") {
        attempts.push(Attempt::new("workload identity", workload(access, env, file, &transports.outside)));
    }
    let managed = || metadata::managed_identity(access, env, &transports.metadata);
    if access.client_id.is_some() {
        let wait = Some(metadata::PATIENT_WAIT);
        attempts.push(Attempt { wait, ..Attempt::new("managed identity", managed()) });
        return Chain::of(attempts);
    }
    if let Some(principal) = service_principal(env, &transports.outside) {
        attempts.push(Attempt::new("service principal", principal));
    }
    let hosted = env("IDENTITY_ENDPOINT").is_some();
    let managed = || Attempt { wait: Some(metadata::WAIT), ..Attempt::new("managed identity", managed()) };
    if hosted {
        attempts.push(managed());
    }
    attempts.push(Attempt::new("Azure CLI", azure_cli()));
    attempts.push(Attempt::new("Azure Developer CLI", azure_developer_cli()));
    if !hosted {
        attempts.push(managed());
    }
    Chain::of(attempts)
}

fn refusal(message: impl Into<String>) -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::Credential, message.into())
}

fn workload(
    access: &Access,
    env: Env<'_>,
    file: String,
    options: &ClientOptions,
) -> azure_core::Result<Credential> {
    let needed = |name: &str| {
        env(name).ok_or_else(|| refusal(format!("AZURE_FEDERATED_TOKEN_FILE is set, {name} is not")))
    };
    let client_id = access.client_id.clone().map_or_else(|| needed("AZURE_CLIENT_ID"), Ok)?;
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions { client_options: options.clone() },
        client_id: Some(client_id),
        tenant_id: Some(needed("AZURE_TENANT_ID")?),
        token_file_path: Some(file.into()),
    };
    WorkloadIdentityCredential::new(Some(options)).map(|c| c as Credential)
}

/// The service principal of the environment, if it names one.
fn service_principal(env: Env<'_>, options: &ClientOptions) -> Option<azure_core::Result<Credential>> {
    let Some(secret) = env("AZURE_CLIENT_SECRET") else {
        // Reading a certificate's key would need OpenSSL on every machine.
        env("AZURE_CLIENT_CERTIFICATE_PATH")?;
        return Some(Err(refusal(
            "certificates are not supported: set AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE, \
             or log in with 'az login --service-principal'",
        )));
    };
    let needed =
        |name: &str| env(name).ok_or_else(|| refusal(format!("AZURE_CLIENT_SECRET is set, {name} is not")));
    let options = ClientSecretCredentialOptions { client_options: options.clone() };
    let principal = needed("AZURE_TENANT_ID").and_then(|tenant| {
        let client = needed("AZURE_CLIENT_ID")?;
        ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options))
    });
    Some(principal.map(|c| c as Credential))
}

fn azure_cli() -> azure_core::Result<Credential> {
    let options = AzureCliCredentialOptions { executor: Some(Arc::new(TokenCommand)), ..Default::default() };
    AzureCliCredential::new(Some(options)).map(|c| c as Credential)
}

fn azure_developer_cli() -> azure_core::Result<Credential> {
    let options =
        AzureDeveloperCliCredentialOptions { executor: Some(Arc::new(TokenCommand)), ..Default::default() };
    AzureDeveloperCliCredential::new(Some(options)).map(|c| c as Credential)
}

/// One identity to try.
#[derive(Debug)]
struct Attempt {
    name: &'static str,
    credential: azure_core::Result<Credential>,
    /// How long its answer is waited for.
    wait: Option<Duration>,
    /// Set once it did not answer: it is not waited for a second time.
    silent: OnceLock<()>,
}

impl Attempt {
    fn new(name: &'static str, credential: azure_core::Result<Credential>) -> Self {
        Self { name, credential, wait: None, silent: OnceLock::new() }
    }

    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> Result<AccessToken, String> {
        let credential = self.credential.as_ref().map_err(|error| chain(error))?;
        let token = credential.get_token(scopes, options);
        let Some(wait) = self.wait else {
            return token.await.map_err(|error| answer(&error));
        };
        let silent = || format!("no token from the metadata service within {} seconds", wait.as_secs());
        if self.silent.get().is_some() {
            return Err(silent());
        }
        if let Ok(token) = tokio::time::timeout(wait, token).await {
            return token.map_err(|error| answer(&error));
        }
        let _ = self.silent.set(());
        Err(silent())
    }
}

/// What an identity answered, without the library's opening ("... authentication failed.") and its
/// advertisement of a help page, which say no more.
fn answer(error: &azure_core::Error) -> String {
    let text = chain(error);
    let text = text.split_once("Credential authentication failed.").map_or(text.as_str(), |(_, rest)| rest);
    text.split("; To troubleshoot").next().unwrap_or(text).trim_matches([' ', ';']).to_owned()
}

#[derive(Debug)]
struct Chain {
    attempts: Vec<Attempt>,
    chosen: OnceLock<usize>,
    /// Tokens by scope; also keeps requests that come at once from each running `az`.
    tokens: tokio::sync::Mutex<HashMap<String, AccessToken>>,
}

impl Chain {
    fn of(attempts: Vec<Attempt>) -> Arc<dyn TokenCredential> {
        Arc::new(Self { attempts, chosen: OnceLock::new(), tokens: tokio::sync::Mutex::default() })
    }
}

#[async_trait]
impl TokenCredential for Chain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut tokens = self.tokens.lock().await;
        let scope = scopes.join(" ");
        let fresh = OffsetDateTime::now_utc() + EXPIRY_MARGIN;
        if let Some(token) = tokens.get(&scope).filter(|token| token.expires_on > fresh) {
            return Ok(token.clone());
        }
        let chosen = self.chosen.get().copied();
        let tried = self.attempts.iter().enumerate().filter(|(index, _)| chosen.is_none_or(|c| c == *index));
        let mut failed = Vec::new();
        for (index, attempt) in tried {
            match attempt.get_token(scopes, options.clone()).await {
                Ok(token) => {
                    let _ = self.chosen.set(index);
                    tokens.insert(scope, token.clone());
                    return Ok(token);
                }
                Err(reason) => failed.push(format!("{}: {reason}", attempt.name)),
            }
        }
        Err(refusal(format!("no identity gave a token\n  {}", failed.join("\n  "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(access: &Access, set: &[&str]) -> Vec<&'static str> {
        crate::storage::use_ring();
        let env = |name: &str| set.contains(&name).then(|| "x".to_owned());
        let transports = Transports { outside: ClientOptions::default(), metadata: ClientOptions::default() };
        let credential = format!("{:?}", login(access, &env, &transports));
        let known = [
            "workload identity",
            "service principal",
            "managed identity",
            "Azure CLI",
            "Azure Developer CLI",
        ];
        let mut found: Vec<(usize, &str)> = known
            .iter()
            .filter_map(|name| credential.find(&format!("name: \"{name}\"")).map(|at| (at, *name)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn what_the_environment_names_comes_first() {
        let any = Access::default();
        let clis = ["Azure CLI", "Azure Developer CLI"];
        assert_eq!(names(&any, &[]), [&clis[..], &["managed identity"]].concat());
        let all = [
            "AZURE_FEDERATED_TOKEN_FILE",
            "AZURE_CLIENT_SECRET",
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "IDENTITY_ENDPOINT",
        ];
        let named = ["workload identity", "service principal", "managed identity"];
        assert_eq!(names(&any, &all), [&named[..], &clis].concat());
        assert_eq!(names(&any, &["AZURE_CLIENT_CERTIFICATE_PATH"])[0], "service principal");
        let one = Access { client_id: Some("id".into()), ..Access::default() };
        assert_eq!(names(&one, &all), ["workload identity", "managed identity"]);
    }

    #[test]
    fn an_answer_is_what_the_identity_said() {
        let said = "AzureCliCredential authentication failed. ERROR: Please run 'az login'\n\nTo troubleshoot, visit https://x";
        assert_eq!(answer(&refusal(said)), "ERROR: Please run 'az login'");
        assert_eq!(answer(&refusal("AZURE_TENANT_ID is not")), "AZURE_TENANT_ID is not");
    }

    #[tokio::test]
    async fn a_failed_login_says_what_was_tried() {
        let failing = |name: &'static str| Attempt::new(name, Err(refusal("not here")));
        let chain = Chain::of(vec![failing("Azure CLI"), failing("managed identity")]);
        let error = chain.get_token(&["scope"], None).await.expect_err("no identity works");
        assert_eq!(
            error.to_string(),
            "no identity gave a token\n  Azure CLI: not here\n  managed identity: not here"
        );
    }
}
