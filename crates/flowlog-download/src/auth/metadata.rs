//! Managed identity: the token service that Azure gives to its machines, apps and containers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{
        ClientOptions, Context, Request, RetryOptions, Url,
        policies::{Policy, PolicyResult},
    },
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use super::Access;
use crate::config::Env;

/// A laptop has no metadata service: its address swallows packets, so the wait is cut short.
pub(super) const WAIT: Duration = Duration::from_secs(5);
/// Where somebody named the identity, the service is expected to be there, if slow at times.
pub(super) const PATIENT_WAIT: Duration = Duration::from_secs(60);

/// The address of the service on a virtual machine.
const SERVICE: &str = "169.254.169.254";
/// Another address of it, as the other Azure libraries know it (pod identity on Kubernetes).
const OTHER_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The managed identity: the one `access` names, else `AZURE_CLIENT_ID`, else the machine's own.
pub(super) fn managed_identity(
    access: &Access,
    env: Env<'_>,
    options: &ClientOptions,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let id = access.client_id.clone().or_else(|| env("AZURE_CLIENT_ID"));
    let mut client_options = ClientOptions { retry: RetryOptions::none(), ..options.clone() };
    if let Some(host) = env(OTHER_HOST) {
        let host = Url::parse(&host).ok().filter(|url| url.host_str().is_some()).ok_or_else(|| {
            azure_core::Error::with_message(ErrorKind::Credential, format!("{OTHER_HOST} is not an address"))
        })?;
        client_options.per_try_policies.push(Arc::new(Elsewhere(host)));
    }
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: id.map(UserAssignedId::ClientId),
        client_options,
    };
    ManagedIdentityCredential::new(Some(options)).map(|credential| credential as Arc<dyn TokenCredential>)
}

/// Sends requests for the metadata service's fixed address to another host.
#[derive(Debug)]
struct Elsewhere(Url);

#[async_trait]
impl Policy for Elsewhere {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if request.url().host_str() == Some(SERVICE) {
            let mut url = self.0.clone();
            url.set_path(request.url().path());
            url.set_query(request.url().query());
            *request.url_mut() = url;
        }
        match next.split_first() {
            Some((policy, rest)) => policy.send(ctx, request, rest).await,
            None => Err(azure_core::Error::with_message(ErrorKind::Other, "no policy after this one")),
        }
    }
}
