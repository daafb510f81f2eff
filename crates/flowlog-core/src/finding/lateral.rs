//! Lateral movement: one internal host logs in to many, which it did not do before.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::heaviest::Heaviest;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::state::Conversation;
use crate::state::evidence::{BIN_SECONDS, Bins};
use crate::state::{ConversationKey, HostId};

pub(super) const RULE: &str = "lateral-movement";
/// SSH, RPC, SMB, RDP, `WinRM`: what commands and tools are carried by.
const PORTS: [u16; 7] = [22, 135, 139, 445, 3389, 5985, 5986];
const BINS_PER_HOUR: u32 = 3600 / BIN_SECONDS;

/// Sessions of one conversation that began in one hour. 40 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct LoginHour {
    key: ConversationKey,
    /// Since 1970.
    hour: u32,
    /// As the end says that saw more.
    sessions: u64,
    times: Span,
}

/// Tells `take` of the hours in which a conversation inside had sessions.
pub(super) fn hours(conversation: &Conversation, mut take: impl FnMut(LoginHour)) {
    if !PORTS.contains(&conversation.key.port) {
        return;
    }
    let mut hours: BTreeMap<u32, ([u64; 2], Span)> = BTreeMap::new();
    for (side, bins) in conversation.logins.iter().enumerate() {
        for (bin, seen) in bins.iter().flat_map(Bins::sorted) {
            let (sessions, times) = hours.entry(bin / BINS_PER_HOUR).or_default();
            if let Some(sessions) = sessions.get_mut(side) {
                *sessions += u64::from(seen.sessions);
            }
            times.add(seen.times);
        }
    }
    for (hour, ([source, destination], times)) in hours {
        take(LoginHour { key: conversation.key, hour, sessions: source.max(destination), times });
    }
}

/// Findings of the own hosts of one bucket.
pub(super) fn find(scene: &Scene<'_>, mut logins: Vec<LoginHour>) -> Vec<Finding> {
    logins.sort_unstable_by_key(|row| (row.key.source, row.hour));
    let sources = logins.chunk_by(|a, b| a.key.source == b.key.source);
    sources.filter_map(|logins| of_source(scene, logins)).collect()
}

fn hour_of(ms: i64) -> u32 {
    u32::try_from(ms / 3_600_000).unwrap_or_default()
}

/// The usual number of hosts in the hours of the data other than `hour`: the upper median. `hosts` are those of the
/// hours with any; the others are counted, not listed, as a wrong date can be millennia away.
fn usual(scene: &Scene<'_>, hosts: &BTreeMap<u32, BTreeSet<HostId>>, hour: u32) -> usize {
    let (first, last) = (hour_of(scene.times.0), hour_of(scene.times.1));
    let is_other = |other: &u32| *other != hour && (first..=last).contains(other);
    let mut others: Vec<usize> =
        hosts.iter().filter(|(other, _)| is_other(other)).map(|(_, hosts)| hosts.len()).collect();
    others.sort_unstable();
    let itself = usize::from((first..=last).contains(&hour));
    let all = (last.saturating_sub(first) as usize + 1).saturating_sub(itself);
    let empty = all.saturating_sub(others.len());
    (all / 2).checked_sub(empty).and_then(|place| others.get(place)).copied().unwrap_or_default()
}

/// `logins` of one own host, in order of time.
fn of_source(scene: &Scene<'_>, logins: &[LoginHour]) -> Option<Finding> {
    let limits = &scene.thresholds().lateral_movement;
    let source = logins.first()?.key.source;
    // The destinations of each hour, and the first hour of each destination.
    let mut hosts: BTreeMap<u32, BTreeSet<HostId>> = BTreeMap::new();
    let mut firsts: BTreeMap<HostId, u32> = BTreeMap::new();
    for row in logins {
        hosts.entry(row.hour).or_default().insert(row.key.destination);
        firsts.entry(row.key.destination).or_insert(row.hour);
    }
    if firsts.len() < limits.hosts {
        return None;
    }
    let mut new: BTreeMap<u32, usize> = BTreeMap::new();
    for first in firsts.values() {
        *new.entry(*first).or_default() += 1;
    }
    let (&hour, &count) = new.iter().max_by_key(|(hour, count)| (**count, std::cmp::Reverse(**hour)))?;
    let usual = usual(scene, &hosts, hour);
    if count < limits.hosts || (count as f64) < limits.times_usual * usual as f64 {
        return None;
    }
    // In the first hours of the data everything is new: there is nothing to compare with.
    let known = hour.saturating_sub(hour_of(scene.times.0)) >= 2;
    let entity = scene.name(source);
    let (mut rows, mut times) = (Heaviest::default(), Span::default());
    for row in logins.iter().filter(|row| row.hour == hour) {
        rows.push(scene, &row.key, row.sessions);
        times.merge(row.times);
    }
    let [first_time_ms, last_time_ms] = times.known();
    let (evidence, evidence_rows) = rows.shown(scene, Unit::Sessions, &Note::InThatHour);
    let mut reason = vec![Sentence::NewLogins {
        hosts: limits.hosts as u64,
        times_usual: limits.times_usual,
        usual: usual as u64,
    }];
    if !known {
        reason.push(Sentence::FirstHours);
    }
    reason.push(Sentence::RolloutsDoThis);
    Some(Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: if known { Severity::High } else { Severity::Low },
        title: format!("{entity} logs in to {count} internal hosts for the first time within an hour"),
        reason: Reason(reason),
        concern: Concern::new(Deed::Lateral, &entity, "", count as u64),
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1021, technique::T1570],
        next_step: NextStep::AskWhoRanWhat,
        evidence,
        evidence_rows,
    })
}
