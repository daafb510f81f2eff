//! What a row of evidence says behind its number, and what to do next: values, and in one place their English words.

use std::fmt;

use serde::{Serialize, Serializer};

use super::words::duration;
use crate::text::bytes;

/// What else is to be said of a row of evidence: it follows number and unit. Durations are in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)] // the words of each are in its `Display`
pub enum Note {
    /// Nothing.
    #[default]
    None,
    FailedWithin {
        burst: u64,
        seconds: i64,
    },
    FailedOnPort {
        burst: u64,
        seconds: i64,
    },
    PingedWithin {
        seconds: i64,
        unanswered: u64,
    },
    CameBack {
        bytes: u64,
    },
    LetThroughUntold,
    WithoutRecord {
        before: u64,
        after: u64,
    },
    Denied,
    BothWays,
    InAll,
    Sent,
    SentBytes {
        bytes: u64,
    },
    WithAnAnswer,
    InThatHour,
    ASecond {
        rate: f64,
    },
    LongestHours {
        hours: f64,
    },
    Judged {
        mostly_failed: bool,
    },
    OfLikeSize {
        densest: u64,
        login_after: bool,
    },
}

impl Note {
    /// There is nothing to be said.
    pub fn is_empty(&self) -> bool {
        *self == Self::None
    }
}

/// In English; nothing if there is nothing.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::FailedWithin { burst, seconds } => {
                write!(f, "failed, {burst} of them within {}", duration(*seconds))
            }
            Self::FailedOnPort { burst, seconds } => {
                write!(f, "failed on this port, {burst} of them within {}", duration(*seconds))
            }
            Self::PingedWithin { seconds, unanswered } => {
                write!(f, "pinged within {}, {unanswered} of them without an answer", duration(*seconds))
            }
            Self::CameBack { bytes: back } => write!(f, "let through, {} came back", bytes(*back)),
            Self::LetThroughUntold => f.write_str("let through, with no word of an answer"),
            Self::WithoutRecord { before, after } => {
                write!(f, "without a record; {before} tuples in the hour before, {after} in the hour after")
            }
            Self::Denied => f.write_str("denied"),
            Self::BothWays => f.write_str("both ways"),
            Self::InAll => f.write_str("in all"),
            Self::Sent => f.write_str("sent"),
            Self::SentBytes { bytes: sent } => write!(f, "sent, {}", bytes(*sent)),
            Self::WithAnAnswer => f.write_str("with an answer"),
            Self::InThatHour => f.write_str("in that hour"),
            Self::ASecond { rate } => write!(f, "at {rate:.1} a second"),
            Self::LongestHours { hours } => {
                write!(f, "open for hours, the longest for {hours:.1} h or more")
            }
            Self::Judged { mostly_failed } => {
                write!(f, "judged{}", if *mostly_failed { ", most of them failed" } else { "" })
            }
            Self::OfLikeSize { densest, login_after } => write!(
                f,
                "of like size, {densest} in the densest window{}",
                if *login_after { ", and a login after them" } else { "" }
            ),
        }
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of each are in `words`
pub enum NextStep {
    AllowOrRemove,
    AllowOwnResolvers,
    AskWhoRanWhat,
    CloseAdminPort,
    CloseAnsweringPort,
    ClosePortToSources,
    FindBeacon,
    FindPoller,
    IsolateUnowned,
    LookAddressUp,
    LookAtLogins,
    LookAtSizes,
    LookForHours,
    MoveToTls,
    NothingToDo,
    SeeWhetherServed,
    StopRetryLoop,
    WhatOpensThese,
    WhoRunsDestination,
    WhoRunsOtherEnd,
    WhoScanned,
    WhoSwept,
}

impl NextStep {
    /// In English.
    pub fn words(self) -> &'static str {
        match self {
            Self::AllowOrRemove => "Find the program on the source: allow it, or remove it.",
            Self::AllowOwnResolvers => {
                "Allow port 53 to the own resolvers only; look at the names asked for if the resolver logs them."
            }
            Self::AskWhoRanWhat => {
                "Ask who ran what on the source in that hour; look at the targets' login records."
            }
            Self::CloseAdminPort => {
                "Close the port to the internet (Azure Bastion, VPN, just-in-time access), then check the sources."
            }
            Self::CloseAnsweringPort => {
                "Close the answering port to the internet, or look at the service's log for this source."
            }
            Self::ClosePortToSources => {
                "Close the port to the internet, or look at the service's log for these sources."
            }
            Self::FindBeacon => {
                "Find the program on the source that opens these connections, and who runs the destination."
            }
            Self::FindPoller => {
                "Find the program on the source that opens these connections; suppress the finding if it is meant to."
            }
            Self::IsolateUnowned => "Find the program on the source; isolate the host if nobody owns it.",
            Self::LookAddressUp => {
                "Look the address up where the list comes from, and find the program on the own host that spoke with it."
            }
            Self::LookAtLogins => {
                "Look at the service's own log for failed and successful logins of these sources; close the port to them."
            }
            Self::LookAtSizes => {
                "Look at the virtual machine sizes of both ends: not all support virtual network encryption."
            }
            Self::LookForHours => {
                "Look for the hours in the container; then in the activity log for changes of the flow log and of the machine."
            }
            Self::MoveToTls => "Move the clients to the protocol's TLS port.",
            Self::NothingToDo => "None, as long as nothing of the list is let in.",
            Self::SeeWhetherServed => {
                "See whether the service kept answering; if the sources are public, think of DDoS protection."
            }
            Self::StopRetryLoop => {
                "Find the program on the source; a client in a retry loop costs ports and money."
            }
            Self::WhatOpensThese => {
                "Look at what on the source opens these connections, and whether the targets ever existed."
            }
            Self::WhoRunsDestination => "Find out who runs the destination and which data the source holds.",
            Self::WhoRunsOtherEnd => {
                "Find out who runs the other end and which program keeps the connection."
            }
            Self::WhoScanned => {
                "Find out which program on the source did it; isolate the host if nobody owns the scan."
            }
            Self::WhoSwept => {
                "Find out which program on the source did it; isolate the host if nobody owns the sweep."
            }
        }
    }
}

impl Serialize for NextStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}
