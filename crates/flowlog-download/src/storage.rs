//! The one place that opens a container: endpoint, authorisation, transport, retries.

use std::{sync::Arc, time::Duration};

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};

use crate::{
    auth::{Access, Auth, SharedKeyPolicy, Transports, login},
    config::{ContainerConfig, Env},
    error::{Failure, Kind, chain},
    listing::HierarchyPolicy,
};

/// Tries after the first one, of one request; the waits double from `FIRST_WAIT`.
const RETRIES: u32 = 5;
const FIRST_WAIT: azure_core::time::Duration = azure_core::time::Duration::milliseconds(300);

/// Makes ring the process's TLS provider, which needs no system library to build. Later calls do nothing.
pub fn use_ring() {
    // An error means that a provider is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Opens the container; no request is made yet.
pub fn open(config: &ContainerConfig, env: Env<'_>) -> Result<BlobContainerClient, Failure> {
    use_ring();
    let mut url = config.endpoint.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(&config.container);
    }
    let transports = transports(&config.access)?;
    let mut options = transports.outside.clone();
    options.per_call_policies.push(Arc::new(HierarchyPolicy));
    let mut credential = None;
    match &config.auth {
        Auth::Key(key) => {
            let policy = SharedKeyPolicy::new(&config.account, key.clone());
            options.per_try_policies.push(Arc::new(policy));
        }
        Auth::Sas(token) => url.set_query(Some(token.expose())),
        Auth::Login | Auth::Discover => {
            let found = config.access.credential.clone();
            credential = Some(found.unwrap_or_else(|| login(&config.access, env, &transports)));
        }
        Auth::Anonymous => {}
    }
    let options = BlobContainerClientOptions { client_options: options, ..Default::default() };
    BlobContainerClient::new(url, credential, Some(options)).map_err(|error| {
        Failure::new(Kind::Failed, format!("cannot open container '{}': {}", config.container, chain(&error)))
    })
}

/// Transport, retries, certificate authorities and cloud of every request.
pub fn transports(access: &Access) -> Result<Transports, Failure> {
    use_ring();
    let retry = RetryOptions::exponential(ExponentialRetryOptions {
        initial_delay: FIRST_WAIT,
        max_retries: RETRIES,
        ..ExponentialRetryOptions::default()
    });
    let options = |client: reqwest::Client| ClientOptions {
        transport: Some(Transport::new(Arc::new(client))),
        retry: retry.clone(),
        cloud: Some(Arc::new(access.cloud_configuration())),
        ..ClientOptions::default()
    };
    let build = |builder: reqwest::ClientBuilder| {
        builder
            .build()
            .map_err(|error| Failure::new(Kind::Failed, format!("cannot set up https: {}", chain(&error))))
    };
    Ok(Transports {
        outside: options(build(http_client(access))?),
        metadata: options(build(http_client(access).no_proxy())?),
    })
}

/// No automatic decompression: a blob's bytes and length are kept as they are.
fn http_client(access: &Access) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(access.authorities.certificates())
}
