//! From "an identity, somehow" to the way in that is used: the account's key if it may be read, else
//! the identity itself.

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Url},
};

use super::{
    Auth, AuthMode, login,
    resource_manager::{ResourceManager, Unfound},
};
use crate::{
    config::{ContainerConfig, Env},
    error::{Failure, Kind, login_failed},
    storage,
};

/// A machine that may reach storage alone must not wait long for Resource Manager.
const LONGEST: Duration = Duration::from_secs(20);
const RETRIES: u32 = 2;
/// How the search is called when talking to people.
const SEARCH: &str = "account key through Azure Resource Manager";
/// Where a key that was found came from.
pub(super) const ORIGIN: &str = "Azure Resource Manager";

/// Replaces [`Auth::Discover`] by the way in that works; leaves the others as they are.
pub async fn settle(config: &mut ContainerConfig, env: Env<'_>) -> Result<(), Failure> {
    if !matches!(config.auth, Auth::Discover) {
        return Ok(());
    }
    let transports = storage::transports(&config.access, env)?;
    let credential = login(&config.access, env, &transports);
    config.access.credential = Some(Arc::clone(&credential));
    match search(config, credential, transports.outside).await {
        Ok(key) => {
            config.auth = Auth::Key(key);
            ORIGIN.clone_into(&mut config.access.origin);
        }
        Err(unfound) if config.access.mode == AuthMode::Key => return Err(no_key(&unfound, config)),
        Err(unfound) => {
            config.access.tried.push(format!("{SEARCH}: {unfound}"));
            config.auth = Auth::Login;
        }
    }
    Ok(())
}

async fn search(
    config: &ContainerConfig,
    credential: Arc<dyn TokenCredential>,
    options: ClientOptions,
) -> Result<super::AccountKey, Unfound> {
    let access = &config.access;
    let audience = access.cloud.resource_manager();
    let endpoint = match &access.resource_manager {
        Some(url) => url.clone(),
        None => Url::parse(audience).map_err(|error| Unfound::Failed(error.to_string()))?,
    };
    // Getting the token may take a person's time, the search may not.
    let scope = format!("{audience}/.default");
    credential.get_token(&[&scope], None).await.map_err(Unfound::NoToken)?;
    let retry = ExponentialRetryOptions { max_retries: RETRIES, ..ExponentialRetryOptions::default() };
    let options = ClientOptions { retry: RetryOptions::exponential(retry), ..options };
    let manager = ResourceManager::new(options, credential, endpoint, audience);
    let (subscription, group) = (access.subscription.as_deref(), access.resource_group.as_deref());
    let found = manager.find_key(&config.account, subscription, group);
    tokio::time::timeout(LONGEST, found)
        .await
        .map_err(|_| Unfound::Failed(format!("no answer within {} seconds", LONGEST.as_secs())))?
}

/// `--auth-mode key` allows nothing else, so this is the end.
fn no_key(unfound: &Unfound, config: &ContainerConfig) -> Failure {
    let mut failure = match unfound {
        Unfound::NoToken(error) => login_failed(error),
        _ => Failure::new(
            if matches!(unfound, Unfound::Failed(_)) { Kind::Failed } else { Kind::NotAuthorised },
            format!("no key for account '{}' through Azure Resource Manager: {unfound}", config.account),
        ),
    };
    failure.details.splice(0..0, config.access.tried.iter().cloned());
    match unfound {
        Unfound::Refused(_) => failure.hint(
            "listing keys needs the role 'Storage Account Key Operator Service Role' or 'Contributor' on the account; \
             or set AZ_STORAGE_KEY",
        ),
        Unfound::KeysOff => failure.hint("log in instead: --auth-mode login with the role 'Storage Blob Data Reader'"),
        Unfound::NoAccount { .. } => failure.hint(
            "check --storage-account, the tenant and the cloud of the login (az account show), or set \
             AZURE_SUBSCRIPTION_ID and AZ_RESOURCE_GROUP",
        ),
        _ => failure,
    }
}
