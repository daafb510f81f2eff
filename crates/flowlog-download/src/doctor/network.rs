//! The way to the container: what a download goes through is tried, and nothing else.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use azure_core::time::{OffsetDateTime, parse_rfc7231};
use reqwest::{Response, StatusCode};
use tokio::{net::TcpStream, time::timeout};

use super::{Diagnosis, tell};
use crate::{
    auth,
    config::{ContainerConfig, Env},
    error::Kind,
    proxy::{self, Proxy},
    refusal::Subject,
    storage, unreachable,
};

/// How long a name or a port may take: as long as in a download.
const PATIENCE: Duration = Duration::from_secs(20);
/// The service refuses signatures whose time differs by more than 15 minutes.
const CLOCK: i64 = 15 * 60;
/// Hosts of the other clouds; Microsoft Learn, "Azure Government/China endpoints".
const CLOUDS: [(&str, &str); 3] = [
    ("the public cloud", "blob.core.windows.net"),
    ("US Government", "blob.core.usgovcloudapi.net"),
    ("China", "blob.core.chinacloudapi.cn"),
];

/// A container and what requests to it go through.
pub(super) struct Way<'a> {
    pub(super) container: &'a ContainerConfig,
    pub(super) proxy: Option<Proxy>,
}

impl Way<'_> {
    /// What a refusal is about.
    pub(super) fn subject(&self) -> Subject<'_> {
        let ContainerConfig { account, container, .. } = self.container;
        Subject { account, container, host: self.host() }
    }

    fn host(&self) -> &str {
        self.container.endpoint.host_str().unwrap_or_default()
    }

    /// Proxy or name and port, then TLS. Whether requests can be made.
    pub(super) async fn check(&self, found: &mut Diagnosis, env: Env<'_>) -> bool {
        if let Err(failure) = proxy::understood(&self.container.endpoint, env) {
            tell(found, "proxy", failure);
            return false;
        }
        let port = self.container.endpoint.port_or_known_default().unwrap_or(443);
        let reached = match &self.proxy {
            Some(proxy) => self.through(found, proxy).await,
            None => match self.name(found, port).await {
                Some(addresses) => self.port(found, port, &addresses).await,
                None => false,
            },
        };
        reached && self.answer(found, env).await
    }

    /// Whether the proxy is there. It looks the name up and connects, unless it is one that leaves names to us.
    async fn through(&self, found: &mut Diagnosis, proxy: &Proxy) -> bool {
        let Some((host, port)) = proxy.address() else { return false };
        let advice = proxy.check();
        let why = match resolve(host, port).await {
            None => Some("has no address".to_owned()),
            Some(addresses) => connect(&addresses).await.err().map(|why| format!("cannot be reached: {why}")),
        };
        if let Some(why) = why {
            found.failed(
                Kind::Failed,
                "proxy",
                format!("the proxy {proxy} ({}) {why}", proxy.variable()),
                &[&advice],
            );
            return false;
        }
        found.ok("proxy", format!("requests go through {proxy} ({}), which answers", proxy.variable()));
        if proxy.resolves_here() {
            let port = self.container.endpoint.port_or_known_default().unwrap_or(443);
            if self.name(found, port).await.is_none() {
                return false;
            }
        } else {
            found.left_out("name", "the proxy looks it up");
        }
        found.left_out("port", "the proxy connects to it");
        true
    }

    async fn name(&self, found: &mut Diagnosis, port: u16) -> Option<Vec<SocketAddr>> {
        let host = self.host();
        let Some(addresses) = resolve(host, port).await else {
            let elsewhere = other_clouds(&self.container.account, host).await;
            let mut advice = vec![
                "check --storage-account: letter by letter, as the portal shows it",
                "is this machine online, and does it use the DNS server of your network? A private endpoint needs that",
            ];
            if self.proxy.is_some() {
                advice.push("a proxy named socks5h:// or socks4a:// looks names up itself");
            }
            advice.extend(elsewhere.as_deref());
            found.failed(Kind::NotFound, "name", format!("{host} has no address"), &advice);
            return None;
        };
        let private = addresses.iter().all(|address| is_private(address.ip()));
        let which = if private { "private" } else { "public" };
        let list: Vec<String> = addresses.iter().take(3).map(|address| address.ip().to_string()).collect();
        found.ok("name", format!("{host} is {} ({which})", list.join(", ")));
        Some(addresses)
    }

    async fn port(&self, found: &mut Diagnosis, port: u16, addresses: &[SocketAddr]) -> bool {
        let Err(why) = connect(addresses).await else {
            found.ok("port", format!("{port} answers"));
            return true;
        };
        let advice = if addresses.iter().all(|address| is_private(address.ip())) {
            [
                "the address is private: this machine must be in that network, or connected to it (VPN)",
                "or a network security group or firewall on the way blocks the port",
            ]
        } else {
            [
                "a firewall on this side blocks it, or only a proxy may go out: set HTTPS_PROXY",
                "the storage account's own firewall is not it: that one answers with 403",
            ]
        };
        found.failed(Kind::Failed, "port", format!("{port} cannot be reached: {why}"), &advice);
        false
    }

    /// The listing without credentials: any answer at all proves TLS, and the service's date the clock.
    /// Whether it is the service that answers is for the next step to say, which asks as a download does.
    async fn answer(&self, found: &mut Diagnosis, env: Env<'_>) -> bool {
        let https = self.container.endpoint.scheme() == "https";
        let name = if https { "TLS" } else { "http" };
        let client = match storage::plain_client(&self.container.access, env) {
            Ok(client) => client,
            Err(failure) => {
                tell(found, name, failure);
                return false;
            }
        };
        let mut url = self.container.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.container.container);
        }
        url.set_query(Some("restype=container&comp=list&maxresults=1"));
        match client.get(url).send().await {
            Ok(answer) => self.answered(found, name, &answer),
            Err(error) => {
                let failure = unreachable::failure(&error, &self.subject(), self.proxy.as_ref());
                let mut failure = auth::explain(failure, self.container);
                if failure.hints.iter().all(|hint| hint == unreachable::DOCTOR) {
                    failure = failure.hint(
                        "a proxy or firewall on the way ends the connection; check HTTPS_PROXY and the endpoint's scheme",
                    );
                }
                tell(found, name, failure);
                false
            }
        }
    }

    fn answered(&self, found: &mut Diagnosis, name: &'static str, answer: &Response) -> bool {
        if let (StatusCode::PROXY_AUTHENTICATION_REQUIRED, Some(proxy)) = (answer.status(), &self.proxy) {
            tell(found, name, unreachable::login_wanted(proxy));
            return false;
        }
        let secure = if name == "TLS" { "certificate trusted" } else { "not encrypted" };
        let service = answer.headers().keys().any(|name| name.as_str().starts_with("x-ms-"));
        let who = if service { "the service answers" } else { "somebody answers" };
        found.ok(name, format!("{secure}, {who}"));
        if service {
            clock(found, answer.headers().get("date").and_then(|date| date.to_str().ok()));
        }
        true
    }
}

async fn resolve(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = timeout(PATIENCE, tokio::net::lookup_host((bare, port))).await.ok()?.ok()?;
    Some(found.collect::<Vec<_>>()).filter(|addresses| !addresses.is_empty())
}

/// Connects, or says why not.
async fn connect(addresses: &[SocketAddr]) -> Result<(), String> {
    match timeout(PATIENCE, TcpStream::connect(addresses)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// Whether an account of this name has an address in another cloud.
async fn other_clouds(account: &str, host: &str) -> Option<String> {
    for (cloud, suffix) in CLOUDS {
        let other = format!("{account}.{suffix}");
        if other != host && resolve(&other, 443).await.is_some() {
            return Some(format!(
                "there is {other}: the account is in {cloud}; give --endpoint https://{other}"
            ));
        }
    }
    None
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn clock(found: &mut Diagnosis, date: Option<&str>) {
    let Some(theirs) = date.and_then(|date| parse_rfc7231(date).ok()) else { return };
    let apart = (OffsetDateTime::now_utc() - theirs).whole_seconds();
    if apart.abs() >= CLOCK {
        found.failed(
            Kind::NotAuthorised,
            "clock",
            format!("this machine's clock is {} minutes off", apart / 60),
            &["set the clock: the service refuses what is signed more than 15 minutes away from its own time"],
        );
    } else {
        found.ok("clock", format!("{} s apart from the service", apart.abs()));
    }
}
