//! Encryption between subnets.

use flowlog_core::report::{EncryptedPairRow, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, names, numbers};
use crate::render::names::encryption_label;
use crate::render::text;
use crate::words::{Lang, say};

pub(super) fn write(page: &mut Page, report: &Report) {
    let rows = &report.encryption_pairs;
    let known = report.encryption.keys().filter(|word| encryption_label(word) != encryption_label("new"));
    if known.into_iter().all(|word| ["", "NX", "?"].contains(&word.as_str())) {
        return page.line(
            say!(page.lang(), "No encrypted traffic seen: virtual network encryption seems to be off."),
            2,
            Tone::Plain,
        );
    }
    page.section("Encryption between subnets", &page.lang().counted(rows.len() as u64, "pair", "pairs"));
    page.note(
        "Subnets of --internal-cidr and of logged interfaces; without --internal-cidr all of private addresses, those on \
         premises included. What is not named is a /24 (IPv4) or /64 (IPv6). Not encrypted are plain NX and each NX_ \
         reason; dropped are packets that no rule denied.",
    );
    if rows.is_empty() {
        return page.none();
    }
    let mut table = Table::new([
        names("Source", 16),
        names("Destination", 16),
        numbers("Tuples"),
        numbers("Encrypted"),
        numbers("of bytes"),
        numbers("Dropped"),
        numbers("Bytes").spare(),
    ]);
    for row in rows.iter().take(page.style.top) {
        let cells = vec![
            page.name(&row.source).into(),
            page.name(&row.destination).into(),
            Cell::count(row.tuples),
            text::share(row.encrypted_tuples, row.tuples).into(),
            if row.bytes > 0 { text::share(row.encrypted_bytes, row.bytes) } else { "-".to_owned() }.into(),
            Cell::bad_count(row.dropped_tuples),
            Cell::bytes(row.bytes),
        ];
        match reasons(page.lang(), row) {
            Some(reasons) => table.push_with_remark(cells, reasons, Tone::Dim),
            None => table.push(cells),
        }
    }
    table.write(page);
    page.more(rows.len().saturating_sub(table.len()) as u64);
}

/// The reasons why something was not encrypted, if there are any beside a plain `NX`.
fn reasons(lang: Lang, row: &EncryptedPairRow) -> Option<String> {
    let words = row.words.iter().filter(|(word, _)| !["X", "NX"].contains(word));
    let words: Vec<String> =
        words.map(|(word, counts)| format!("{word} {}", lang.share(counts.tuples, row.tuples))).collect();
    (!words.is_empty()).then(|| words.join(", "))
}
