//! What the rules decided, and the rules as configured.

use flowlog_core::report::{BroadRow, FEW, MANY_PORTS, Report, RulesFile};

use super::page::{Page, Tone};
use super::table::{Cell, Table, names, numbers, words};
use crate::render::names::acl_label;
use crate::render::text::{self, count, counted};

/// Ends or ports named of what was seen.
const NAMED: usize = 4;

pub(super) fn rules(page: &mut Page, report: &Report) {
    page.section("Rules", &format!("{} in all", count(report.rules.len() as u64)));
    page.note(
        "Which rule decided, by tuples as logged: a connection between two logged interfaces was decided at each. \
         \"platform\" is Azure's own handling. \"unspecified\" is no rule: what is dropped there lacked encryption.",
    );
    if report.rules.is_empty() {
        return page.none();
    }
    let mut table = Table::new([
        names("Rule", 24),
        names("NSG or ACL", 12),
        numbers("Tuples"),
        numbers("Denied"),
        numbers("Bytes"),
        numbers("Begun").spare(),
        numbers("Sources").spare(),
        words("Last hit (UTC)").spare(),
        words("Class").spare(),
        numbers("Destinations").spare(),
    ]);
    for row in report.rules.iter().take(page.style.top) {
        let cells = vec![
            page.name(&row.rule).into(),
            page.name(acl_label(&row.acl)).into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
            Cell::count(row.begun),
            Cell::count(row.sources),
            text::time(row.last_time_ms).into(),
            row.class.into(),
            Cell::count(row.destinations),
        ];
        if row.dropped_for_encryption > 0 {
            table.push_with_remark(cells, dropped_remark(row.dropped_for_encryption), Tone::Warn);
        } else {
            table.push(cells);
        }
    }
    table.write(page);
    page.more(report.rules.len().saturating_sub(table.len()) as u64);
}

/// What stands below a row of denials some of which were none.
pub(super) fn dropped_remark(dropped: u64) -> String {
    format!("of these {} dropped for want of encryption, by no rule", count(dropped))
}

pub(super) fn admin_access(page: &mut Page, report: &Report) {
    let rows = &report.admin_access;
    page.section("Administration ports let in from the internet", "");
    page.note(
        "Rules that let public addresses reach ports that administer machines or data. Answered: sources that got \
         payload back. A high count of sources without answers is scanning that a rule does not stop.",
    );
    if rows.is_empty() {
        return page.none();
    }
    let columns = [
        names("Rule", 18),
        names("NSG or ACL", 10),
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
        rows.iter().map(|row| (name(&row.rule), name(acl_label(&row.acl)))).collect();
    let rows: Vec<_> = rows.iter().zip(named).collect();
    page.table(Table::new(columns), &rows, rows.len() as u64, |(row, (rule, acl))| {
        vec![
            rule.clone().into(),
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

/// The rules as configured, if a file was given.
pub(super) fn configured(page: &mut Page, report: &Report) {
    let Some(file) = &report.rules_file else { return };
    page.group("Rules as configured");
    let (hit, all) = file.nsgs.iter().fold((0, 0), |sum, row| (sum.0 + row.hit, sum.1 + row.rules));
    page.pair("NSGs in the file", &count(file.nsgs.len() as u64));
    page.pair("Own rules", &format!("{}, {} hit", count(all), count(hit)));
    let absent: Vec<String> =
        file.nsgs.iter().filter(|row| !row.in_data).map(|row| page.name(&row.nsg)).collect();
    if !absent.is_empty() {
        page.pair("Not in the data", &format!("{}: nothing is said of their rules", absent.join(", ")));
    }
    if file.other_nsgs > 0 {
        page.pair("Not in the file", &counted(file.other_nsgs, "NSG of the data", "NSGs of the data"));
    }
    for limit in &file.limits {
        page.warning(limit, Tone::Warn);
    }
    never_hit(page, file);
    broad(page, file);
    not_in_file(page, file);
}

fn never_hit(page: &mut Page, file: &RulesFile) {
    page.section("Never hit", &counted(file.never_hit.len() as u64, "rule", "rules"));
    page.note(
        "Own rules that nothing in this data matched: look at how long it is before you delete one. Where a subnet and \
         an interface both have an NSG, an allowed flow is logged under the last one that allowed it only.",
    );
    if file.never_hit.is_empty() {
        return page.none();
    }
    let columns = [
        names("Rule", 24),
        names("NSG", 14),
        words("Access"),
        words("Direction"),
        numbers("Priority"),
        words("Certain"),
    ];
    let name = |text: &str| text::escape(text, page.style.ascii).into_owned();
    let rows: Vec<_> = file.never_hit.iter().map(|row| (row, name(&row.rule), name(&row.nsg))).collect();
    page.table(Table::new(columns), &rows, rows.len() as u64, |(row, rule, nsg)| {
        vec![
            rule.clone().into(),
            nsg.clone().into(),
            row.access.into(),
            if row.direction == 'I' { "inbound" } else { "outbound" }.into(),
            row.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string()).into(),
            if row.certain { "yes" } else { "no" }.into(),
        ]
    });
}

fn broad(page: &mut Page, file: &RulesFile) {
    page.section("Broader than what was seen", &counted(file.broad.len() as u64, "case", "cases"));
    page.note(&format!(
        "Allowing rules for everybody (or a network of /16 and wider) of which at most {FEW} ends were seen, for \
         {MANY_PORTS} ports or more of which at most {FEW} were seen, or for all protocols of which one was seen."
    ));
    if file.broad.is_empty() {
        return page.none();
    }
    let columns =
        [names("Rule", 20), names("NSG", 12), words("What"), names("Allows", 14), numbers("Tuples")];
    let mut table = Table::new(columns);
    for row in file.broad.iter().take(page.style.top) {
        let cells = vec![
            page.name(&row.rule).into(),
            page.name(&row.nsg).into(),
            row.field.into(),
            page.name(&row.allows).into(),
            Cell::count(row.tuples),
        ];
        table.push_with_remark(cells, format!("seen: {}", seen(row)), Tone::Plain);
    }
    table.write(page);
    page.more(file.broad.len().saturating_sub(table.len()) as u64);
}

fn seen(row: &BroadRow) -> String {
    let named = row.seen.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match row.seen.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn not_in_file(page: &mut Page, file: &RulesFile) {
    page.section("In the data, not in the file", &counted(file.not_in_file.len() as u64, "rule", "rules"));
    page.note("Deleted or renamed since, or the file is of another day.");
    if file.not_in_file.is_empty() {
        return page.none();
    }
    let name = |text: &str| text::escape(text, page.style.ascii).into_owned();
    let rows: Vec<_> =
        file.not_in_file.iter().map(|row| (row.tuples, name(&row.rule), name(&row.nsg))).collect();
    let columns = [names("Rule", 24), names("NSG", 14), numbers("Tuples")];
    page.table(Table::new(columns), &rows, rows.len() as u64, |(tuples, rule, nsg)| {
        vec![rule.clone().into(), nsg.clone().into(), Cell::count(*tuples)]
    });
}
