//! How much there is, and how far it can be trusted.

use flowlog_core::report::Report;

use super::{Size, over_time};
use crate::render::flows::asked;
use crate::render::terminal::page::{Page, Tone};
use crate::render::text::{self, bytes, count, counted};

pub(super) fn write(page: &mut Page, report: &Report, size: Size) {
    let totals = &report.totals;
    page.group("Flow log report");
    if let Some(selection) = &report.selection {
        let chosen = page.name(&asked(selection));
        page.short_pair("Chosen", &chosen, Tone::Plain);
    }
    if let (Some(first), Some(last)) = (totals.first_time_ms, totals.last_time_ms) {
        let length = text::duration(first.abs_diff(last));
        page.pair("Period (UTC)", &format!("{} ({length})", text::period(first, last)));
    }
    if size == Size::Pages || totals.tuples == 0 {
        let files = counted(totals.files, "file", "files");
        let records = counted(totals.records, "record", "records");
        page.pair("Read", &format!("{files} ({}), {records}", bytes(totals.input_bytes)));
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
    let totals = &report.totals;
    let nics = counted(totals.unique_nics, "NIC", "NICs");
    let conversations = counted(totals.conversations, "conversation", "conversations");
    let flows = format!("{} in {conversations}", count(totals.tuples));
    if size == Size::Screen {
        page.short_pair("Flows (tuples)", &format!("{flows}, {nics}"), Tone::Plain);
        return page.short_pair("Bytes", &volume(report), Tone::Plain);
    }
    page.pair("Flows (tuples)", &flows);
    let sources = counted(totals.unique_sources, "source", "sources");
    let destinations = counted(totals.unique_destinations, "destination", "destinations");
    page.pair("Hosts", &format!("{sources}, {destinations}, {nics}"));
    page.pair("Bytes", &volume(report));
    let denied = totals.denied_by_rule.saturating_add(totals.dropped_for_encryption);
    let dropped = match totals.dropped_for_encryption {
        0 => String::new(),
        dropped => format!(", {} for want of encryption", count(dropped)),
    };
    let share = text::share(denied, totals.tuples);
    page.pair("Denied", &format!("{} ({share}){dropped}", counted(denied, "tuple", "tuples")));
    over_time::write(page, report);
}

/// What really went over the network: rankings go by it, too.
fn volume(report: &Report) -> String {
    let (totals, once) = (&report.totals, &report.resolved);
    let (sent, received, each) = match once.duplicate_connections {
        0 => (totals.bytes_sent, totals.bytes_received, ""),
        _ => (once.bytes_sent, once.bytes_received, ", each connection once"),
    };
    format!("{} sent, {} received{each}", bytes(sent), bytes(received))
}

/// What was not read.
fn faults(report: &Report) -> Vec<String> {
    let totals = &report.totals;
    let mut wrong = Vec::new();
    if totals.files_with_errors > 0 {
        let files = count(totals.files);
        wrong.push(format!("{} of {files} files not read whole", count(totals.files_with_errors)));
    }
    if totals.malformed > 0 {
        wrong.push(counted(totals.malformed, "tuple malformed", "tuples malformed"));
    }
    wrong
}

/// What the data lack, so that nobody takes silence for peace.
fn gaps(report: &Report) -> Vec<String> {
    let coverage = &report.coverage;
    let mut lacks = Vec::new();
    if report.totals.tuples == 0 {
        return lacks;
    }
    if !coverage.missing_states.is_empty() {
        let states: Vec<String> = coverage.missing_states.iter().map(char::to_string).collect();
        lacks.push(format!("no {} rows", states.join(", ")));
    }
    let gaps = coverage.logs.iter().filter(|log| !log.gaps.is_empty()).count();
    if gaps > 0 {
        lacks.push(format!("gaps in {}", counted(gaps as u64, "log", "logs")));
    }
    if coverage.unfinished_ms.is_some() {
        lacks.push("last hour not whole".to_owned());
    }
    if lacks.is_empty() && !coverage.remarks.is_empty() {
        lacks.push(counted(coverage.remarks.len() as u64, "remark", "remarks"));
    }
    lacks
}

fn trust(page: &mut Page, report: &Report) {
    let (wrong, lacks, coverage) = (faults(report), gaps(report), &report.coverage);
    if wrong.is_empty() {
        page.pair("Data quality", "every file read whole, every tuple well-formed");
    } else {
        page.toned_pair("Data quality", &format!("{} (--section quality)", wrong.join(", ")), Tone::Bad);
    }
    if report.totals.tuples == 0 {
        return;
    }
    let logs = counted(coverage.logs.len() as u64, "NIC log", "NIC logs");
    let extent = format!("{logs}, {}", counted(coverage.hours, "hour", "hours"));
    if lacks.is_empty() {
        page.pair("Coverage", &extent);
    } else {
        let told = format!("{extent}: {} (--section coverage)", lacks.join(", "));
        page.toned_pair("Coverage", &told, Tone::Warn);
    }
}

fn trust_in_a_line(page: &mut Page, report: &Report) {
    let told = [faults(report), gaps(report)].concat();
    let (told, tone) = match told.as_slice() {
        [] => ("every file read whole, every tuple well-formed".to_owned(), Tone::Plain),
        told => (told.join(", "), Tone::Warn),
    };
    // Two lines hold anything but numbers beyond reason.
    if text::wrap(&told, page.pair_room()).len() > 2 {
        page.short_pair("Data quality", &told, tone);
    } else {
        page.toned_pair("Data quality", &told, tone);
    }
}
