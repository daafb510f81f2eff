//! The NSG and the `VNet` flow log of the same hours side by side.

use flowlog_core::compare::{Migration, Overlap, Reason, Rest};

use crate::render::names::port_label;
use crate::render::terminal::page::Page;
use crate::render::terminal::table::{Cell, Table, addresses, names, numbers, words};
use crate::render::text::{self, count, share};

pub(super) fn all(page: &mut Page, migration: &Migration) {
    page.group("NSG log and VNet log");
    page.note(
        "What both formats can tell: TCP and UDP. NSG logs write seconds, VNet logs milliseconds: connections \
         are matched by their number within source, destination and port.",
    );
    let columns = [words(""), numbers("NSG log"), numbers("VNet log"), numbers("In both"), numbers("Of NSG")];
    let mut table = Table::new(columns);
    let mut row = |name: &str, overlap: &Overlap| {
        table.push(vec![
            name.into(),
            Cell::count(overlap.nsg),
            Cell::count(overlap.vnet),
            Cell::count(overlap.both),
            share(overlap.both, overlap.nsg).into(),
        ]);
    };
    row("Connections", &migration.connections);
    row("Denied conversations", &migration.denied_conversations);
    row("Denied tuples", &migration.denied_tuples);
    table.write(page);
    page.blank();
    page.pair("NICs in both", &count(migration.nics_in_both));
    let line = format!(
        "{} with as many connections in both, of these {} with the same packets and bytes",
        count(migration.equal_conversations),
        count(migration.equal_counters)
    );
    page.pair("Conversations", &line);
    page.pair("Their packets", &sums(migration.packets.nsg, migration.packets.vnet, count));
    page.pair("Their bytes", &sums(migration.bytes.nsg, migration.bytes.vnet, text::bytes));
    page.pair(
        "Other outcome",
        &format!("{} (below)", text::counted(migration.other_outcome, "conversation", "conversations")),
    );
    rest(page, "Only in the NSG log", &migration.only_nsg);
    rest(page, "Only in the VNet log", &migration.only_vnet);
}

fn sums(nsg: u64, vnet: u64, show: fn(u64) -> String) -> String {
    format!("{} in the NSG log, {} in the VNet log", show(nsg), show(vnet))
}

fn rest(page: &mut Page, title: &str, rest: &Rest) {
    let total = rest.conversations.total;
    page.section(title, &text::counted(total, "conversation", "conversations"));
    if total == 0 {
        return page.none();
    }
    let columns = [numbers("Conn."), numbers("Denied"), numbers("Conv."), names("Likely reason", 20)];
    let mut table = Table::new(columns);
    for row in &rest.reasons {
        table.push(vec![
            Cell::count(row.connections),
            Cell::count(row.denied),
            Cell::count(row.conversations),
            row.reason.label().into(),
        ]);
    }
    table.write(page);
    page.blank();
    let columns = [
        addresses("Source"),
        addresses("Destination"),
        words("Port"),
        numbers("Conn.").spare(),
        numbers("Denied").spare(),
        words("Reason"),
    ];
    page.table(Table::new(columns), &rest.conversations.rows, total, |row| {
        let conversation = &row.conversation;
        vec![
            conversation.ends.source.clone().into(),
            conversation.ends.destination.clone().into(),
            port_label(conversation.ends.port, conversation.ends.protocol).into(),
            Cell::count(conversation.counts.connections),
            Cell::count(conversation.counts.denied),
            short(row.reason).into(),
        ]
    });
}

fn short(reason: Reason) -> &'static str {
    match reason {
        Reason::Protocol => "protocol",
        Reason::Encryption => "encryption",
        Reason::AdminRule => "admin rule",
        Reason::Platform => "platform",
        Reason::Nic => "NIC",
        Reason::Time => "time",
        Reason::RecordTypes => "record types",
        Reason::Outcome => "outcome",
        Reason::Fewer => "fewer",
        Reason::Unexplained => "unexplained",
    }
}
