//! The report's sections: each has a name, a room of its own, and a count by which a short report tells of it.

mod addresses;
mod admin;
mod classes;
mod configured;
mod connections;
mod conversations;
mod coverage;
mod denied;
mod denied_sources;
mod destinations;
mod directions;
mod encryption;
mod files;
mod findings;
mod high_volume;
mod hosts;
mod incomplete;
mod low_payload;
mod one_way;
mod port_scans;
mod ports;
mod protocols;
mod quality;
mod retries;
mod rules;
mod shares;
mod sources;
mod states;
mod subnets;
mod summary;
mod unusual_ports;

use clap::ValueEnum;
use flowlog_core::report::Report;

use super::page::{Page, Tone};
use crate::render::graphs;
use crate::words::say;

/// A section of the report, by the name that `--section` takes.
// No documentation of each: it would be a screen of the help, and the names say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Section {
    Summary,
    Quality,
    Findings,
    Coverage,
    Files,
    Connections,
    Protocols,
    States,
    Directions,
    Encryption,
    Subnets,
    Classes,
    Sources,
    Destinations,
    Ports,
    Rules,
    Admin,
    Configured,
    Incomplete,
    Denied,
    LowPayload,
    Retries,
    OneWay,
    HighVolume,
    UnusualPorts,
    DeniedSources,
    PortScans,
    Addresses,
    Charts,
}

/// What a section is made of.
struct Room {
    /// Heading of the part of the report it stands in; sections without one have their own.
    part: &'static str,
    write: fn(&mut Page, &Report),
    /// How much there is of it; nothing where that is no number.
    count: fn(&Report) -> Option<u64>,
}

impl Section {
    fn room(self) -> Room {
        let room = |part, write, count| Room { part, write, count };
        match self {
            Self::Summary => room("", summary::write, |_| None),
            Self::Quality => room("", quality::write, |_| None),
            Self::Findings => room("", findings::write, |report| {
                report.findings.as_ref().map(|found| found.findings.len() as u64)
            }),
            Self::Coverage => {
                room("Input", coverage::write, |report| Some(report.coverage.logs.len() as u64))
            }
            Self::Files => room("Input", files::write, |report| Some(report.files.len())),
            Self::Configured => room("", configured::write, |report| {
                report.rules_file.as_ref().map(|file| file.never_hit.len() as u64)
            }),
            Self::Addresses => room("Addresses asked for", addresses::write, |report| {
                Some(report.specific_ips.len() as u64).filter(|count| *count > 0)
            }),
            Self::Charts => room("Charts", graphs::all, |_| None),
            traffic => traffic.traffic_room().unwrap_or_else(|| self.problem_room()),
        }
    }

    fn traffic_room(self) -> Option<Room> {
        let room = |write, count| Some(Room { part: "Traffic", write, count });
        match self {
            Self::Connections => room(connections::write, |report| Some(report.connections.total)),
            Self::Protocols => room(protocols::write, |report| Some(report.protocols.len() as u64)),
            Self::States => room(states::write, |report| {
                Some(report.states.values().filter(|tuples| **tuples > 0).count() as u64)
            }),
            Self::Directions => room(directions::write, |report| {
                Some(report.directions.values().filter(|tuples| **tuples > 0).count() as u64)
            }),
            Self::Encryption => room(encryption::write, |report| Some(report.encryption.len() as u64)),
            Self::Subnets => room(subnets::write, |report| Some(report.encryption_pairs.len() as u64)),
            Self::Classes => room(classes::write, |report| Some(report.classes.len() as u64)),
            Self::Sources => room(sources::write, |report| Some(report.totals.unique_sources)),
            Self::Destinations => room(destinations::write, |report| Some(report.totals.unique_destinations)),
            // Only the first of them are known by name.
            Self::Ports => room(ports::write, |report| Some(report.top_ports.len() as u64)),
            Self::Rules => room(rules::write, |report| Some(report.rules.len() as u64)),
            Self::Admin => room(admin::write, |report| Some(report.admin_access.len() as u64)),
            _ => None,
        }
    }

    fn problem_room(self) -> Room {
        let problem = |write, count| Room { part: "Problem connections", write, count };
        let anomaly = |write, count| Room { part: "Anomalies", write, count };
        match self {
            Self::Incomplete => problem(incomplete::write, |report| Some(report.problem_counts.incomplete)),
            Self::Denied => problem(denied::write, |report| Some(report.problem_counts.denied)),
            Self::LowPayload => problem(low_payload::write, |report| Some(report.problem_counts.low_payload)),
            Self::Retries => problem(retries::write, |report| Some(report.problem_counts.retries)),
            Self::OneWay => problem(one_way::write, |report| Some(report.problem_counts.one_way)),
            Self::HighVolume => anomaly(high_volume::write, |report| Some(report.problem_counts.high_volume)),
            Self::UnusualPorts => {
                anomaly(unusual_ports::write, |report| Some(report.problem_counts.unusual_ports))
            }
            Self::DeniedSources => {
                anomaly(denied_sources::write, |report| Some(report.problem_counts.denied_sources))
            }
            _ => anomaly(port_scans::write, |report| Some(report.problem_counts.port_scans)),
        }
    }

    /// The name that `--section` takes.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// How much there is of it, if that is a number.
    pub(super) fn count(self, report: &Report) -> Option<u64> {
        (self.room().count)(report)
    }

    /// The state whose rows it lives on, if there are none of them and so nothing can be told.
    pub(super) fn blind(self, report: &Report) -> Option<char> {
        let state = match self {
            Self::Denied | Self::DeniedSources => 'D',
            Self::Incomplete | Self::Retries => 'B',
            _ => return None,
        };
        let nothing = self.count(report) == Some(0);
        (nothing && report.coverage.missing_states.contains(&state)).then_some(state)
    }

    /// Writes it where it was asked for by name.
    pub(super) fn write(self, page: &mut Page, report: &Report) {
        let missing = match self {
            Self::Findings if report.findings.is_none() => Some("not looked for (--no-findings)"),
            Self::Configured if report.rules_file.is_none() => Some("no rules as configured (--rules FILE)"),
            Self::Addresses if report.specific_ips.is_empty() => Some("none asked for (--specific-ips)"),
            _ => None,
        };
        match missing {
            Some(why) => {
                let name = self.name();
                page.section(&name, "");
                page.line(page.lang().say(why), 2, Tone::Plain);
            }
            None => (self.room().write)(page, report),
        }
    }
}

/// Writes every section in the order of the report, below the headings of its parts.
pub(super) fn all(page: &mut Page, report: &Report) {
    let empty = report.totals.tuples == 0;
    let mut part = "";
    for section in Section::value_variants() {
        let room = section.room();
        let shown = match section {
            Section::Addresses => !report.specific_ips.is_empty(),
            Section::Charts => page.style.graphs,
            _ => true,
        };
        let readable = matches!(section, Section::Summary | Section::Quality) || room.part == "Input";
        if !shown || (empty && !readable) {
            continue;
        }
        if room.part != part && !room.part.is_empty() && !empty {
            page.group(room.part);
        }
        part = room.part;
        (room.write)(page, report);
    }
    if empty {
        nothing(page);
    }
}

/// What is said when no flow was read.
pub(super) fn nothing(page: &mut Page) {
    page.blank();
    page.line(say!(page.lang(), "No flow was read: there is nothing more to report"), 0, Tone::Warn);
}
