//! What the logs say of an address or a network that was asked for.

use flowlog_core::report::{OptionsRow, Rank, Report, SideOfHost, SpecificIp};

use super::super::page::{Page, Tone};
use super::hosts::hosts;
use super::ports::ports_table;
use crate::render::text::{bytes, count, counted};

pub(super) fn write(page: &mut Page, report: &Report) {
    for asked in &report.specific_ips {
        host(page, asked, &report.options);
    }
}

fn host(page: &mut Page, host: &SpecificIp, options: &OptionsRow) {
    let query = page.name(&host.query);
    if host.as_source.tuples == 0 && host.as_destination.tuples == 0 {
        page.section(&query, "");
        return page.line("not in the data, neither as source nor as destination", 2, Tone::Plain);
    }
    let peers = &host.top_peers;
    side(page, &format!("{query} as source"), "Connections it opened.", &host.as_source, options.others_by());
    side(
        page,
        &format!("{query} as destination"),
        "Connections opened to it.",
        &host.as_destination,
        options.others_by(),
    );
    page.section(&format!("{query}: top peers"), "");
    let by = options.hosts_by();
    page.note(&format!("The other ends of both, by {}; bytes are both ways.", by.word()));
    hosts(page, peers, by, peers.len() as u64);
}

fn side(page: &mut Page, title: &str, note: &str, side: &SideOfHost, by: Rank) {
    page.section(title, &counted(side.tuples, "tuple", "tuples"));
    page.note(note);
    if side.tuples == 0 {
        return page.none();
    }
    let denied = if side.denied > 0 { Tone::Bad } else { Tone::Plain };
    page.line(&format!("Denied    {}", counted(side.denied, "tuple", "tuples")), 2, denied);
    page.line(&format!("Peers     {}", count(side.peers)), 2, Tone::Plain);
    let volume = |volume, packets| format!("{} in {}", bytes(volume), counted(packets, "packet", "packets"));
    page.line(&format!("Sent      {}", volume(side.bytes_sent, side.packets_sent)), 2, Tone::Plain);
    page.line(&format!("Received  {}", volume(side.bytes_received, side.packets_received)), 2, Tone::Plain);
    if !side.top_ports.is_empty() {
        ports_table(page, &side.top_ports, by, side.top_ports.len() as u64);
    }
}
