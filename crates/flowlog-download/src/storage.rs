//! The one place that opens a container: endpoint, authorisation, transport, retries.

use std::{sync::Arc, time::Duration};

use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};

use crate::{
    answer::{Answers, InWords, Speaker},
    auth::{Access, Auth, SharedKeyPolicy, Transports, login},
    config::{ContainerConfig, Env},
    error::{Failure, Kind, chain},
    listing::HierarchyPolicy,
    pace::{Pace, PacePolicy},
    retry::Patience,
};

/// How long nothing may come before a request counts as broken; `FLOWLOG_TIMEOUT` says otherwise.
const SILENCE_SECONDS: u64 = 60;

/// Makes ring the process's TLS provider, which needs no system library to build. Later calls do nothing.
pub fn use_ring() {
    // An error means that a provider is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client with this tool's TLS and timeouts that sends no credentials.
pub fn plain_client(access: &Access, env: Env<'_>) -> Result<reqwest::Client, Failure> {
    use_ring();
    built(http_client(access, silence(env)?))
}

/// Opens the container; no request is made yet.
pub fn open(config: &ContainerConfig, env: Env<'_>) -> Result<BlobContainerClient, Failure> {
    open_at(config, env, None)
}

/// Opens the container for requests that keep a pace.
pub fn open_at(
    config: &ContainerConfig,
    env: Env<'_>,
    pace: Option<Arc<Pace>>,
) -> Result<BlobContainerClient, Failure> {
    use_ring();
    let mut url = config.endpoint.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(&config.container);
    }
    let transports = transports(&config.access, env)?;
    let mut options = transports.outside.clone();
    options.per_call_policies = vec![Arc::new(HierarchyPolicy)];
    options.transport = Some(transport(http_client(&config.access, silence(env)?), Speaker::Storage, env)?);
    if let Some(pace) = pace {
        options.per_try_policies.push(Arc::new(PacePolicy(pace)));
    }
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
pub fn transports(access: &Access, env: Env<'_>) -> Result<Transports, Failure> {
    use_ring();
    let silence = silence(env)?;
    let retry = RetryOptions::custom(Arc::new(Patience::default()));
    let options = |client: reqwest::ClientBuilder| -> Result<ClientOptions, Failure> {
        Ok(ClientOptions {
            transport: Some(transport(client, Speaker::Other, env)?),
            retry: retry.clone(),
            per_call_policies: vec![Arc::new(InWords)],
            cloud: Some(Arc::new(access.cloud_configuration())),
            ..ClientOptions::default()
        })
    };
    Ok(Transports {
        outside: options(http_client(access, silence))?,
        metadata: options(http_client(access, silence).no_proxy())?,
    })
}

fn transport(client: reqwest::ClientBuilder, speaker: Speaker, env: Env<'_>) -> Result<Transport, Failure> {
    Ok(Transport::new(Arc::new(Answers::of(built(client)?, speaker, silence(env)?))))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Failure> {
    builder
        .build()
        .map_err(|error| Failure::new(Kind::Failed, format!("cannot set up https: {}", chain(&error))))
}

fn silence(env: Env<'_>) -> Result<Duration, Failure> {
    let Some(text) = env("FLOWLOG_TIMEOUT") else { return Ok(Duration::from_secs(SILENCE_SECONDS)) };
    let seconds = text.trim().parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let shown = text.escape_debug();
        Failure::new(
            Kind::Usage,
            format!("FLOWLOG_TIMEOUT '{shown}' is no number of seconds from 1 to 86400"),
        )
    })
}

/// No automatic decompression: a blob's bytes and length are kept as they are.
fn http_client(access: &Access, silence: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(silence.min(Duration::from_secs(20)))
        .read_timeout(silence)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(access.authorities.certificates())
}
