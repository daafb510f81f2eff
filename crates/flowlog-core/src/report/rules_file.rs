//! The rules as configured beside what the log says of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::RulesLimit;
use super::distinct::Members;
use super::ports_met::port_of;
use super::rules::MetBy;
use crate::enrich::protocol_name;
use crate::flow::{Direction, Network, Protocol, State};
use crate::policy::{Nsg, SecurityRule, plain_rule};
use crate::state::{HostId, RuleClass, Summary};

/// So few distinct ends or ports seen can be written into a rule instead of everything.
pub const FEW: usize = 16;
/// A rule for so many ports or more is for a range, not for services.
pub const MANY_PORTS: u32 = 100;

/// The rules as configured beside what the log says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RulesFile {
    /// Every NSG of the file, by name.
    pub nsgs: Vec<NsgRow>,
    /// Rules that somebody wrote and nothing in the log matched, of NSGs that are in the log.
    pub never_hit: Vec<NeverHitRow>,
    /// Allowing rules for more than was seen.
    pub broad: Vec<BroadRow>,
    /// Rules that somebody wrote, in the log under an NSG of the file, and not in the file.
    pub not_in_file: Vec<NotInFileRow>,
    /// NSGs of the log that are not in the file.
    pub other_nsgs: u64,
    /// What the data cannot tell, in words.
    pub limits: Vec<RulesLimit>,
}

/// An NSG of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NsgRow {
    /// Name.
    pub nsg: String,
    /// ARM id; `None` in templates.
    pub id: Option<String>,
    /// Rules that somebody wrote.
    pub rules: u64,
    /// Of these, hit.
    pub hit: u64,
    /// Any rule of it, a default one as well, is in the log.
    pub in_data: bool,
}

/// A rule without a hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeverHitRow {
    /// Name of the NSG.
    pub nsg: String,
    /// Name of the rule.
    pub rule: String,
    /// Its priority.
    pub priority: Option<u32>,
    /// `I` or `O`.
    pub direction: char,
    /// `allow` or `deny`.
    pub access: &'static str,
    /// False where the data lacks the rows in which a hit would show.
    pub certain: bool,
}

/// A rule that allows more than was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BroadRow {
    /// Name of the NSG.
    pub nsg: String,
    /// Name of the rule.
    pub rule: String,
    /// What is broad: `source`, `destination`, `ports` or `protocol`.
    pub field: &'static str,
    /// What the rule allows.
    pub allows: String,
    /// What was seen, all of it.
    pub seen: Vec<String>,
    /// Tuples the observation rests on.
    pub tuples: u64,
}

/// A rule of the log that the file does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotInFileRow {
    /// Name of the NSG.
    pub nsg: String,
    /// Name of the rule as in the log.
    pub rule: String,
    /// Tuples.
    pub tuples: u64,
}

/// What the log says of one rule, whatever the spellings of its ACL: its name, its tuples, and who met it.
type Seen<'a> = Vec<(&'a str, u64, &'a MetBy)>;

/// `met` says of each rule of the log who met it.
pub(super) fn compare(summary: &Summary, met: &[MetBy], nsgs: &[Nsg]) -> RulesFile {
    // Of each NSG the rules of the log, by name in lower case.
    let mut seen: Vec<BTreeMap<String, Seen<'_>>> = nsgs.iter().map(|_| BTreeMap::new()).collect();
    let mut others: Vec<String> = Vec::new();
    let rows = summary.rules.rows().iter().zip(met);
    for (((acl, rule), counts), met) in rows.filter(|((_, counts), _)| counts.tuples > 0) {
        if !matches!(RuleClass::of(acl, rule), RuleClass::User | RuleClass::Default) {
            continue;
        }
        match nsgs.iter().position(|nsg| nsg.is_meant_by(acl)).and_then(|place| seen.get_mut(place)) {
            Some(rules) => {
                rules.entry(plain_rule(rule).to_lowercase()).or_default().push((rule, counts.tuples, met));
            }
            None => others.push(acl.to_lowercase()),
        }
    }
    others.sort_unstable();
    others.dedup();
    let overall = &summary.overall;
    let has = |states: &[State]| states.iter().any(|&state| overall.state(state) > 0);
    let (begins, denials) = (has(&[State::Begin, State::Allow]), has(&[State::Deny]));
    let mut file = RulesFile { other_nsgs: others.len() as u64, ..RulesFile::default() };
    if !denials {
        file.limits.push(RulesLimit::NoDenied);
    }
    if !begins {
        file.limits.push(RulesLimit::NoBegun);
    }
    for (nsg, seen) in nsgs.iter().zip(&seen) {
        let is_default = |rule: &&SecurityRule| rule.is_default;
        let own: Vec<&SecurityRule> = nsg.rules.iter().filter(|rule| !is_default(rule)).collect();
        let hits = |rule: &SecurityRule| seen.get(&rule.name.to_lowercase());
        file.nsgs.push(NsgRow {
            nsg: nsg.name.clone(),
            id: nsg.id.clone(),
            rules: own.len() as u64,
            hit: own.iter().filter(|rule| hits(rule).is_some()).count() as u64,
            in_data: !seen.is_empty(),
        });
        for rule in &own {
            match hits(rule) {
                Some(hits) if rule.allows => file.broad.extend(broad(summary, nsg, rule, hits)),
                Some(_) => {}
                // An NSG that is not in the log at all says nothing of its rules.
                None if seen.is_empty() => {}
                None => file.never_hit.push(NeverHitRow {
                    nsg: nsg.name.clone(),
                    rule: rule.name.clone(),
                    priority: rule.priority,
                    direction: rule.direction.letter(),
                    access: if rule.allows { "allow" } else { "deny" },
                    certain: if rule.allows { begins } else { denials },
                }),
            }
        }
        let known = |name: &str| nsg.rules.iter().any(|rule| rule.name.to_lowercase() == name);
        for (_, hits) in seen.iter().filter(|(name, _)| !known(name)) {
            // NSG logs and VNet logs may spell it differently: the first spelling of the alphabet.
            let Some(rule) = hits.iter().map(|(rule, ..)| *rule).min() else { continue };
            // Templates leave the default rules out: they are in no file and in every NSG.
            if RuleClass::of("", rule) != RuleClass::Default {
                let tuples = hits.iter().map(|(_, tuples, _)| tuples).sum();
                file.not_in_file.push(NotInFileRow { nsg: nsg.name.clone(), rule: rule.to_owned(), tuples });
            }
        }
    }
    file.nsgs.sort_by(|a, b| (&a.nsg, &a.id).cmp(&(&b.nsg, &b.id)));
    file.never_hit.sort_by(|a, b| {
        (&a.nsg, a.direction, a.priority, &a.rule).cmp(&(&b.nsg, b.direction, b.priority, &b.rule))
    });
    file.broad.sort_by(|a, b| (&a.nsg, &a.rule, a.field).cmp(&(&b.nsg, &b.rule, b.field)));
    file.not_in_file.sort_by(|a, b| (&a.nsg, &a.rule).cmp(&(&b.nsg, &b.rule)));
    file
}

/// In what an allowing rule is broader than what was seen.
fn broad(summary: &Summary, nsg: &Nsg, rule: &SecurityRule, hits: &Seen<'_>) -> Vec<BroadRow> {
    let tuples = hits.iter().map(|(_, tuples, _)| tuples).sum();
    let mut rows = Vec::new();
    let mut push = |field, allows: String, seen: Vec<String>| {
        let (nsg, rule) = (nsg.name.clone(), rule.name.clone());
        rows.push(BroadRow { nsg, rule, field, allows, seen, tuples });
    };
    // The near end is bounded by what the NSG is attached to; the far end only by the rule.
    let (field, far) = match rule.direction {
        Direction::Inbound => ("source", &rule.sources),
        Direction::Outbound => ("destination", &rule.destinations),
    };
    let ends = |met: &MetBy| match rule.direction {
        Direction::Inbound => met.sources.clone(),
        Direction::Outbound => met.destinations.clone(),
    };
    if far.iter().any(|end| is_broad(end))
        && let Some(ends) = few(hits, ends)
    {
        let addresses = ends.into_iter().filter_map(|host| summary.hosts.address(HostId(host)));
        let mut addresses: Vec<IpAddr> = addresses.collect();
        addresses.sort_unstable();
        push(field, far.join(","), addresses.iter().map(IpAddr::to_string).collect());
    }
    let ports = few(hits, |met| met.ports.clone()).unwrap_or_default();
    let mut ports: Vec<(u16, Protocol)> =
        ports.into_iter().map(port_of).map(|(protocol, port)| (port, protocol)).collect();
    ports.sort_unstable();
    if rule.port_count() >= MANY_PORTS && !ports.is_empty() {
        let ranges: Vec<String> = rule.ports.iter().map(|&range| range_text(range)).collect();
        let seen = ports.iter().map(|&(port, protocol)| format!("{port}/{}", name(protocol)));
        push("ports", ranges.join(","), seen.collect());
    }
    let protocols = few(hits, |met| met.protocols.clone()).unwrap_or_default();
    if let (None, [one]) = (rule.protocol, protocols.as_slice())
        && let Ok(one) = u8::try_from(*one)
    {
        push("protocol", "*".to_owned(), vec![name(Protocol(one))]);
    }
    rows
}

/// Those of all spellings of a rule together, if they are no more than [`FEW`].
fn few(hits: &Seen<'_>, of: impl Fn(&MetBy) -> Members) -> Option<Vec<u32>> {
    let mut all: Vec<u32> = Vec::new();
    for members in hits.iter().map(|(_, _, met)| of(met)) {
        if members.count > FEW as u64 {
            return None;
        }
        all.extend(members.few);
    }
    all.sort_unstable();
    all.dedup();
    (all.len() <= FEW).then_some(all)
}

/// Everybody, or so large a network that nobody meant every address of it.
fn is_broad(end: &str) -> bool {
    let word = matches!(end.to_ascii_lowercase().as_str(), "*" | "any" | "internet" | "azurecloud");
    word || end.contains('/')
        && end
            .parse()
            .is_ok_and(|network: Network| network.prefix() <= if network.is_ipv4() { 16 } else { 48 })
}

fn range_text((first, last): (u16, u16)) -> String {
    match (first, last) {
        (0, u16::MAX) => "*".to_owned(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

fn name(protocol: Protocol) -> String {
    protocol_name(protocol).map_or_else(|| protocol.to_string(), str::to_ascii_lowercase)
}
