//! The NSG and the `VNet` flow log of the same hours side by side.

use flowlog_core::compare::{Migration, Overlap, Reason, Rest};

use crate::render::names::port_label;
use crate::render::terminal::page::Page;
use crate::render::terminal::table::{Cell, Table, addresses, names, numbers, words};
use crate::render::text::{self, count, share};
use crate::words::{Lang, fill};

pub(super) fn all(page: &mut Page, migration: &Migration) {
    page.group("NSG log and VNet log");
    page.note(
        "What both formats can tell: TCP and UDP. NSG logs write seconds, VNet logs milliseconds: connections \
         are matched by their number within source, destination and port.",
    );
    let columns = [words(""), numbers("NSG log"), numbers("VNet log"), numbers("In both"), numbers("Of NSG")];
    let mut table = Table::new(columns);
    let lang = page.lang();
    let mut row = |name: &'static str, overlap: &Overlap| {
        table.push(vec![
            lang.say(name).into(),
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
    page.pair("NICs in both", &lang.count(migration.nics_in_both));
    let line = fill!(
        lang,
        "{n} with as many connections in both, of these {equal} with the same packets and bytes",
        n = lang.count(migration.equal_conversations),
        equal = lang.count(migration.equal_counters)
    );
    page.pair("Conversations", &line);
    page.pair("Their packets", &sums(lang, migration.packets.nsg, migration.packets.vnet, count));
    page.pair("Their bytes", &sums(lang, migration.bytes.nsg, migration.bytes.vnet, text::bytes));
    page.pair(
        "Other outcome",
        &fill!(
            lang,
            "{conversations} (below)",
            conversations = lang.counted(migration.other_outcome, "conversation", "conversations")
        ),
    );
    rest(page, "Only in the NSG log", &migration.only_nsg);
    rest(page, "Only in the VNet log", &migration.only_vnet);
}

fn sums(lang: Lang, nsg: u64, vnet: u64, show: fn(u64) -> String) -> String {
    let [nsg, vnet] = [nsg, vnet].map(|value| lang.number(show(value)));
    fill!(lang, "{nsg} in the NSG log, {vnet} in the VNet log", nsg, vnet)
}

fn rest(page: &mut Page, title: &str, rest: &Rest) {
    let total = rest.conversations.total;
    page.section(title, &page.lang().counted(total, "conversation", "conversations"));
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
            page.lang().say(row.reason.label()).into(),
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
    let lang = page.lang();
    page.table(Table::new(columns), &rest.conversations.rows, total, |row| {
        let conversation = &row.conversation;
        vec![
            conversation.ends.source.clone().into(),
            conversation.ends.destination.clone().into(),
            port_label(conversation.ends.port, conversation.ends.protocol).into(),
            Cell::count(conversation.counts.connections),
            Cell::count(conversation.counts.denied),
            lang.say(short(row.reason)).into(),
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
