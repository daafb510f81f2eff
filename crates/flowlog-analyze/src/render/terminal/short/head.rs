//! How much there is, and how far it can be trusted.

use flowlog_core::report::Report;

use super::{Size, over_time};
use crate::render::flows::asked;
use crate::render::terminal::page::{Page, Tone};
use crate::render::text;
use crate::words::{Lang, fill, say};

pub(super) fn write(page: &mut Page, report: &Report, size: Size) {
    let (totals, lang) = (&report.totals, page.lang());
    page.group("Flow log report");
    if let Some(selection) = &report.selection {
        let chosen = page.name(&asked(selection, lang));
        page.short_pair("Chosen", &chosen, Tone::Plain);
    }
    if let (Some(first), Some(last)) = (totals.first_time_ms, totals.last_time_ms) {
        let length = text::duration(first.abs_diff(last));
        page.pair("Period (UTC)", &format!("{} ({length})", text::period(first, last)));
    }
    if size == Size::Pages || totals.tuples == 0 {
        let files = lang.counted(totals.files, "file", "files");
        let records = lang.counted(totals.records, "record", "records");
        page.pair("Read", &format!("{files} ({}), {records}", lang.bytes(totals.input_bytes)));
    }
    if totals.tuples > 0 {
        flows(page, report, size);
    }
    match size {
        Size::Pages => trust(page, report),
        Size::Screen => trust_in_a_line(page, report),
    }
}

fn flows(page: &mut Page, report: &Report, size: Size) {
    let (totals, lang) = (&report.totals, page.lang());
    let nics = lang.counted(totals.unique_nics, "NIC", "NICs");
    let conversations = lang.counted(totals.conversations, "conversation", "conversations");
    let flows = fill!(lang, "{n} in {conversations}", n = lang.count(totals.tuples), conversations);
    if size == Size::Screen {
        page.short_pair("Flows (tuples)", &format!("{flows}, {nics}"), Tone::Plain);
        return page.short_pair("Bytes", &volume(lang, report), Tone::Plain);
    }
    page.pair("Flows (tuples)", &flows);
    let sources = lang.counted(totals.unique_sources, "source", "sources");
    let destinations = lang.counted(totals.unique_destinations, "destination", "destinations");
    page.pair("Hosts", &format!("{sources}, {destinations}, {nics}"));
    page.pair("Bytes", &volume(lang, report));
    let denied = totals.denied_by_rule.saturating_add(totals.dropped_for_encryption);
    let dropped = match totals.dropped_for_encryption {
        0 => String::new(),
        dropped => fill!(lang, ", {n} for want of encryption", n = lang.count(dropped)),
    };
    let share = lang.share(denied, totals.tuples);
    page.pair("Denied", &format!("{} ({share}){dropped}", lang.counted(denied, "tuple", "tuples")));
    over_time::write(page, report);
}

/// What really went over the network: rankings go by it, too.
fn volume(lang: Lang, report: &Report) -> String {
    let (totals, once) = (&report.totals, &report.resolved);
    let (sent, received, each) = match once.duplicate_connections {
        0 => (totals.bytes_sent, totals.bytes_received, ""),
        _ => (once.bytes_sent, once.bytes_received, say!(lang, ", each connection once")),
    };
    fill!(
        lang,
        "{sent} sent, {received} received{each}",
        sent = lang.bytes(sent),
        received = lang.bytes(received),
        each
    )
}

/// What was not read.
fn faults(lang: Lang, report: &Report) -> Vec<String> {
    let totals = &report.totals;
    let mut wrong = Vec::new();
    if totals.files_with_errors > 0 {
        let (n, files) = (lang.count(totals.files_with_errors), lang.count(totals.files));
        wrong.push(fill!(lang, "{n} of {files} files not read whole", n, files));
    }
    if totals.malformed > 0 {
        wrong.push(lang.counted(totals.malformed, "tuple malformed", "tuples malformed"));
    }
    wrong
}

/// What the data lack, so that nobody takes silence for peace.
fn gaps(lang: Lang, report: &Report) -> Vec<String> {
    let coverage = &report.coverage;
    let mut lacks = Vec::new();
    if report.totals.tuples == 0 {
        return lacks;
    }
    if !coverage.missing_states.is_empty() {
        let states: Vec<String> = coverage.missing_states.iter().map(char::to_string).collect();
        lacks.push(fill!(lang, "no {states} rows", states = states.join(", ")));
    }
    let gaps = coverage.logs.iter().filter(|log| !log.gaps.is_empty()).count();
    if gaps > 0 {
        lacks.push(fill!(lang, "gaps in {logs}", logs = lang.counted(gaps as u64, "log", "logs")));
    }
    if coverage.unfinished_ms.is_some() {
        lacks.push(say!(lang, "last hour not whole").to_owned());
    }
    if lacks.is_empty() && !coverage.remarks.is_empty() {
        lacks.push(lang.counted(coverage.remarks.len() as u64, "remark", "remarks"));
    }
    lacks
}

fn trust(page: &mut Page, report: &Report) {
    let (lang, coverage) = (page.lang(), &report.coverage);
    let (wrong, lacks) = (faults(lang, report), gaps(lang, report));
    if wrong.is_empty() {
        page.pair("Data quality", say!(lang, "every file read whole, every tuple well-formed"));
    } else {
        page.toned_pair("Data quality", &format!("{} (--section quality)", wrong.join(", ")), Tone::Bad);
    }
    if report.totals.tuples == 0 {
        return;
    }
    let logs = lang.counted(coverage.logs.len() as u64, "NIC log", "NIC logs");
    let extent = format!("{logs}, {}", lang.counted(coverage.hours, "hour", "hours"));
    if lacks.is_empty() {
        page.pair("Coverage", &extent);
    } else {
        let told = format!("{extent}: {} (--section coverage)", lacks.join(", "));
        page.toned_pair("Coverage", &told, Tone::Warn);
    }
}

fn trust_in_a_line(page: &mut Page, report: &Report) {
    let lang = page.lang();
    let told = [faults(lang, report), gaps(lang, report)].concat();
    let (told, tone) = match told.as_slice() {
        [] => (say!(lang, "every file read whole, every tuple well-formed").to_owned(), Tone::Plain),
        told => (told.join(", "), Tone::Warn),
    };
    // Two lines hold anything but numbers beyond reason.
    if text::wrap(&told, page.pair_room()).len() > 2 {
        page.short_pair("Data quality", &told, tone);
    } else {
        page.toned_pair("Data quality", &told, tone);
    }
}
