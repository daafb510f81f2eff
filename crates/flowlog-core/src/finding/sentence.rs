//! Why a finding was raised, in sentences of which each is a value: its figures, and in one place its English words.
//!
//! Detectors say which sentence with which figures; who shows findings says it in the reader's language.

use std::fmt;

use serde::{Serialize, Serializer};

use super::words::{counted, duration, were};
use crate::text::{bytes, count};

/// Why a finding was raised: the numbers and the thresholds they passed, and what speaks against it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reason(pub Vec<Sentence>);

/// Its sentences in English.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, sentence) in self.0.iter().enumerate() {
            write!(f, "{}{sentence}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One sentence of a reason. Durations are in seconds, shares in per cent.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the words of each are in its `Display`
pub enum Sentence {
    ThreatLetOut {
        connections: u64,
        several: bool,
        answered: bool,
    },
    ThreatLetIn {
        connections: u64,
        several: bool,
        answered: bool,
    },
    ThreatDeniedOut {
        packets: u64,
        several: bool,
    },
    ThreatLists,
    ThreatKeptOut {
        packets: u64,
    },
    PortsOfOneHost {
        limit: u64,
        window: i64,
        most: u64,
    },
    VulnerabilityScanners,
    PayloadBack {
        failed: u64,
        least: u64,
        public: u64,
    },
    LetThroughAfterScan {
        least: u64,
    },
    FateNotLogged,
    AnsweredAdmin {
        addresses: u64,
    },
    ConnectionsASecond {
        least: f64,
    },
    ProxiesDoTheSame,
    OpenForHours {
        low: f64,
        medium: f64,
        host: String,
        rare: bool,
    },
    LongByNature,
    UploadOutOfLine {
        times: f64,
        hosts: u64,
        usual_bytes: u64,
        score: f64,
        limit: f64,
    },
    BackupsLookTheSame,
    UsualOfHost {
        connections: u64,
    },
    GotNoAnswer {
        percent: f64,
        as_in_syn_flood: bool,
    },
    TooYoung {
        connections: u64,
    },
    LoadTestsLookTheSame,
    TriedInVain {
        limit: u64,
    },
    LookUpsAnswered,
    LookUpsLarge {
        packets: u64,
        bytes: u64,
    },
    OwnForwarder,
    PasswordsInClear,
    OneEndCannotEncrypt,
    DroppedUnencrypted,
    BusyAround {
        logs: u64,
    },
    GapsLookTheSame,
    DeniedOnTheWayOut {
        packets: u64,
    },
    DeniedOutboundCauses,
    NewLogins {
        hosts: u64,
        times_usual: f64,
        usual: u64,
    },
    FirstHours,
    RolloutsDoThis,
    ContactsOfAScanner {
        percent: f64,
        failed: u64,
    },
    DeadTargets {
        hosts: u64,
    },
    OutdatedList,
    HostsOfOnePort {
        limit: u64,
        window: i64,
        percent: f64,
    },
    HostsPinged {
        limit: u64,
        window: i64,
        percent: f64,
    },
    InventoryDoesTheSame,
    /// Each from 0 to 1; spread over the whole time, or over the connections told of before.
    Regular {
        times: f64,
        sizes: f64,
        spread: f64,
        duration: f64,
        whole: bool,
    },
    DataCover {
        seconds: i64,
    },
    ConnectionsWithin {
        connections: u64,
        seconds: i64,
    },
    ShapeOfGaps {
        connections: u64,
        seconds: i64,
        shape: f64,
        limit: f64,
    },
    UsersOfDestination {
        users: u64,
        hosts: u64,
    },
    UpdatesLookTheSame,
    ManyDestinations {
        limit: u64,
    },
    SessionsOfOneSource {
        limit: u64,
    },
    WorstSource {
        host: String,
        attempts: u64,
        densest: u64,
    },
    LongSessionAfter {
        host: String,
        more: u64,
    },
    HealthChecks,
    SessionsFromInside {
        people: u64,
        services: u64,
        patient: u64,
        most: u64,
    },
    LongerSessionFollowed,
    ProviderUnknown,
    ProviderVendor(&'static str),
    ProviderRented(&'static str),
}

/// In English.
impl fmt::Display for Sentence {
    #[allow(clippy::too_many_lines)] // a table
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = |number: u64| counted(number, "connection", "connections");
        let fate = |answered: bool| if answered { "and answered" } else { "and got no answer that is known" };
        let it = |several: bool| if several { "them" } else { "it" };
        match self {
            Self::ThreatLetOut { connections: number, several, answered } => {
                let (all, it, were) = (connections(*number), it(*several), were(*number));
                write!(f, "{all} to {it} {were} let out {}.", fate(*answered))
            }
            Self::ThreatLetIn { connections: number, several, answered } => {
                let (all, it, were) = (connections(*number), it(*several), were(*number));
                write!(f, "{all} from {it} {were} let in {}.", fate(*answered))
            }
            Self::ThreatDeniedOut { packets, several } => write!(
                f,
                "{} to {} {} denied: something on the inside wants to go there.",
                counted(*packets, "packet", "packets"),
                it(*several),
                were(*packets)
            ),
            Self::ThreatLists => f.write_str(
                "Lists hold addresses that many rent one after the other, shared hosts and researchers' scanners, too: \
                 what the list says of the address, and of when, decides.",
            ),
            Self::ThreatKeptOut { packets } => write!(
                f,
                "{} from there {} denied on the way in: the rules do what they should.",
                counted(*packets, "packet", "packets"),
                were(*packets)
            ),
            Self::PortsOfOneHost { limit, window, most } => write!(
                f,
                "{limit} or more distinct ports of one host were denied, refused or unanswered within {}; here up to \
                 {most}.",
                duration(*window)
            ),
            Self::VulnerabilityScanners => {
                f.write_str("Vulnerability scanners and monitoring do the same on purpose.")
            }
            Self::PayloadBack { failed, least, public } => write!(
                f,
                "It failed on {failed} pairs of host and port ({least} make a scan) and got payload back from a service \
                 that fewer than {public} public addresses use."
            ),
            Self::LetThroughAfterScan { least } => write!(
                f,
                "Each failed on {least} or more pairs of host and port, and a rule let it through here."
            ),
            Self::FateNotLogged => f.write_str(
                "The log does not say whether it was answered: NSG flow logs version 1, and stateless rules, have \
                 neither ends nor bytes.",
            ),
            Self::AnsweredAdmin { addresses } => write!(
                f,
                "{addresses} public {} got an answer with payload from a port that administers machines or data.",
                if *addresses == 1 { "address" } else { "addresses" }
            ),
            Self::ConnectionsASecond { least } => {
                write!(f, "At least {least} a second on average over the whole data.")
            }
            Self::ProxiesDoTheSame => {
                f.write_str("Proxies and busy services without connection pools do the same.")
            }
            Self::OpenForHours { low, medium, host, rare } => write!(
                f,
                "{low} hours or longer; medium from {medium} hours if no other own host talks to {host}, as {}.",
                if *rare { "here" } else { "others do here" }
            ),
            Self::LongByNature => {
                f.write_str("Message buses, remote desktops and tunnels are long by nature.")
            }
            Self::UploadOutOfLine { times, hosts, usual_bytes, score, limit } => write!(
                f,
                "{times} times what came back; the usual largest upload of the {hosts} hosts that talk to the internet \
                 is {} (modified z-score {score:.1}, limit {limit}).",
                bytes(*usual_bytes)
            ),
            Self::BackupsLookTheSame => f.write_str("Backups and media uploads look the same."),
            Self::UsualOfHost { connections } => write!(f, "Usual for this host: {}.", count(*connections)),
            Self::GotNoAnswer { percent, as_in_syn_flood } => write!(
                f,
                "{percent} % of those whose fate is known got no answer{}.",
                if *as_in_syn_flood { ", as in a SYN flood" } else { "" }
            ),
            Self::TooYoung { connections } => {
                write!(f, "{} were too young at the end of the log to be judged.", count(*connections))
            }
            Self::LoadTestsLookTheSame => f.write_str(
                "Load tests and a service back after an outage look the same, but are answered.",
            ),
            Self::TriedInVain { limit } => write!(
                f,
                "{limit} or more connections and packets to one host of the internet were denied, refused or unanswered \
                 within five minutes: an attack that goes out, or a client that tries again without a pause."
            ),
            Self::LookUpsAnswered => f.write_str("Answered traffic to port 53 or 853 in the internet."),
            Self::LookUpsLarge { packets, bytes } => write!(
                f,
                "Medium if a resolver got {packets} packets or more of {bytes} bytes or more on average: names that \
                 long carry data."
            ),
            Self::OwnForwarder => f.write_str("An own DNS server that forwards is meant to do so."),
            Self::PasswordsInClear => f.write_str(
                "The protocol sends passwords in clear unless it switches to TLS, which flow logs cannot show.",
            ),
            Self::OneEndCannotEncrypt => f.write_str(
                "The log says NX_FALLBACK or NX_HW_NOT_SUPPORTED: virtual network encryption is on, but one end cannot \
                 take part.",
            ),
            Self::DroppedUnencrypted => f.write_str(
                "The log says NX_SW_NOT_READY, NX_NOT_ACCEPTED or NX_NOT_SUPPORTED: the packets were dropped, by no \
                 rule.",
            ),
            Self::BusyAround { logs } => write!(
                f,
                "The flow log was busy before and after ({}).",
                counted(*logs, "NIC log", "NIC logs")
            ),
            Self::GapsLookTheSame => f.write_str(
                "A machine that was switched off, a blob that was not downloaded or has expired, or logging that \
                 somebody switched off look the same here.",
            ),
            Self::DeniedOnTheWayOut { packets } => {
                write!(f, "{packets} packets were denied on the way out.")
            }
            Self::DeniedOutboundCauses => {
                f.write_str("A wrong rule, a program nobody told of the rule, or unwanted software.")
            }
            Self::NewLogins { hosts, times_usual, usual } => write!(
                f,
                "Sessions over SSH, RPC, SMB, RDP or WinRM to {hosts} or more internal hosts not seen with it before, \
                 and {times_usual} times its usual hour ({usual})."
            ),
            Self::FirstHours => f.write_str(
                "It stands in the first hours of the data, so nothing tells whether it is new.",
            ),
            Self::RolloutsDoThis => f.write_str("Management servers and roll-outs do this on purpose."),
            Self::ContactsOfAScanner { percent, failed } => write!(
                f,
                "The first contacts of this host, in order, are those of a scanner rather than of an ordinary host \
                 (sequential test, {percent:.0} % sure), and {failed} or more failed."
            ),
            Self::DeadTargets { hosts } => {
                write!(f, "Targets that {hosts} or more hosts fail to reach are left out.")
            }
            Self::OutdatedList => f.write_str("An outdated list of servers looks the same."),
            Self::HostsOfOnePort { limit, window, percent } => write!(
                f,
                "{limit} or more hosts were denied, refused or unanswered on one port within {}, and at least \
                 {percent:.0} % of the first contacts in that time failed.",
                duration(*window)
            ),
            Self::HostsPinged { limit, window, percent } => write!(
                f,
                "{limit} or more hosts were pinged once or twice, and never else, within {}, {percent:.0} % or more in \
                 vain.",
                duration(*window)
            ),
            Self::InventoryDoesTheSame => f.write_str("Inventory and monitoring do the same on purpose."),
            Self::Regular { times, sizes, spread, duration, whole } => write!(
                f,
                "Regular intervals {times:.2}, like sizes {sizes:.2}, even spread over {} {spread:.2}, duration \
                 {duration:.2} (each 0 to 1).",
                if *whole { "time" } else { "these" }
            ),
            Self::DataCover { seconds } => {
                write!(f, "The data cover {}: less than a day says less.", duration(*seconds))
            }
            Self::ConnectionsWithin { connections, seconds } => {
                write!(f, "{connections} connections within {}.", duration(*seconds))
            }
            Self::ShapeOfGaps { connections, seconds, shape, limit } => write!(
                f,
                "The gaps between {connections} connections within {} have shape {shape:.1}: chance has 1, a clock with \
                 jitter {limit} or more.",
                duration(*seconds)
            ),
            Self::UsersOfDestination { users, hosts } => {
                write!(f, "{users} of {hosts} hosts use the destination.")
            }
            Self::UpdatesLookTheSame => f.write_str("Updates, monitoring and polling look the same."),
            Self::ManyDestinations { limit } => write!(
                f,
                "{limit} or more destinations of one host are what a monitor, a crawler or a mail server has: malware \
                 calls one or few."
            ),
            Self::SessionsOfOneSource { limit } => write!(
                f,
                "{limit} or more answered sessions of one source in 30 minutes, short and of nearly the same size."
            ),
            Self::WorstSource { host, attempts, densest } => write!(
                f,
                "The worst is {host} with {} attempts, {} of them in 30 minutes.",
                count(*attempts),
                count(*densest)
            ),
            Self::LongSessionAfter { host, more } => {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                write!(
                    f,
                    "After that, a session lasted longer than a login may stand idle, or was much larger, of \
                     {host}{more}: the password may be known."
                )
            }
            Self::HealthChecks => f.write_str("Health checks and scripts that log in often look alike."),
            Self::SessionsFromInside { people, services, patient, most } => write!(
                f,
                "{people} or more answered sessions in 5 minutes ({services} at services that programs use) or \
                 {patient} in 30, short and of nearly the same size; here up to {most}."
            ),
            Self::LongerSessionFollowed => f.write_str("A longer or much larger session followed."),
            Self::ProviderUnknown => f.write_str("Nothing is known of who runs the destination."),
            Self::ProviderVendor(name) => write!(
                f,
                "The destination is of {name}, whose services are often talked to so: severity lowered."
            ),
            Self::ProviderRented(name) => {
                write!(f, "The destination is of {name}, where anyone can rent a server.")
            }
        }
    }
}
