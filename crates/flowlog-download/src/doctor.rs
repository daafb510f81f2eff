//! Why the tool cannot get at the flow logs, in plain words: each step on the way is tried by itself.
//!
//! Name, port, TLS, access, container, blobs, folder. The first step that fails says what to do; what
//! depends on it is left out. Nothing is fetched and nothing is written.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use azure_core::{
    http::StatusCode,
    time::{OffsetDateTime, parse_rfc7231},
};
use azure_storage_blob::BlobContainerClient;
use flowlog_core::blob_path::BlobName;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    auth,
    config::{Config, ContainerConfig, Env, SourceConfig},
    error::{Failure, Kind, chain},
    listing::first_page,
    progress::shown,
    refusal::{self, Subject},
    storage,
};

/// How long a name or a port may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The service refuses signatures whose time differs by more than 15 minutes.
const CLOCK: i64 = 15 * 60;
/// Hosts of the other clouds; Microsoft Learn, "Azure Government/China endpoints".
const CLOUDS: [(&str, &str); 3] = [
    ("the public cloud", "blob.core.windows.net"),
    ("US Government", "blob.core.usgovcloudapi.net"),
    ("China", "blob.core.chinacloudapi.cn"),
];

/// One step of the check.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was tried: one or two words.
    pub name: &'static str,
    /// Whether it went well; `None` if it was left out.
    pub ok: Option<bool>,
    /// It went well, and something about it should be changed all the same.
    pub warning: bool,
    /// What was found.
    pub found: String,
    /// What to do, where something is to be done.
    pub advice: Vec<String>,
}

/// All steps.
#[derive(Debug)]
pub struct Diagnosis {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// The kind of the first failure.
    kind: Option<Kind>,
}

impl Diagnosis {
    fn ok(&mut self, name: &'static str, found: impl Into<String>) {
        self.steps.push(Step {
            name,
            ok: Some(true),
            warning: false,
            found: found.into(),
            advice: Vec::new(),
        });
    }

    /// What does not keep a download from working and should be changed all the same.
    fn warned(&mut self, name: &'static str, found: String) {
        self.steps.push(Step { name, ok: Some(true), warning: true, found, advice: Vec::new() });
    }

    fn left_out(&mut self, name: &'static str, why: &str) {
        self.steps.push(Step { name, ok: None, warning: false, found: why.to_owned(), advice: Vec::new() });
    }

    fn failed(&mut self, kind: Kind, name: &'static str, found: impl Into<String>, advice: &[&str]) {
        self.kind = self.kind.or(Some(kind));
        let advice = advice.iter().map(|&line| line.to_owned()).collect();
        self.steps.push(Step { name, ok: Some(false), warning: false, found: found.into(), advice });
    }

    /// 0 if every step went well, else what a run would end with.
    pub fn exit_code(&self) -> u8 {
        self.kind.map_or(0, Kind::exit_code)
    }

    /// Writes the steps for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for step in &self.steps {
            let word = match step.ok {
                Some(true) if step.warning => "WARNING",
                Some(true) => "ok",
                Some(false) => "FAILED",
                None => "-",
            };
            writeln!(out, "{word:<7} {:<10} {}", step.name, shown(&step.found))?;
            for line in &step.advice {
                writeln!(out, "{:18} -> {}", "", shown(line))?;
            }
        }
        match self.kind {
            None => writeln!(out, "\nEverything is in place: a download should work"),
            Some(_) => writeln!(out, "\nA download would fail; begin with the first FAILED"),
        }
    }

    /// The steps for programs.
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| json!({"name": step.name, "ok": step.ok, "warning": step.warning, "found": step.found, "advice": step.advice}))
            .collect();
        let outcome = if self.kind.is_none() { "complete" } else { "failed" };
        json!({"kind": "doctor", "outcome": outcome, "exit_code": self.exit_code(), "steps": steps})
    }
}

/// Tries each step on the way to the container.
pub async fn diagnose(config: &Config, env: Env<'_>) -> Diagnosis {
    let mut found = Diagnosis { steps: Vec::new(), kind: None };
    if let SourceConfig::Container(container) = &config.source {
        settings(&mut found, container, env);
        if network(&mut found, container, env).await {
            match storage::open(container, env) {
                Ok(client) => access(&mut found, container, &client).await,
                Err(failure) => tell(&mut found, "access", &failure),
            }
        } else {
            for step in ["access", "container", "blobs"] {
                found.left_out(step, "needs the network");
            }
        }
    }
    folder(&mut found, &config.root);
    found
}

fn settings(found: &mut Diagnosis, container: &ContainerConfig, env: Env<'_>) {
    let ContainerConfig { account, container: name, endpoint, auth, .. } = container;
    found.ok(
        "settings",
        format!("account '{account}', container '{name}', {endpoint}, by {}", auth.describe()),
    );
    for warning in auth::warnings(container) {
        found.warned("settings", warning);
    }
    let proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    if let Some(name) = proxies.into_iter().find(|name| env(name).is_some()) {
        found.ok(
            "proxy",
            format!("{name} is set: requests may go through it, the steps 'name' and 'port' do not"),
        );
    }
}

/// Name, port and TLS. Whether requests can be made.
async fn network(found: &mut Diagnosis, container: &ContainerConfig, env: Env<'_>) -> bool {
    let Some(host) = container.endpoint.host_str() else { return false };
    let port = container.endpoint.port_or_known_default().unwrap_or(443);
    let Some(addresses) = resolve(host, port).await else {
        let elsewhere = other_clouds(&container.account, host).await;
        let mut advice = vec![
            "check --storage-account: letter by letter, as the portal shows it",
            "is this machine online, and does it use the DNS server of your network? A private endpoint needs that",
        ];
        advice.extend(elsewhere.as_deref());
        found.failed(Kind::NotFound, "name", format!("{host} has no address"), &advice);
        return false;
    };
    let private = addresses.iter().all(|address| is_private(address.ip()));
    let which = if private { "private" } else { "public" };
    let list: Vec<String> = addresses.iter().take(3).map(|address| address.ip().to_string()).collect();
    found.ok("name", format!("{host} is {} ({which})", list.join(", ")));

    let target = addresses.as_slice();
    match timeout(PATIENCE, TcpStream::connect(target)).await {
        Ok(Ok(_)) => found.ok("port", format!("{port} answers")),
        other => {
            let why = match other {
                Ok(Err(error)) => error.to_string(),
                _ => format!("no answer within {} seconds", PATIENCE.as_secs()),
            };
            let private_hint =
                "the address is private: this machine must be in that network, or connected to it (VPN)";
            let advice = if private {
                [private_hint, "or a network security group or firewall on the way blocks the port"]
            } else {
                [
                    "a firewall on this side blocks it, or only a proxy may go out: set HTTPS_PROXY",
                    "the storage account's own firewall is not it: that one answers with 403",
                ]
            };
            found.failed(Kind::Failed, "port", format!("{port} cannot be reached: {why}"), &advice);
            return false;
        }
    }
    tls(found, container, env).await
}

async fn resolve(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = timeout(PATIENCE, tokio::net::lookup_host((bare, port))).await.ok()?.ok()?;
    Some(found.collect::<Vec<_>>()).filter(|addresses| !addresses.is_empty())
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

/// One request without credentials: any answer at all proves TLS, and its date the clock.
async fn tls(found: &mut Diagnosis, container: &ContainerConfig, env: Env<'_>) -> bool {
    let https = container.endpoint.scheme() == "https";
    let name = if https { "TLS" } else { "http" };
    let client = match storage::plain_client(&container.access, env) {
        Ok(client) => client,
        Err(failure) => {
            tell(found, name, &failure);
            return false;
        }
    };
    match client.get(container.endpoint.clone()).send().await {
        Ok(answer) => {
            let secure = if https { "certificate trusted, " } else { "not encrypted, " };
            found.ok(name, format!("{secure}the service answers"));
            clock(found, answer.headers().get("date").and_then(|date| date.to_str().ok()));
            true
        }
        Err(error) => {
            let mut failure = auth::explain(Failure::new(Kind::Failed, chain(&error)), container);
            if failure.hints.is_empty() {
                failure = failure.hint(
                    "a proxy or firewall on the way ends the connection; check HTTPS_PROXY and the endpoint's scheme",
                );
            }
            tell(found, name, &failure);
            false
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

/// Access, container, and the first blobs' names, by one page of the listing.
async fn access(found: &mut Diagnosis, container: &ContainerConfig, client: &BlobContainerClient) {
    let blobs = match first_page(client).await {
        Ok(blobs) => blobs,
        Err(error) => {
            let host = container.endpoint.host_str().unwrap_or_default();
            let subject = Subject { account: &container.account, container: &container.container, host };
            let failure = auth::explain(refusal::from_storage(&error, &subject, None), container);
            if error.http_status() == Some(StatusCode::NotFound) {
                found.ok("access", format!("{} is accepted", container.auth.describe()));
                tell(found, "container", &failure);
            } else {
                tell(found, "access", &failure);
                found.left_out("container", "needs access");
            }
            found.left_out("blobs", "needs the container");
            return;
        }
    };
    found.ok("access", format!("{} may list blobs", container.auth.describe()));
    found.ok("container", format!("'{}' is there", container.container));
    let names: Vec<String> = blobs.into_iter().map(|blob| blob.name).collect();
    let logs = names.iter().filter(|name| BlobName::parse(name).is_some()).count();
    match (names.first(), logs) {
        (None, _) => found.failed(
            Kind::NotFound,
            "blobs",
            "the container is empty",
            &[
                "a new flow log writes its first blob after some minutes: is it enabled, and does it write to this account?",
                "VNet flow logs are in insights-logs-flowlogflowevent, NSG flow logs in insights-logs-networksecuritygroupflowevent",
            ],
        ),
        (Some(first), 0) => found.failed(
            Kind::NotFound,
            "blobs",
            format!("none of the first {} is a flow log, e.g. {first}", names.len()),
            &["they can be downloaded, but check --container-name: VNet flow logs are in insights-logs-flowlogflowevent"],
        ),
        (Some(first), _) => found.ok("blobs", format!("{logs} of the first {} are flow logs, e.g. {first}", names.len())),
    }
}

/// Whether the tree can be written: the folder, or the nearest one above it that exists.
fn folder(found: &mut Diagnosis, root: &Path) {
    let Some(standing) = root.ancestors().find(|path| path.symlink_metadata().is_ok()) else { return };
    let advice = ["choose another --download-path"];
    match fs::metadata(standing) {
        Ok(metadata) if !metadata.is_dir() => {
            found.failed(Kind::Failed, "folder", format!("{} is not a folder", standing.display()), &advice);
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            found.failed(Kind::Failed, "folder", format!("{} is read-only", standing.display()), &advice);
        }
        Ok(_) if standing == root => found.ok("folder", format!("{} is there", root.display())),
        Ok(_) => found.ok("folder", format!("{} will be created", root.display())),
        Err(error) => {
            found.failed(Kind::Failed, "folder", format!("{}: {error}", standing.display()), &advice);
        }
    }
}

fn tell(found: &mut Diagnosis, name: &'static str, failure: &Failure) {
    let advice: Vec<&str> = failure.details.iter().chain(&failure.hints).map(String::as_str).collect();
    found.failed(failure.kind, name, failure.message.clone(), &advice);
}
