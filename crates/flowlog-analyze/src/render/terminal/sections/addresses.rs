//! What the logs say of an address or a network that was asked for.

use flowlog_core::report::{OptionsRow, Rank, Report, SideOfHost, SpecificIp};

use super::super::page::{Page, Tone};
use super::hosts::hosts;
use super::ports::ports_table;
use crate::render::text::width;
use crate::words::{fill, say};

pub(super) fn write(page: &mut Page, report: &Report) {
    for asked in &report.specific_ips {
        host(page, asked, &report.options);
    }
}

fn host(page: &mut Page, host: &SpecificIp, options: &OptionsRow) {
    let query = page.name(&host.query);
    if host.as_source.tuples == 0 && host.as_destination.tuples == 0 {
        page.section(&query, "");
        return page.line(
            say!(page.lang(), "not in the data, neither as source nor as destination"),
            2,
            Tone::Plain,
        );
    }
    let peers = &host.top_peers;
    side(
        page,
        &fill!(page.lang(), "{query} as source", query = &query),
        "Connections it opened.",
        &host.as_source,
        options.others_by(),
    );
    side(
        page,
        &fill!(page.lang(), "{query} as destination", query = &query),
        "Connections opened to it.",
        &host.as_destination,
        options.others_by(),
    );
    page.section(&fill!(page.lang(), "{query}: top peers", query = &query), "");
    let by = options.hosts_by();
    page.note(&fill!(
        page.lang(),
        "The other ends of both, by {by}; bytes are both ways.",
        by = page.lang().say(by.word())
    ));
    hosts(page, peers, by, peers.len() as u64);
}

fn side(page: &mut Page, title: &str, note: &str, side: &SideOfHost, by: Rank) {
    let lang = page.lang();
    page.section(title, &lang.counted(side.tuples, "tuple", "tuples"));
    page.note(note);
    if side.tuples == 0 {
        return page.none();
    }
    let denied = if side.denied > 0 { Tone::Bad } else { Tone::Plain };
    let volume = |volume, packets| {
        let packets = lang.counted(packets, "packet", "packets");
        fill!(lang, "{bytes} in {packets}", bytes = lang.bytes(volume), packets)
    };
    let lines = [
        ("Denied", lang.counted(side.denied, "tuple", "tuples"), denied),
        ("Peers", lang.count(side.peers), Tone::Plain),
        ("Sent", volume(side.bytes_sent, side.packets_sent), Tone::Plain),
        ("Received", volume(side.bytes_received, side.packets_received), Tone::Plain),
    ];
    let widest = lines.iter().map(|(name, ..)| width(lang.say(name))).max().unwrap_or(0);
    for (name, value, tone) in lines {
        page.line(&format!("{:<widest$}  {value}", lang.say(name)), 2, tone);
    }
    if !side.top_ports.is_empty() {
        ports_table(page, &side.top_ports, by, side.top_ports.len() as u64);
    }
}
