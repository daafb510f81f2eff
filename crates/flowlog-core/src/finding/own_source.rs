//! Own hosts, one after the other: what each failed at, reached, pinged and logged in to.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::denied_outbound::DeniedOut;
use super::facts::Facts;
use super::failure::Failure;
use super::horizontal::Pinged;
use super::lateral::LoginHour;
use super::scene::Scene;
use super::{Finding, denied_outbound, horizontal, lateral, slow_scan};
use crate::radix;
use crate::state::evidence::Contact;
use crate::state::lists::Rows;
use crate::state::{Conversation, HostPair};
use crate::state::{HostId, SpillError};

/// The first contact of an own host with another. 16 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct FirstContact {
    pub(super) source: HostId,
    pub(super) destination: HostId,
    pub(super) contact: Contact,
}

/// An answered conversation between two internal hosts. 16 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Reached {
    pub(super) source: HostId,
    pub(super) destination: HostId,
    /// When any service of the destination was first reached, Unix seconds; 0 if nothing is known.
    pub(super) seconds: u32,
    pub(super) port: u16,
}

impl Reached {
    pub(super) fn new(pair: &HostPair, known: &Conversation) -> Self {
        let (source, destination) = (known.key.source, known.key.destination);
        let contact = pair.contacts.iter().find(|(ends, _)| *ends == (source, destination));
        let seconds = contact.map_or(0, |(_, contact)| contact.reached);
        Self { source, destination, seconds, port: known.key.port }
    }
}

/// What is known of the own hosts of one bucket.
pub(super) struct OwnSources {
    pub(super) failures: Rows<Failure>,
    pub(super) contacts: Rows<FirstContact>,
    pub(super) reached: Rows<Reached>,
    pub(super) pinged: Rows<Pinged>,
    pub(super) logins: Rows<LoginHour>,
    pub(super) denied_out: Rows<DeniedOut>,
}

/// What is known of one own host.
pub(super) struct OwnSource<'r> {
    pub(super) host: HostId,
    /// In order of time.
    pub(super) failures: &'r [Failure],
    /// In no order.
    pub(super) contacts: &'r [FirstContact],
    /// In no order.
    pub(super) reached: &'r [Reached],
    /// In order of time.
    pub(super) pinged: &'r [Pinged],
}

impl OwnSources {
    /// What is on disk comes back.
    fn bring_back(&mut self) -> Result<(), SpillError> {
        self.failures.bring_back()?;
        self.contacts.bring_back()?;
        self.reached.bring_back()?;
        self.pinged.bring_back()?;
        self.logins.bring_back()?;
        self.denied_out.bring_back()
    }

    /// What detectors find that look at one own host at a time.
    ///
    /// # Errors
    /// What is kept on disk cannot be read.
    pub(super) fn judge(mut self, facts: &Facts<'_>) -> Result<Vec<Finding>, SpillError> {
        let scene = facts.scene;
        self.bring_back()?;
        let mut findings = denied_outbound::find(scene, self.denied_out.into_list());
        findings.extend(lateral::find(scene, self.logins.into_list()));
        let suspects = suspects(scene, &self.failures, &self.contacts);
        let is_suspect = |source: HostId| suspects.contains_key(&source);
        let mut contacts = kept(&self.contacts, |row| is_suspect(row.source));
        let mut reached = kept(&self.reached, |row| is_suspect(row.source));
        let mut failures = kept(&self.failures, |row| is_suspect(row.key.source));
        radix::sort_by_key(&mut contacts, |row| row.source.0);
        radix::sort_by_key(&mut reached, |row| row.source.0);
        let order = |row: &Failure| (row.key.source.0, row.first_ms);
        radix::sort_by_key(&mut failures, order);
        // Few are of one millisecond: their addresses are looked up only then.
        for at_once in failures.chunk_by_mut(|a, b| order(a) == order(b)).filter(|rows| rows.len() > 1) {
            at_once.sort_unstable_by_key(|row| scene.order(&row.key));
        }
        let mut pinged = self.pinged.into_list();
        pinged.sort_unstable_by_key(|row| (row.key.source, row.first_ms, scene.address(row.key.destination)));
        let pinging = pinged.chunk_by(|a, b| a.key.source == b.key.source);
        let mut hosts: Vec<HostId> = pinging.filter_map(|rows| Some(rows.first()?.key.source)).collect();
        hosts.extend(suspects.keys());
        hosts.sort_unstable();
        hosts.dedup();
        for host in hosts {
            let source = OwnSource {
                host,
                failures: of(&failures, host, |row| row.key.source),
                contacts: of(&contacts, host, |row| row.source),
                reached: of(&reached, host, |row| row.source),
                pinged: of(&pinged, host, |row| row.key.source),
            };
            let sweeps = horizontal::sweeps(scene, &source);
            findings.extend(slow_scan::find(facts, &source, &sweeps));
            findings.extend(horizontal::find(scene, host, sweeps));
        }
        Ok(findings)
    }
}

/// Hosts that failed often enough for a sweep or a slow scan, and how often.
fn suspects(
    scene: &Scene<'_>,
    failures: &Rows<Failure>,
    contacts: &Rows<FirstContact>,
) -> HashMap<HostId, usize, RandomState> {
    let limits = scene.thresholds();
    let least = limits.slow_scan.contacts.min(limits.horizontal_sweep.hosts);
    let mut failed: HashMap<HostId, (usize, usize), RandomState> = HashMap::default();
    for row in failures.iter() {
        failed.entry(row.key.source).or_default().0 += 1;
    }
    for row in contacts.iter().filter(|row| row.contact.failed < row.contact.reached) {
        failed.entry(row.source).or_default().1 += 1;
    }
    let most = failed.into_iter().map(|(host, (failures, contacts))| (host, failures.max(contacts)));
    most.filter(|(_, most)| *most >= least).collect()
}

fn kept<T: Copy>(rows: &Rows<T>, keep: impl Fn(&T) -> bool) -> Vec<T> {
    rows.iter().filter(|row| keep(row)).copied().collect()
}

/// The rows of `host` in `rows`, which are sorted by the host.
fn of<T>(rows: &[T], host: HostId, source: impl Fn(&T) -> HostId) -> &[T] {
    let from = rows.partition_point(|row| source(row) < host);
    let to = rows.partition_point(|row| source(row) <= host);
    rows.get(from..to).unwrap_or_default()
}
