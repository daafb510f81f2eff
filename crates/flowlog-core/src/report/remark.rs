//! What the data cannot tell: each remark is a value with its figures, and in one place its English words.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::finding::counted;

/// What a reader must know before any conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of each are in its `Display`
pub enum Remark {
    NoDenials,
    NoBegins,
    NoEnds,
    NoContinued,
    Gaps { logs: u64 },
    LateOrEarly { logs: u64 },
    EmptyHours { hours: u64 },
    LoggedTwice { nics: u64 },
    Stateless { connections: u64 },
    Untimed { tuples: u64 },
    Repeated { records: u64 },
}

/// In English.
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDenials => f.write_str(
                "no denials can be seen: the data holds no D rows (none happened, or the flow log leaves them out)",
            ),
            Self::NoBegins => f.write_str(
                "no begins can be seen: the data holds no B rows; incomplete connections, retries and beacons cannot be \
                 told",
            ),
            Self::NoEnds => {
                f.write_str("no ends can be seen: the data holds no E rows; every connection looks open")
            }
            Self::NoContinued => {
                f.write_str("the data holds no C rows: long connections are known only when they end")
            }
            Self::Gaps { logs } => write!(
                f,
                "{} no records for hours that lie between hours with records: idle, switched off, or blobs missing",
                counted(*logs, "NIC log has", "NIC logs have")
            ),
            Self::LateOrEarly { logs } => write!(
                f,
                "{} later than others or {} earlier",
                counted(*logs, "NIC log begins", "NIC logs begin"),
                if *logs == 1 { "ends" } else { "end" }
            ),
            Self::EmptyHours { hours } => write!(
                f,
                "{} within the period without a record of any NIC",
                counted(*hours, "hour", "hours")
            ),
            Self::LoggedTwice { nics } => write!(
                f,
                "{} in both VNet and NSG flow logs: what both tell of counts once, except NSG version 1 rows",
                counted(*nics, "NIC is", "NICs are")
            ),
            Self::Stateless { connections } => write!(
                f,
                "{} in by NSGs' own inbound TCP rules without end and bytes: so NSG flow logs version 2 write them while \
                 the virtual network has no FlowTimeoutInMinutes; whether they were answered is not known",
                counted(*connections, "connection was let", "connections were let")
            ),
            Self::Untimed { tuples } => write!(
                f,
                "{} in records without a time between 1970 and 9999: they are counted, but belong to no hour",
                counted(*tuples, "tuple is", "tuples are")
            ),
            Self::Repeated { records } => write!(
                f,
                "{} passed over: other files hold the same",
                counted(*records, "record", "records")
            ),
        }
    }
}

/// What cannot be told of rules as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of each are in its `Display`
pub enum RulesLimit {
    NoDenied,
    NoBegun,
}

/// In English.
impl fmt::Display for RulesLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDenied => {
                "The data holds no denied (D) rows: whether a rule that denies was hit cannot be told."
            }
            Self::NoBegun => {
                "The data holds no begun (B) rows: a rule that allows shows only in connections that went on or ended."
            }
        })
    }
}

impl Serialize for RulesLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Remark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
