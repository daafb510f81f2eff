//! The rules as configured, beside what the log says of them.

use flowlog_core::report::{BroadRow, FEW, MANY_PORTS, NotInFileRow, Report, RulesFile};
use flowlog_core::state::RuleClass;

use super::super::page::{Page, Tone};
use super::super::table::{ACL, Cell, RULE, Table, names, numbers, words};
use crate::render::names::{rule_kind, rule_name};
use crate::render::text;
use crate::words::{Lang, fill, rules_limit, say};

/// Ends or ports named of what was seen.
const NAMED: usize = 4;

/// The rules as configured, if a file was given.
pub(super) fn write(page: &mut Page, report: &Report) {
    let Some(file) = &report.rules_file else { return };
    page.group("Rules as configured");
    let lang = page.lang();
    let (hit, all) = file.nsgs.iter().fold((0, 0), |sum, row| (sum.0 + row.hit, sum.1 + row.rules));
    page.pair("NSGs in the file", &page.lang().count(file.nsgs.len() as u64));
    page.pair("Own rules", &fill!(lang, "{all}, {hit} hit", all = lang.count(all), hit = lang.count(hit)));
    let absent: Vec<String> =
        file.nsgs.iter().filter(|row| !row.in_data).map(|row| page.name(&row.nsg)).collect();
    if !absent.is_empty() {
        page.pair(
            "Not in the data",
            &fill!(lang, "{nsgs}: nothing is said of their rules", nsgs = absent.join(", ")),
        );
    }
    if file.other_nsgs > 0 {
        page.pair("Not in the file", &lang.counted(file.other_nsgs, "NSG of the data", "NSGs of the data"));
    }
    for limit in &file.limits {
        page.warning(&rules_limit(lang, *limit), Tone::Warn);
    }
    never_hit(page, file);
    broad(page, file);
    not_in_file(page, file);
}

fn never_hit(page: &mut Page, file: &RulesFile) {
    page.section("Never hit", &page.lang().counted(file.never_hit.len() as u64, "rule", "rules"));
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
    let lang = page.lang();
    let name = |text: &str| text::escape(text, page.style.ascii).into_owned();
    let rows: Vec<_> = file.never_hit.iter().map(|row| (row, name(&row.rule), name(&row.nsg))).collect();
    page.table(Table::new(columns), &rows, rows.len() as u64, |(row, rule, nsg)| {
        vec![
            rule.clone().into(),
            nsg.clone().into(),
            lang.say(row.access).into(),
            lang.say(if row.direction == 'I' { "inbound" } else { "outbound" }).into(),
            row.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string()).into(),
            if row.certain { say!(lang, "yes") } else { say!(lang, "no") }.into(),
        ]
    });
}

fn broad(page: &mut Page, file: &RulesFile) {
    page.section(
        "Broader than what was seen",
        &page.lang().counted(file.broad.len() as u64, "case", "cases"),
    );
    page.note(&fill!(
        page.lang(),
        "Allowing rules for everybody (or a network of /16 and wider) of which at most {few} ends were seen, for \
         {ports} ports or more of which at most {few} were seen, or for all protocols of which one was seen.",
        few = FEW,
        ports = MANY_PORTS
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
            page.lang().say(row.field).into(),
            page.name(&row.allows).into(),
            Cell::count(row.tuples),
        ];
        table.push_with_remark(
            cells,
            fill!(page.lang(), "seen: {what}", what = seen(row, page.lang())),
            Tone::Plain,
        );
    }
    table.write(page);
    page.more(file.broad.len().saturating_sub(table.len()) as u64);
}

fn seen(row: &BroadRow, lang: Lang) -> String {
    let named = row.seen.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match row.seen.len().saturating_sub(NAMED) {
        0 => named,
        more => fill!(lang, "{named} and {more} more", named, more),
    }
}

fn not_in_file(page: &mut Page, file: &RulesFile) {
    page.section(
        "In the data, not in the file",
        &page.lang().counted(file.not_in_file.len() as u64, "rule", "rules"),
    );
    page.note("Deleted or renamed since, or the file is of another day.");
    if file.not_in_file.is_empty() {
        return page.none();
    }
    let lang = page.lang();
    let name = |text: &str| text::escape(text, page.style.ascii).into_owned();
    // The name alone tells whose they are: those of an NSG.
    let kind = |rule: &str| rule_kind(RuleClass::of("/networkSecurityGroups/", rule).label());
    let row = |row: &NotInFileRow| (row.tuples, name(rule_name(&row.rule)), kind(&row.rule), name(&row.nsg));
    let rows: Vec<_> = file.not_in_file.iter().map(row).collect();
    let columns = [names("Rule", RULE), words("Kind"), names("NSG", ACL), numbers("Tuples")];
    page.table(Table::new(columns), &rows, rows.len() as u64, |(tuples, rule, kind, nsg)| {
        vec![rule.clone().into(), lang.say(kind).into(), nsg.clone().into(), Cell::count(*tuples)]
    });
}
