//! Names of rules, NSGs, NICs and resources as numbers in the order of the names.

use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::enrich::AddressBook;
use crate::policy::plain_rule;
use crate::state::Summary;

/// A list of distinct names, and for each place of another list the name that stands there.
#[derive(Default)]
pub(super) struct Names<'a> {
    names: Vec<&'a str>,
    by_place: Vec<u32>,
}

impl<'a> Names<'a> {
    fn new(places: impl Iterator<Item = &'a str> + Clone) -> Self {
        let distinct: BTreeSet<&str> = places.clone().collect();
        let numbers: HashMap<&str, u32, RandomState> = distinct.iter().copied().zip(0_u32..).collect();
        let by_place = places.map(|name| numbers.get(name).copied().unwrap_or(u32::MAX)).collect();
        Self { names: distinct.into_iter().collect(), by_place }
    }

    /// The number of the name at a place.
    #[inline]
    pub(super) fn number(&self, place: u32) -> u64 {
        self.by_place.get(place as usize).copied().unwrap_or(u32::MAX).into()
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u64) -> &'a str {
        usize::try_from(number).ok().and_then(|number| self.names.get(number)).copied().unwrap_or_default()
    }
}

/// All of them: made once for a run, however many tables are asked for.
pub struct FlowNames<'a> {
    pub(super) rules: Names<'a>,
    pub(super) nsgs: Names<'a>,
    pub(super) nics: Names<'a>,
    pub(super) resources: Names<'a>,
    /// What is known of addresses.
    pub(super) book: &'a AddressBook,
}

impl<'a> FlowNames<'a> {
    /// Of the rules and logs in `summary`, and of addresses those in `book`.
    pub fn of(summary: &'a Summary, book: &'a AddressBook) -> Self {
        let (rules, logs) = (summary.rules.rows().iter(), summary.coverage.iter());
        Self {
            rules: Names::new(rules.clone().map(|((_, rule), _)| plain_rule(rule))),
            nsgs: Names::new(rules.map(|((acl, _), _)| acl.as_str())),
            nics: Names::new(logs.clone().map(|log| &*log.mac)),
            resources: Names::new(logs.map(|log| &*log.resource)),
            book,
        }
    }
}
