//! Hosts and ports over time, NICs by hour, and who talks to whom.

use flowlog_core::charts::{Map, MapRow, Sums as Cell};
use flowlog_core::report::HostName;
use serde::Serialize;

use super::model::Kind::{Bytes, Code, Count, Text};
use super::model::{Sheet, Sums, cells, column};
use super::{Told, known};
use crate::render::names::{acl_label, owner, port_label};
use crate::words::Lang;

/// Hosts of the map; the table has more.
const SHOWN: usize = 25;

/// What charts beside the tables show.
#[derive(Serialize)]
pub(super) struct Charts {
    hosts: Heat,
    nics: Heat,
    /// From, to, bytes, connections, denied attempts.
    links: Vec<(String, String, u64, u64, u64)>,
}

/// A map of rows by time.
#[derive(Serialize)]
struct Heat {
    start: i64,
    width: i64,
    length: usize,
    rows: Vec<HeatRow>,
    /// Rows there are beside these.
    hidden: u64,
}

#[derive(Serialize)]
struct HeatRow {
    name: String,
    more: String,
    /// Of each measure one number a column.
    values: Vec<Vec<u64>>,
}

pub(super) fn charts(told: &Told<'_>, lang: Lang) -> Charts {
    let charts = told.charts;
    let (hosts, nics) = (&charts.hosts, &charts.nics);
    let of_host = hosts.rows.iter().take(SHOWN).map(|row| HeatRow {
        name: row.name.ip.clone(),
        more: belongs(&row.name, told, lang),
        values: measures(&row.cells).into(),
    });
    let of_nic = nics.rows.iter().map(|row| HeatRow {
        name: row.mac.to_string(),
        more: acl_label(&row.resource).to_owned(),
        values: vec![row.tuples.clone()],
    });
    let links = charts.links.rows.iter().map(|link| {
        let Cell { bytes, connections, denied } = link.sums;
        (link.from.clone(), link.to.clone(), bytes, connections, denied)
    });
    Charts {
        hosts: Heat {
            start: hosts.start_ms,
            width: hosts.width_ms,
            length: hosts.length,
            rows: of_host.collect(),
            hidden: hosts.rows.len().saturating_sub(SHOWN) as u64,
        },
        nics: Heat {
            start: nics.start_ms,
            width: nics.width_ms,
            length: nics.length,
            rows: of_nic.collect(),
            hidden: nics.hidden,
        },
        links: links.collect(),
    }
}

/// Who an address belongs to, and what is known of it.
fn belongs(host: &HostName, told: &Told<'_>, lang: Lang) -> String {
    let facts = host.ip.parse().map(|address| told.book.facts(address)).unwrap_or_default();
    let known = Some(known::words(&facts, lang)).filter(|words| !words.is_empty());
    [Some(owner(host.class, host.provider).to_owned()), known]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn measures(cells: &[Cell]) -> [Vec<u64>; 3] {
    let of = |measure: fn(&Cell) -> u64| cells.iter().map(measure).collect();
    [of(|cell| cell.bytes), of(|cell| cell.connections), of(|cell| cell.denied)]
}

fn sums<N>(map: &Map<N>, columns: [usize; 3]) -> Sums {
    let rows = map.rows.iter().map(|row: &MapRow<N>| measures(&row.cells)).collect();
    Sums { start: map.start_ms, width: map.width_ms, columns, rows }
}

pub(super) fn tables(told: &Told<'_>, lang: Lang) -> Vec<Sheet> {
    [hosts(told, lang), ports(told, lang), links(told, lang)].into_iter().filter_map(Sheet::if_any).collect()
}

fn hosts(told: &Told<'_>, lang: Lang) -> Sheet {
    let map = &told.charts.hosts;
    let rows = map.rows.iter().map(|row| {
        let Cell { bytes, connections, denied } = row.total;
        let belongs = owner(row.name.class, row.name.provider);
        cells![row.name.ip.as_str(), belongs, bytes, connections, denied]
    });
    Sheet::new(lang, "t_hosts")
        .note(lang.say("n_hosts"))
        .columns([
            column("c_host", Code),
            column("c_belongs", Text),
            column("c_bytes", Bytes).bar(),
            column("c_connections", Count).bar(),
            column("c_denied_attempts", Count).bar(),
        ])
        .rows(rows, 0)
        .series(sums(map, [2, 3, 4]))
}

fn ports(told: &Told<'_>, lang: Lang) -> Sheet {
    let map = &told.charts.ports;
    let rows = map.rows.iter().map(|row| {
        let Cell { bytes, connections, denied } = row.total;
        let port = port_label(row.name.port, row.name.protocol);
        cells![port, row.name.service, bytes, connections, denied]
    });
    Sheet::new(lang, "t_ports")
        .columns([
            column("c_port", Text),
            column("c_service", Text),
            column("c_bytes", Bytes).bar(),
            column("c_connections", Count).bar(),
            column("c_denied_attempts", Count).bar(),
        ])
        .rows(rows, 0)
        .series(sums(map, [2, 3, 4]))
}

fn links(told: &Told<'_>, lang: Lang) -> Sheet {
    let links = &told.charts.links;
    let rows = links.rows.iter().map(|link| {
        let Cell { bytes, connections, denied } = link.sums;
        cells![link.from.as_str(), link.to.as_str(), bytes, connections, denied]
    });
    Sheet::new(lang, "t_links")
        .columns([
            column("c_from", Text),
            column("c_to", Text),
            column("c_bytes", Bytes).bar(),
            column("c_connections", Count),
            column("c_denied_attempts", Count),
        ])
        .rows(rows, links.found)
}
