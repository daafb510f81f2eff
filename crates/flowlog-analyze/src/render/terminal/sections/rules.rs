//! What the rules decided.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{ACL, Cell, RULE, Table, names, numbers, words};
use crate::render::names::{acl_label, rule_kind, rule_name};
use crate::render::text;
use crate::words::{Lang, fill};

pub(super) fn write(page: &mut Page, report: &Report) {
    let lang = page.lang();
    page.section("Rules", &fill!(lang, "{n} in all", n = lang.count(report.rules.len() as u64)));
    let by = lang.say(report.options.others_by().word());
    page.note(&fill!(
        lang,
        "Which rule decided, by {by} as logged: a connection between two logged interfaces was decided at each. \
         Kind: user and default rules are those of an NSG, which the log calls UserRule_ and DefaultRule_; admin ones are a \
         Network Manager's; platform is Azure's own handling; none is no rule: what is dropped there lacked encryption.",
        by
    ));
    if report.rules.is_empty() {
        return page.none();
    }
    let mut table = Table::new([
        names("Rule", RULE),
        words("Kind"),
        names("NSG or ACL", ACL),
        numbers("Tuples"),
        numbers("Denied"),
        numbers("Bytes"),
        numbers("Begun").spare(),
        numbers("Sources").spare(),
        words("Last hit (UTC)").spare(),
        numbers("Destinations").spare(),
    ]);
    for row in report.rules.iter().take(page.style.top) {
        let cells = vec![
            page.name(rule_name(&row.rule)).into(),
            lang.say(rule_kind(row.class)).into(),
            page.name(acl_label(&row.acl)).into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
            Cell::count(row.begun),
            Cell::count(row.sources),
            text::time(row.last_time_ms).into(),
            Cell::count(row.destinations),
        ];
        if row.dropped_for_encryption > 0 {
            table.push_with_remark(cells, dropped_remark(lang, row.dropped_for_encryption), Tone::Warn);
        } else {
            table.push(cells);
        }
    }
    table.write(page);
    page.more(report.rules.len().saturating_sub(table.len()) as u64);
}

/// What stands below a row of denials some of which were none.
pub(super) fn dropped_remark(lang: Lang, dropped: u64) -> String {
    fill!(lang, "of these {n} dropped for want of encryption, by no rule", n = lang.count(dropped))
}
