//! MITRE ATT&CK techniques (Enterprise) that findings look like.

use std::fmt;

use serde::Serialize;

/// A technique or, with a dot in its id, a sub-technique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Technique {
    /// `T1046`, `T1595.001`.
    pub id: &'static str,
    /// Its name there, in English.
    pub name: &'static str,
}

/// Id and name.
impl fmt::Display for Technique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.name)
    }
}

impl Technique {
    const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name }
    }
}

pub(super) const T1018: Technique = Technique::new("T1018", "Remote System Discovery");
pub(super) const T1021: Technique = Technique::new("T1021", "Remote Services");
pub(super) const T1040: Technique = Technique::new("T1040", "Network Sniffing");
pub(super) const T1046: Technique = Technique::new("T1046", "Network Service Discovery");
pub(super) const T1048: Technique = Technique::new("T1048", "Exfiltration Over Alternative Protocol");
pub(super) const T1071: Technique = Technique::new("T1071", "Application Layer Protocol");
pub(super) const T1071_004: Technique = Technique::new("T1071.004", "DNS");
pub(super) const T1110: Technique = Technique::new("T1110", "Brute Force");
pub(super) const T1133: Technique = Technique::new("T1133", "External Remote Services");
pub(super) const T1190: Technique = Technique::new("T1190", "Exploit Public-Facing Application");
pub(super) const T1496: Technique = Technique::new("T1496", "Resource Hijacking");
pub(super) const T1498: Technique = Technique::new("T1498", "Network Denial of Service");
pub(super) const T1499: Technique = Technique::new("T1499", "Endpoint Denial of Service");
pub(super) const T1562_008: Technique =
    Technique::new("T1562.008", "Impair Defenses: Disable or Modify Cloud Logs");
pub(super) const T1567: Technique = Technique::new("T1567", "Exfiltration Over Web Service");
pub(super) const T1570: Technique = Technique::new("T1570", "Lateral Tool Transfer");
pub(super) const T1571: Technique = Technique::new("T1571", "Non-Standard Port");
pub(super) const T1572: Technique = Technique::new("T1572", "Protocol Tunneling");
pub(super) const T1595_001: Technique = Technique::new("T1595.001", "Scanning IP Blocks");
