//! What the report keeps of the pairs of hosts.

use super::admin::AdminAccess;
use super::build::ReportOptions;
use super::classes::Classes;
use super::hosts::HostSums;
use super::ports::Ports;
use super::problems::Problems;
use super::rules::Meetings;
use super::specific::Specific;
use super::tally::Tally;
use crate::state::Summary;
use crate::state::{Conversation, ConversationKey, Gather, HostPair, LoneDenial};

/// Takes the pairs of hosts, each once, and keeps what the report needs of them: sums, the first rows of each list,
/// and compact entries by host. The report is the same whatever the order of the pairs and however many collectors
/// shared them.
///
/// Memory: lists are bounded by [`ReportOptions::problem_limit`]. A host costs 8 bytes for each pair in which it
/// was only denied a few packets of one service, 24 a side for others (56 for large sums), and 8 for each rule it met; a
/// source of lone denials nothing, since these are kept for all who ask.
pub struct Collector<'a> {
    pub(super) tables: &'a Summary,
    pub(super) options: &'a ReportOptions,
    pub(super) conversations: u64,
    pub(super) hosts: HostSums,
    pub(super) ports: Ports,
    pub(super) problems: Problems<'a>,
    pub(super) classes: Classes<'a>,
    pub(super) specific: Vec<Specific<'a>>,
    pub(super) admin: AdminAccess<'a>,
    pub(super) meetings: Meetings,
}

impl<'a> Collector<'a> {
    /// One that has taken nothing. Everything of `tables` that is not by conversation must be complete: hosts, rules,
    /// and whose NIC wrote what.
    pub fn new(tables: &'a Summary, options: &'a ReportOptions) -> Self {
        Self {
            tables,
            options,
            conversations: 0,
            hosts: HostSums::default(),
            ports: Ports::default(),
            problems: Problems::new(tables, options.problem_limit),
            classes: Classes::new(tables, &options.own, options.service_tags.as_ref()),
            specific: options.specific.iter().map(Specific::new).collect(),
            admin: AdminAccess::new(tables, &options.own),
            meetings: Meetings::default(),
        }
    }

    /// Takes the conversations of one host with another, all of one initiator.
    fn direction(&mut self, conversations: &[Conversation], decided: &[(ConversationKey, usize)]) {
        let (mut count, mut sum) = (0, Tally::default());
        for conversation in conversations.iter().filter(|conversation| conversation.has_tuples()) {
            let tally = Tally::of(conversation);
            self.ports.add(&conversation.key, &tally);
            sum.add(&tally);
            count += 1;
        }
        self.problems.take(conversations, decided);
        if count == 0 {
            return;
        }
        self.conversations += count;
        self.hosts.take(conversations, &sum);
        self.classes.take(conversations, &sum);
        for specific in &mut self.specific {
            specific.take(conversations, &sum, &self.tables.hosts);
        }
    }
}

impl Gather for Collector<'_> {
    fn takes(&self, _: &LoneDenial) -> bool {
        self.specific.is_empty()
    }

    fn lone(&mut self, denial: &LoneDenial) {
        let LoneDenial { key, denied, rule } = denial;
        let tally = Tally::denied(denied.tuples);
        self.conversations += 1;
        self.ports.add(key, &tally);
        self.problems.lone(denial);
        self.hosts.lone(key, &tally);
        self.classes.lone(key, &tally);
        self.meetings.lone(key, *rule);
    }

    fn take(&mut self, pair: &mut HostPair) {
        for conversations in pair.directions() {
            self.direction(conversations, &pair.rules);
        }
        self.admin.take(&pair.let_in);
        self.meetings.take(&pair.rules);
    }

    fn merge(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.hosts.merge(other.hosts);
        self.ports.merge(other.ports);
        self.problems.merge(other.problems);
        self.classes.merge(&other.classes);
        for (mine, theirs) in self.specific.iter_mut().zip(other.specific) {
            mine.merge(theirs);
        }
        self.admin.merge(other.admin);
        self.meetings.merge(other.meetings);
    }
}
