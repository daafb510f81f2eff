//! Sections of single hosts: those of `--host`, and those of `--specific-ips`.

use flowlog_core::flow::Direction;
use flowlog_core::flows::{Field, FlowTable, Value};
use flowlog_core::report::{PortRow, SideOfHost, SpecificIp};
use serde::Serialize;
use serde_json::Value as Cell;

use super::Told;
use super::model::Kind::{self, Bytes, Code, Count, Text, Time};
use super::model::{Fact, Series, Sheet, cells, column};
use super::shown;
use crate::host::HostPage;
use crate::render::host::{buckets, known_of};
use crate::render::names::{acl_label, owner, port_label, protocol_label, rule_name};
use crate::words::Lang;

#[derive(Serialize)]
pub(super) struct Host {
    name: String,
    what: Option<String>,
    facts: Vec<Fact>,
    timeline: Option<Series>,
    findings: Option<shown::Findings>,
    tables: Vec<Sheet>,
}

impl Host {
    /// Its tables.
    pub(super) fn sheets(&mut self) -> impl Iterator<Item = &mut Sheet> {
        self.tables.iter_mut().chain(self.findings.iter_mut().flat_map(shown::Findings::sheets))
    }
}

pub(super) fn hosts(told: &Told<'_>, lang: Lang) -> Vec<Host> {
    let pages = told.hosts.iter().enumerate().map(|(place, page)| of_page(page, place, told, lang));
    let specific = told.report.specific_ips.iter().enumerate();
    pages.chain(specific.map(|(place, host)| of_query(host, place + told.hosts.len(), lang))).collect()
}

fn of_page(page: &HostPage, place: usize, told: &Told<'_>, lang: Lang) -> Host {
    let total = &page.timeline.total;
    let silent = total.connections == 0;
    let facts = [
        Fact(lang.say("f_connections"), Count, total.connections.into(), None),
        Fact(lang.say("f_sent"), Bytes, total.counters.bytes_sent.into(), None),
        Fact(lang.say("f_received"), Bytes, total.counters.bytes_received.into(), None),
    ];
    let tables = [
        ("t_peers", &page.peers),
        ("t_let_in", &page.let_in),
        ("t_host_denied", &page.denied),
        ("t_host_nics", &page.nics),
    ];
    let tables = tables.into_iter().filter_map(|(title, table)| {
        let sheet = flows(Sheet::new(lang, title), table, lang);
        sheet.called(format!("{}-{}", title.trim_start_matches("t_"), place + 1)).if_any()
    });
    let what = if silent { lang.say("host_silent").to_owned() } else { known_of(page, lang) };
    Host {
        name: page.host.clone(),
        what: Some(what),
        facts: if silent { Vec::new() } else { facts.into() },
        timeline: (!silent).then(|| series(page)),
        findings: page
            .findings
            .as_deref()
            .map(|findings| shown::of_host(findings, told, lang, &format!("-host{}", place + 1))),
        tables: tables.collect(),
    }
}

/// Connections by when they began. What was sent and what was received is one number there.
fn series(page: &HostPage) -> Series {
    let buckets = buckets(page);
    let start = buckets.first().map_or(0, |bucket| bucket.time_ms);
    let rows = buckets.iter().zip(0_u64..).filter(|(bucket, _)| bucket.connections + bucket.denied > 0);
    let rows = rows.map(|(bucket, place)| {
        [place, bucket.bytes_sent, bucket.bytes_received, bucket.connections, bucket.denied]
    });
    Series { start, width: page.bucket_ms.unsigned_abs().max(1), rows: rows.collect() }
}

/// Groups of connections.
fn flows(sheet: Sheet, table: &FlowTable, lang: Lang) -> Sheet {
    let heads = table.by.iter().filter_map(|field| head(*field)).map(|(key, kind)| column(key, kind));
    let sums = [
        column("c_connections", Count).bar(),
        column("c_sent", Bytes),
        column("c_received", Bytes),
        column("c_first", Time),
        column("c_last", Time),
    ];
    let fields = heads.clone().count();
    let rows = table.rows.iter().map(|row| {
        let protocol = row.values.iter().find_map(|value| match value {
            Value::Protocol(protocol) => Some(protocol.0),
            _ => None,
        });
        let named = table.by.iter().zip(&row.values);
        let mut cells: Vec<Cell> = named
            .filter_map(|(field, value)| head(*field).map(|_| cell(*field, value, protocol, lang)))
            .collect();
        let (sums, counters) = (&row.sums, &row.sums.counters);
        cells.extend(cells![
            sums.connections,
            counters.bytes_sent,
            counters.bytes_received,
            sums.first_ms,
            sums.last_ms
        ]);
        cells
    });
    sheet.columns(heads.chain(sums)).rows(rows, table.found).times(fields + 3, fields + 4)
}

/// The column of a field; the protocol stands with the port.
fn head(field: Field) -> Option<(&'static str, Kind)> {
    Some(match field {
        Field::Source(_) => ("c_source", Code),
        Field::Destination(_) => ("c_destination", Code),
        Field::Port => ("c_port", Text),
        Field::Rule => ("c_rule", Text),
        Field::Nsg => ("c_nsg", Text),
        Field::Nic => ("c_nic", Code),
        Field::Direction => ("c_direction", Text),
        _ => return None,
    })
}

fn cell(field: Field, value: &Value, protocol: Option<u8>, lang: Lang) -> Cell {
    match value {
        Value::Address(address) => address.to_string().into(),
        Value::Network(network) => network.to_string().into(),
        Value::Port(port) => {
            protocol.map_or_else(|| port.to_string(), |number| port_label(*port, number)).into()
        }
        Value::Protocol(protocol) => protocol_label(protocol.0).into(),
        Value::Direction(Direction::Inbound) => lang.say("inbound").into(),
        Value::Direction(Direction::Outbound) => lang.say("outbound").into(),
        Value::Name(name) if field == Field::Rule => rule_name(name).into(),
        Value::Name(name) if field == Field::Nsg => acl_label(name).into(),
        Value::Name(name) => name.as_str().into(),
        Value::Outcome(outcome) => outcome.name().into(),
        Value::Encryption(word) => word.word().into(),
        Value::Class(class) => class.label().into(),
        Value::Provider(name) => (*name).into(),
        Value::Fact(text) => text.as_deref().unwrap_or_default().into(),
        Value::Time(ms) => (*ms).into(),
    }
}

fn of_query(host: &SpecificIp, place: usize, lang: Lang) -> Host {
    let (out, inbound) = (&host.as_source, &host.as_destination);
    let both = |of: fn(&SideOfHost) -> u64| of(out).saturating_add(of(inbound));
    let sent = out.bytes_sent.saturating_add(inbound.bytes_received);
    let received = out.bytes_received.saturating_add(inbound.bytes_sent);
    let facts = vec![
        Fact(lang.say("f_tuples"), Count, both(|side| side.tuples).into(), None),
        Fact(lang.say("f_denied"), Count, both(|side| side.denied).into(), None),
        Fact(lang.say("f_sent"), Bytes, sent.into(), None),
        Fact(lang.say("f_received"), Bytes, received.into(), None),
    ];
    let silent = both(|side| side.tuples) == 0;
    let name = |id: &str| format!("{id}-{}", place + 1);
    let tables = [
        peers(host, lang).called(name("peers")),
        ports(Sheet::new(lang, "t_in_ports"), &inbound.top_ports).called(name("in_ports")),
        ports(Sheet::new(lang, "t_out_ports"), &out.top_ports).called(name("out_ports")),
    ];
    Host {
        name: host.query.clone(),
        what: silent.then(|| lang.say("host_silent").to_owned()),
        facts: if silent { Vec::new() } else { facts },
        timeline: None,
        findings: None,
        tables: tables.into_iter().filter_map(Sheet::if_any).collect(),
    }
}

fn peers(host: &SpecificIp, lang: Lang) -> Sheet {
    let rows = host.top_peers.iter().map(|row| {
        let belongs = owner(row.name.class, row.name.provider);
        cells![row.name.ip.as_str(), belongs, row.tuples, row.denied, row.bytes]
    });
    Sheet::new(lang, "t_side_peers")
        .columns([
            column("c_host", Code),
            column("c_belongs", Text),
            column("c_tuples", Count).bar(),
            column("c_denied", Count),
            column("c_bytes", Bytes),
        ])
        .rows(rows, 0)
}

fn ports(sheet: Sheet, list: &[PortRow]) -> Sheet {
    let rows = list.iter().map(|row| {
        let name = port_label(row.name.port, row.name.protocol);
        cells![name, row.name.service, row.tuples, row.denied, row.bytes]
    });
    sheet
        .columns([
            column("c_port", Text),
            column("c_service", Text),
            column("c_tuples", Count).bar(),
            column("c_denied", Count),
            column("c_bytes", Bytes),
        ])
        .rows(rows, 0)
}
