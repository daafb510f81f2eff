//! What a finding concerns, and findings of one concern as one line.

use std::collections::HashMap;
use std::fmt;

use super::words::{counted, list};
use super::{Finding, Severity};
use crate::text::{bytes, count};

/// Subjects that are named; the others are counted.
const NAMED: usize = 2;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the words of each are in `Concern::line`
pub enum Deed {
    PortScan,
    Sweep,
    PingSweep,
    SlowScan,
    ScanAnswered,
    ScanLetThrough,
    /// With the service, empty if there are several.
    Guessing(&'static str),
    ScheduledLogin,
    Exposed,
    Lateral,
    Beacon,
    Poller,
    Strobe,
    Long,
    Upload,
    Flooded,
    Flood,
    DnsBypass,
    DnsTunnel,
    Cleartext,
    Unencrypted,
    Dropped,
    DeniedOutbound,
    LogGap,
    ThreatCalled,
    ThreatLetIn,
    ThreatDenied,
    ThreatKeptOut,
}

/// What something is done to, or with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// The deed says everything.
    Nothing,
    /// A host, a service, a list of threats.
    Name(String),
    /// So many hosts.
    Hosts(u64),
    /// So many ports.
    Ports(u64),
    /// These ports.
    NamedPorts(Vec<u16>),
    /// So many services.
    Services(u64),
}

impl From<String> for Object {
    fn from(name: String) -> Self {
        if name.is_empty() { Self::Nothing } else { Self::Name(name) }
    }
}

impl From<&str> for Object {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

/// In English.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Name(name) => f.write_str(name),
            Self::Hosts(number) => f.write_str(&counted(*number, "host", "hosts")),
            Self::Ports(number) => write!(f, "{number} ports"),
            Self::Services(number) => f.write_str(&counted(*number, "service", "services")),
            Self::NamedPorts(ports) => {
                let named: Vec<String> = ports.iter().map(u16::to_string).collect();
                write!(f, "{} {}", if ports.len() == 1 { "port" } else { "ports" }, list(&named))
            }
        }
    }
}

/// Who or what differs among findings of one concern: hosts as a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// How many there are.
    pub total: u64,
    /// The first of them, in order.
    pub named: Vec<String>,
}

impl Subjects {
    /// One.
    pub fn one(name: impl Into<String>) -> Self {
        Self { total: 1, named: vec![name.into()] }
    }

    /// Several, each named once.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let (mut named, mut total) = (Vec::new(), 0);
        for name in names {
            total += 1;
            if named.len() < NAMED {
                named.push(name);
            }
        }
        Self { total, named }
    }

    fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.named.extend(other.named.iter().take(NAMED.saturating_sub(self.named.len())).cloned());
    }

    fn words(&self, many: &str) -> String {
        match self.named.as_slice() {
            [one] if self.total == 1 => one.clone(),
            [one, other] if self.total == 2 => format!("{one} and {other}"),
            _ => format!("{} {many}", count(self.total)),
        }
    }
}

/// What a finding concerns: findings of the same severity, deed and object are told in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// What is done.
    pub deed: Deed,
    /// What it is done to, or with: a host, a service, a port; empty where the deed says everything.
    pub object: Object,
    /// Who does it, or to whom it happens.
    pub subjects: Subjects,
    /// How much: of what, the deed says. 0 where it counts nothing.
    pub amount: u64,
}

impl Concern {
    pub(super) fn new(deed: Deed, subject: &str, object: impl Into<Object>, amount: u64) -> Self {
        Self { deed, object: object.into(), subjects: Subjects::one(subject), amount }
    }

    /// One line, without a number that the group cannot have.
    pub fn line(&self) -> String {
        let (object, amount, many) = (&self.object, self.amount, self.subjects.total > 1);
        let verb = |one: &'static str, several: &'static str| if many { several } else { one };
        let who = |noun: &str| self.subjects.words(noun);
        let hosts = who("hosts");
        match self.deed {
            Deed::PortScan if many => format!("{hosts} scan the ports of {object}"),
            Deed::PortScan => format!("{hosts} scans {} ports of {object}", count(amount)),
            Deed::Sweep if many => format!("{hosts} try {object} of many hosts"),
            Deed::Sweep => format!("{hosts} tries {object} of {} hosts", count(amount)),
            Deed::PingSweep if many => format!("{hosts} ping many hosts"),
            Deed::PingSweep => format!("{hosts} pings {} hosts", count(amount)),
            Deed::SlowScan => format!("{hosts} {} at one new host after another", verb("fails", "fail")),
            Deed::ScanAnswered => format!("{hosts} scanned {object} and got an answer"),
            Deed::ScanLetThrough => format!("{hosts} scanned {object} and got through"),
            Deed::Guessing(service) => {
                let blank = if service.is_empty() { "" } else { " " };
                let verb = verb("guesses", "guess");
                format!("{} {verb} {service}{blank}passwords at {object}", who("sources"))
            }
            Deed::ScheduledLogin => {
                format!("{} {} in to {object} by the clock", who("sources"), verb("logs", "log"))
            }
            Deed::Exposed => format!("the internet reaches {object} of {hosts}"),
            Deed::Lateral if many => format!("{hosts} log in to many hosts for the first time"),
            Deed::Lateral => format!("{hosts} logs in to {} hosts for the first time", count(amount)),
            Deed::Beacon => format!("{hosts} {} {object} by the clock", verb("calls", "call")),
            Deed::Poller => format!("{hosts} {} many hosts by the clock", verb("calls", "call")),
            Deed::Strobe => format!("{hosts} {} to {object} without pause", verb("connects", "connect")),
            Deed::Long if many => format!("{hosts} stay connected to {object} for hours"),
            Deed::Long => {
                format!("{hosts} stays connected to {object} for {}", counted(amount, "hour", "hours"))
            }
            Deed::Upload => format!("{hosts} sent {} to {object}", bytes(amount)),
            Deed::Flooded => format!("{} connections within minutes to {hosts}", count(amount)),
            Deed::Flood => {
                format!("{hosts} {} {object} {} times in vain", verb("tries", "try"), count(amount))
            }
            Deed::DnsBypass => format!("{hosts} {} names up past the own resolver", verb("looks", "look")),
            Deed::DnsTunnel => format!("{hosts} {} much data as name look-ups", verb("sends", "send")),
            Deed::Cleartext => {
                format!(
                    "{object}: passwords in clear in {}",
                    counted(amount, "conversation", "conversations")
                )
            }
            Deed::Unencrypted => format!(
                "{} unencrypted although encryption is on",
                counted(amount, "conversation", "conversations")
            ),
            Deed::Dropped => {
                format!("{} dropped for want of encryption", counted(amount, "conversation", "conversations"))
            }
            Deed::DeniedOutbound => format!(
                "{hosts} {} denied {} to the internet",
                verb("was", "were"),
                counted(amount, "packet", "packets")
            ),
            Deed::ThreatCalled => {
                format!("{hosts} on list {object} {} called: {}", verb("was", "were"), bytes(amount))
            }
            Deed::ThreatLetIn => {
                format!("{hosts} on list {object} {} let in: {}", verb("was", "were"), bytes(amount))
            }
            Deed::ThreatDenied => {
                format!("{} denied to {hosts} on list {object}", counted(amount, "packet", "packets"))
            }
            Deed::ThreatKeptOut => {
                format!("{hosts} on list {object} {} kept out", verb("was", "were"))
            }
            Deed::LogGap => {
                format!("{}: {} without a flow-log record", who("NICs"), counted(amount, "hour", "hours"))
            }
        }
    }
}

/// Findings of one severity and concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Of each of them.
    pub severity: Severity,
    /// The detector.
    pub rule: &'static str,
    /// What they concern, all of them together.
    pub concern: Concern,
    /// First and last evidence of any, Unix ms UTC, as far as it is known.
    pub times: Option<(i64, i64)>,
    /// How many findings they are.
    pub findings: u64,
}

/// Findings that concern the same, together, in the order of the first of each.
pub fn groups(findings: &[Finding]) -> Vec<Group> {
    let mut places = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for finding in findings {
        let key = (finding.severity, finding.concern.deed, &finding.concern.object);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.add(finding),
            None => groups.push(Group::of(finding)),
        }
    }
    groups
}

impl Group {
    fn of(finding: &Finding) -> Self {
        Self {
            severity: finding.severity,
            rule: finding.rule,
            concern: finding.concern.clone(),
            times: finding.times(),
            findings: 1,
        }
    }

    fn add(&mut self, finding: &Finding) {
        self.findings += 1;
        self.concern.subjects.add(&finding.concern.subjects);
        self.concern.amount = self.concern.amount.saturating_add(finding.concern.amount);
        self.times = match (self.times, finding.times()) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (known, other) => known.or(other),
        };
    }
}

/// The service that people call by this name, of those one can log in to.
pub(super) fn service(port: u16) -> &'static str {
    match port {
        21 => "FTP",
        22 => "SSH",
        23 => "Telnet",
        110 => "POP3",
        135 => "RPC",
        139 | 445 => "SMB",
        143 => "IMAP",
        389 => "LDAP",
        1433 => "SQL Server",
        1521 => "Oracle",
        3306 => "MySQL",
        3389 => "RDP",
        5432 => "PostgreSQL",
        5900 => "VNC",
        5985 | 5986 => "WinRM",
        6379 => "Redis",
        27_017 => "MongoDB",
        _ => "",
    }
}
