//! What a filter passed over: counted, so that nobody takes a part for the whole.

use std::{collections::BTreeSet, fmt};

use indicatif::HumanCount;
use serde::Serialize;

/// Names kept of the resources that were not entered.
const NAMES: usize = 5;

/// What is there and was not asked for, as far as a listing met it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Blobs that were listed.
    pub blobs: u64,
    /// Branches of the container that were not read: resources, years, months, days, hours.
    pub branches: u64,
    /// Of these branches, whole flow logs, network security groups, subscriptions or resource groups.
    pub resources: u64,
    /// The first of their names, by the alphabet.
    pub names: BTreeSet<String>,
}

impl PassedOver {
    /// A branch that is not entered; `resource`: it is no hour, day, month or year of one.
    pub(super) fn branch(&mut self, prefix: &str, resource: bool) {
        self.branches += 1;
        if resource {
            self.resources += 1;
            let name = prefix.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            self.names.insert(name.to_owned());
            if self.names.len() > NAMES {
                self.names.pop_last();
            }
        }
    }

    /// Whether everything that was met was asked for.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The names, and how many more there are.
    pub fn named(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let list = names.join(", ");
        match self.resources.saturating_sub(names.len() as u64) {
            0 => list,
            more => format!("{list} and {more} more"),
        }
    }
}

/// `4 branches of the container (NW_A, NW_B) and 9 blobs: not asked for`.
impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: u64, one: &str, many: &str| {
            format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
        };
        let mut parts = Vec::new();
        if self.branches > 0 {
            let named = if self.resources > 0 { format!(" ({})", self.named()) } else { String::new() };
            let branches = counted(self.branches, "branch", "branches");
            parts.push(format!("{branches} of the container{named}"));
        }
        if self.blobs > 0 {
            parts.push(counted(self.blobs, "blob", "blobs"));
        }
        write!(f, "{}: not asked for", parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_counted_and_the_first_resources_named() {
        let mut passed = PassedOver::default();
        assert!(passed.is_nothing());
        for log in ["F", "B", "D", "A", "C", "E", "G"] {
            passed.branch(&format!("flowLogResourceID=/S_RG/NW_{log}/"), true);
        }
        passed.branch("flowLogResourceID=/S_RG/NW_Z/y=2024/", false);
        assert_eq!((passed.branches, passed.resources), (8, 7));
        assert_eq!(passed.named(), "NW_A, NW_B, NW_C, NW_D, NW_E and 2 more");
        let few = PassedOver { blobs: 1_200, branches: 1, ..PassedOver::default() };
        assert_eq!(few.to_string(), "1 branch of the container and 1,200 blobs: not asked for");
    }
}
