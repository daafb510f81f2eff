//! The rules of the made-up networks.

use super::event::RuleId;

/// The ACL of platform rules.
pub(crate) const ZERO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// A rule by its meaning; which ACL it stands in depends on the NIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    AllowVnetIn,
    AllowVnetOut,
    AllowInternetOut,
    AllowLoadBalancerIn,
    DenyAllIn,
    HttpsIn,
    ManagementIn,
    AppTierIn,
    VpnIn,
    MonitoringIn,
    DenySmtpOut,
    /// An administrator's rule of the network manager.
    AdminBlock,
    /// Traffic the platform handles.
    Platform,
    /// Dropped for want of encryption.
    Unspecified,
}

/// Names of the rules every NSG has, in the order of [`Rule`].
const NSG_RULES: [&str; 11] = [
    "DefaultRule_AllowVnetInBound",
    "DefaultRule_AllowVnetOutBound",
    "DefaultRule_AllowInternetOutBound",
    "DefaultRule_AllowAzureLoadBalancerInBound",
    "DefaultRule_DenyAllInBound",
    "UserRule_Allow-HTTPS-In",
    "UserRule_Allow-Management-In",
    "UserRule_Allow-App-Tier-In",
    "UserRule_Allow-VPN-In",
    "UserRule_Allow-Monitoring-In",
    "UserRule_Deny-SMTP-Out",
];

/// One rule of one ACL, as the log names it.
#[derive(Clone, Debug)]
pub(crate) struct RuleEntry {
    /// Index into [`RuleTable::acls`].
    pub(crate) acl: usize,
    pub(crate) name: &'static str,
}

/// Every rule of a world. The first three are the ones that belong to no NSG.
#[derive(Debug)]
pub(crate) struct RuleTable {
    pub(crate) acls: Vec<String>,
    pub(crate) rules: Vec<RuleEntry>,
}

impl Rule {
    /// True for rules that people wrote.
    pub(crate) fn is_user(self) -> bool {
        NSG_RULES.get(self as usize).is_some_and(|name| name.starts_with("UserRule"))
    }
}

impl RuleTable {
    /// A table with the rules outside NSGs.
    pub(crate) fn new(network_manager: String) -> Self {
        let acls = vec![network_manager, ZERO_GUID.to_owned(), "unspecified".to_owned()];
        let names = ["BlockHighRiskTCPPortsFromInternet", "PlatformRule", "unspecified"];
        let rules = names.into_iter().enumerate().map(|(acl, name)| RuleEntry { acl, name }).collect();
        Self { acls, rules }
    }

    /// Adds an NSG; the result is its base for [`RuleTable::id`].
    pub(crate) fn add_nsg(&mut self, acl: String) -> RuleId {
        let base = self.rules.len() as RuleId;
        let acl_index = self.acls.len();
        self.acls.push(acl);
        self.rules.extend(NSG_RULES.iter().map(|name| RuleEntry { acl: acl_index, name }));
        base
    }

    /// The entry of `rule` for a NIC whose NSG has this base.
    pub(crate) fn id(base: RuleId, rule: Rule) -> RuleId {
        let number = rule as RuleId;
        let nsg_rules = NSG_RULES.len() as RuleId;
        if number < nsg_rules { base + number } else { number - nsg_rules }
    }

    /// True for the rules that stand in an NSG, the only ones an NSG flow log knows.
    pub(crate) fn is_nsg(id: RuleId) -> bool {
        id >= 3
    }
}
