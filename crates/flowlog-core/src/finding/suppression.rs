//! What is known and accepted: findings taken out by rule and entity, with a reason, up to a day.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::flow::Network;

/// One accepted behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The detector, as in [`Finding::rule`], or `*` for all.
    pub rule: String,
    /// What the finding is about, as in [`Finding::entity`]; an address, a network in CIDR notation, or `*`.
    pub entity: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day it holds, `YYYY-MM-DD` (UTC).
    pub expires: String,
}

/// The list of accepted behaviours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Suppressions {
    /// The entries; in TOML, `[[suppress]]`.
    pub suppress: Vec<Suppression>,
}

/// A finding that was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppressed {
    /// [`Finding::id`].
    pub id: String,
    /// [`Finding::title`].
    pub title: String,
    /// Why, as the list says.
    pub reason: String,
    /// The last day it is taken out.
    pub expires: String,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuppressionError {
    /// A rule no detector has.
    #[error("suppression {0}: no rule is called {1:?}; there are: {2}")]
    Rule(usize, String, String),
    /// No day.
    #[error("suppression {0}: expires = {1:?} is no day such as 2026-12-31")]
    Day(usize, String),
    /// No reason.
    #[error("suppression {0}: the reason is empty; say why it is accepted")]
    Reason(usize),
}

impl Suppressions {
    /// Checks every entry.
    ///
    /// # Errors
    /// The first entry with an unknown rule, without a day or without a reason.
    pub fn check(&self) -> Result<(), SuppressionError> {
        for (place, entry) in self.suppress.iter().enumerate() {
            let number = place + 1;
            if entry.rule != "*" && !super::rules().any(|rule| rule == entry.rule) {
                let all: Vec<&str> = super::rules().collect();
                return Err(SuppressionError::Rule(number, entry.rule.clone(), all.join(", ")));
            }
            let day = chrono::NaiveDate::parse_from_str(&entry.expires, "%Y-%m-%d");
            if day.is_err() || entry.expires.len() != 10 {
                return Err(SuppressionError::Day(number, entry.expires.clone()));
            }
            if entry.reason.trim().is_empty() {
                return Err(SuppressionError::Reason(number));
            }
        }
        Ok(())
    }

    /// Parts `findings` by the entries that hold on `today`; the third part is what has expired.
    pub(super) fn apply(
        &self,
        findings: Vec<Finding>,
        today: &str,
    ) -> (Vec<Finding>, Vec<Suppressed>, Vec<Suppression>) {
        // Days in this form are ordered as texts are.
        let (expired, valid): (Vec<_>, Vec<_>) =
            self.suppress.iter().partition(|entry| entry.expires.as_str() < today);
        let mut suppressed = Vec::new();
        let kept = findings.into_iter().filter_map(|finding| {
            match valid.iter().find(|entry| entry.covers(&finding)) {
                None => Some(finding),
                Some(entry) => {
                    suppressed.push(Suppressed {
                        id: finding.id,
                        title: finding.title,
                        reason: entry.reason.clone(),
                        expires: entry.expires.clone(),
                    });
                    None
                }
            }
        });
        let kept = kept.collect();
        (kept, suppressed, expired.into_iter().cloned().collect())
    }
}

impl Suppression {
    fn covers(&self, finding: &Finding) -> bool {
        let same = self.entity == "*" || self.entity == finding.entity;
        let within = || {
            let (Ok(network), Ok(address)) =
                (self.entity.parse::<Network>(), finding.entity.parse::<IpAddr>())
            else {
                return false;
            };
            network.contains(address)
        };
        (self.rule == "*" || self.rule == finding.rule) && (same || within())
    }
}
