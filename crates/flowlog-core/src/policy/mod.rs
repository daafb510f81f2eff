//! Rules as they are configured: what the log's rules are compared with.

mod name;
mod parse;

pub use name::plain_rule;
pub(crate) use name::without_prefix;
pub use parse::{PolicyError, parse};

use crate::flow::{Direction, Protocol};

/// A network security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsg {
    /// ARM id, if the file has it (templates do not).
    pub id: Option<String>,
    /// The id older logs name it by.
    pub guid: Option<String>,
    /// Name.
    pub name: String,
    /// Its own rules and, if the file has them, the default ones.
    pub rules: Vec<SecurityRule>,
}

impl Nsg {
    /// True if a log means this NSG by `acl`: its id, whatever the case. A file without ids is
    /// matched by name.
    pub fn is_meant_by(&self, acl: &str) -> bool {
        let acl = acl.trim_end_matches('/');
        let is = |id: &Option<String>| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(acl));
        let last = acl.rsplit('/').next().unwrap_or_default();
        is(&self.id) || is(&self.guid) || (self.id.is_none() && last.eq_ignore_ascii_case(&self.name))
    }
}

/// One rule of an NSG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRule {
    /// Name, without a prefix.
    pub name: String,
    /// Lower goes first.
    pub priority: Option<u32>,
    /// Of the traffic it is for.
    pub direction: Direction,
    /// Allows; else it denies.
    pub allows: bool,
    /// `None` for all.
    pub protocol: Option<Protocol>,
    /// Addresses, networks and service tags, as written; application security groups by their names.
    pub sources: Vec<String>,
    /// Likewise.
    pub destinations: Vec<String>,
    /// First and last destination port of each range.
    pub ports: Vec<(u16, u16)>,
    /// One of the six every NSG has.
    pub is_default: bool,
}

impl SecurityRule {
    /// How many destination ports it is for.
    pub fn port_count(&self) -> u32 {
        self.ports.iter().map(|&(first, last)| u32::from(last.saturating_sub(first)) + 1).sum()
    }
}
