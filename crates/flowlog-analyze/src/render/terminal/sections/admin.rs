//! Ports for administration that rules let the internet reach.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{ACL, Cell, RULE, Table, names, numbers, words};
use crate::render::names::{acl_label, rule_kind, rule_name};
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    let rows = &report.admin_access;
    page.section("Administration ports let in from the internet", "");
    page.note(
        "Rules that let public addresses reach ports that administer machines or data. Answered: sources that got \
         payload back. A high count of sources without answers is scanning that a rule does not stop.",
    );
    let lang = page.lang();
    if rows.is_empty() {
        return page.none();
    }
    let columns = [
        names("Rule", RULE),
        words("Kind"),
        names("NSG or ACL", ACL),
        words("Port"),
        numbers("Sources"),
        numbers("Answered"),
        numbers("Sent back"),
        names("Service", 8).spare(),
        numbers("Hosts").spare(),
        numbers("Begun").spare(),
        words("Last hit (UTC)").spare(),
    ];
    let name = |text: &str| text::escape(text, page.style.ascii).into_owned();
    let named: Vec<(String, String)> =
        rows.iter().map(|row| (name(rule_name(&row.rule)), name(acl_label(&row.acl)))).collect();
    let rows: Vec<_> = rows.iter().zip(named).collect();
    page.table(Table::new(columns), &rows, rows.len() as u64, |(row, (rule, acl))| {
        vec![
            rule.clone().into(),
            lang.say(rule_kind(row.class)).into(),
            acl.clone().into(),
            format!("{}/tcp", row.port).into(),
            Cell::count(row.sources),
            Cell::bad_count(row.answered_sources),
            Cell::bytes(row.bytes_received),
            row.service.unwrap_or("-").into(),
            Cell::count(row.destinations),
            Cell::count(row.begun),
            text::time(row.last_time_ms).into(),
        ]
    });
}
