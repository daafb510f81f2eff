//! What a comparison cannot tell: each caveat is a value with its figures, and in one place its English words.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A or B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Letter {
    A,
    B,
}

impl Letter {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        if self == Self::A { Self::B } else { Self::A }
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::A { "A" } else { "B" })
    }
}

/// Something the reader of a comparison must know. A letter says of which set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of each are in its `Display`
pub enum Caveat {
    Empty(Letter),
    /// Not all is 0.
    Faults {
        set: Letter,
        cut: u64,
        files: u64,
        malformed: u64,
    },
    NoDenied(Letter),
    NoAllowed(Letter),
    NoBegun(Letter),
    NoCounters(Letter),
    Mixed(Letter),
    /// Of the set that covers more time.
    Spans(Letter),
    OtherTime,
    Overlap {
        ms: i64,
    },
    /// NICs in this set alone: how many, and the first of them.
    Nics {
        set: Letter,
        nics: u64,
        named: Vec<String>,
    },
    NoCommonHost,
}

/// Hours and minutes, or minutes alone.
fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

impl Caveat {
    /// What it is about, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) => "empty",
            Self::Faults { .. } => "faults",
            Self::NoDenied(_) => "no-denied",
            Self::NoAllowed(_) => "no-allowed",
            Self::NoBegun(_) => "no-begun",
            Self::NoCounters(_) => "no-counters",
            Self::Mixed(_) => "mixed",
            Self::Spans(_) => "spans",
            Self::OtherTime => "other-time",
            Self::Overlap { .. } => "overlap",
            Self::Nics { .. } => "nics",
            Self::NoCommonHost => "no-common-host",
        }
    }

    /// The time of an overlap, in words that need no translation; empty of other caveats.
    pub fn overlap(&self) -> String {
        if let Self::Overlap { ms } = self { duration(*ms) } else { String::new() }
    }
}

/// In English.
impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(set) => write!(
                f,
                "{set} holds no tuple: everything of the other set is told as if it were new or vanished."
            ),
            Self::Faults { set, cut, files, malformed } => {
                let cut = (*cut > 0).then(|| format!("{cut} of {files} files could not be read whole"));
                let malformed = (*malformed > 0).then(|| format!("{malformed} {} malformed", if *malformed == 1 { "tuple is" } else { "tuples are" }));
                let faults: Vec<String> = cut.into_iter().chain(malformed).collect();
                write!(f, "{set}: {}; what they hold is told as vanished or new.", faults.join(", and "))
            }
            Self::NoDenied(set) => write!(
                f,
                "{set} holds no denied tuple (D rows): nothing was denied, or its flow log is set up to leave denials \
                 out. Denials cannot be compared."
            ),
            Self::NoAllowed(set) => write!(
                f,
                "{set} holds nothing but denied tuples (D rows): allowed traffic cannot be compared."
            ),
            Self::NoBegun(set) => write!(
                f,
                "{set} holds no begun tuple (B rows): its flow log leaves them out, so connections that were begun and \
                 never went on are missing, and the same 5-tuple used again may count once."
            ),
            Self::NoCounters(set) => write!(
                f,
                "{set} has tuples without a life cycle (A rows: NSG flow logs version 1, Traffic Analytics), which \
                 record no ends and often neither packets nor bytes."
            ),
            Self::Mixed(set) => write!(
                f,
                "{set} holds both NSG and VNet flow logs: what a NIC has in both counts twice. Name them as two sets to \
                 compare them."
            ),
            Self::Spans(longer) => {
                let shorter = longer.other();
                write!(
                    f,
                    "{longer} covers more time than {shorter}: volumes are compared by the hour, and what {shorter} \
                     lacks may only have had less time to appear."
                )
            }
            Self::OtherTime => f.write_str(
                "One set is of NSG and the other of VNet flow logs, and they have no time in common: that one log \
                 misses what the other has says nothing.",
            ),
            Self::Overlap { ms } => write!(
                f,
                "The sets overlap in time by {}: what both hold is the same traffic, not traffic that stayed.",
                duration(*ms)
            ),
            Self::Nics { set, nics, named } => {
                let more = match nics.saturating_sub(named.len() as u64) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let (are, their) = if *nics == 1 { ("NIC is", "its") } else { ("NICs are", "their") };
                write!(
                    f,
                    "{nics} {are} in {set} and not in {} ({}{more}): {their} traffic is told as {}.",
                    set.other(),
                    named.join(", "),
                    if *set == Letter::A { "vanished" } else { "new" }
                )
            }
            Self::NoCommonHost => f.write_str(
                "No host has allowed traffic in both sets: are they of the same network?",
            ),
        }
    }
}

/// Its code and its words in English.
impl Serialize for Caveat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut caveat = serializer.serialize_struct("Caveat", 2)?;
        caveat.serialize_field("code", self.code())?;
        caveat.serialize_field("text", &self.to_string())?;
        caveat.end()
    }
}
