//! Why the tool cannot get at the flow logs, in plain words: each step on the way is tried by itself.
//!
//! Proxy or name and port, TLS, access, container, blobs, folder. The first step that fails says what to
//! do; what depends on it is left out. Nothing is fetched and nothing is written.

mod network;

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use azure_core::http::StatusCode;
use azure_storage_blob::BlobContainerClient;
use flowlog_core::blob_path::BlobName;
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::{
    answer::service_status,
    auth,
    config::{Config, ContainerConfig, Env, SourceConfig},
    error::{Failure, Kind},
    listing::first_page,
    manifest::{Manifest, STATE_FOLDER},
    progress::shown,
    proxy::Proxy,
    refusal, storage,
    unreachable::DOCTOR,
};
use network::Way;

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
        settings(&mut found, container);
        let way = Way { container, proxy: Proxy::of(&container.endpoint, env) };
        if way.check(&mut found, env).await {
            match storage::open(container, env) {
                Ok(client) => access(&mut found, &way, &client).await,
                Err(failure) => tell(&mut found, "access", failure),
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

fn settings(found: &mut Diagnosis, container: &ContainerConfig) {
    let ContainerConfig { account, container: name, endpoint, auth, .. } = container;
    found.ok(
        "settings",
        format!("account '{account}', container '{name}', {endpoint}, by {}", auth.describe()),
    );
    for warning in auth::warnings(container) {
        found.warned("settings", warning);
    }
}

/// Access, container, and the first blobs' names, by one page of the listing.
async fn access(found: &mut Diagnosis, way: &Way<'_>, client: &BlobContainerClient) {
    let container = way.container;
    let blobs = match first_page(client).await {
        Ok(blobs) => blobs,
        Err(error) => {
            let failure = refusal::from_storage(&error, &way.subject(), way.proxy.as_ref());
            let failure = auth::explain(failure, container);
            if service_status(&error) == Some(StatusCode::NotFound) {
                found.ok("access", format!("{} is accepted", container.auth.describe()));
                tell(found, "container", failure);
            } else {
                tell(found, "access", failure);
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
        Ok(_) if standing == root => {
            found.ok("folder", format!("{} is there", root.display()));
            record(found, root);
        }
        Ok(_) => found.ok("folder", format!("{} will be created", root.display())),
        Err(error) => {
            found.failed(Kind::Failed, "folder", format!("{}: {error}", standing.display()), &advice);
        }
    }
}

/// Whether the tree's record can be used, if there is one.
fn record(found: &mut Diagnosis, root: &Path) {
    if root.join(STATE_FOLDER).symlink_metadata().is_err() {
        return;
    }
    match Manifest::look(root).and_then(|manifest| manifest.paths()) {
        Ok(paths) => found.ok("record", format!("sound, with {} blobs", HumanCount(paths.len() as u64))),
        Err(failure) => tell(found, "record", failure),
    }
}

fn tell(found: &mut Diagnosis, name: &'static str, mut failure: Failure) {
    failure.hints.retain(|hint| hint != DOCTOR);
    let advice: Vec<&str> = failure.details.iter().chain(&failure.hints).map(String::as_str).collect();
    found.failed(failure.kind, name, failure.message.clone(), &advice);
}
