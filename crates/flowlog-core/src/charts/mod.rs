//! What charts show beside the report: hosts and ports over time, NICs by hour, and who talks to whom.
//!
//! Everything is bounded, whatever the data are: so many rows, columns and links. The pairs of hosts are gathered once
//! more for it, since only the report tells which hosts and ports are worth a row.

mod map;
mod places;

use std::net::IpAddr;

use crate::connection::Outcome;
use crate::flow::OwnNetworks;
use crate::report::{HostName, Line, PortName, Report, line};
use crate::state::{Gather, Gatherer, HostId, HostPair, Hosts, Sighting, SpillError, Summary};

use map::{Grid, Rows, nics};
pub use map::{Map, MapRow, NicRow, Nics};
use places::{Ends, Exchanges};
pub use places::{Link, Links};

/// Points of a line over time at most.
const POINTS: i64 = 1_500;
/// Columns of hosts and ports over time at most.
const COLUMNS: i64 = 100;
/// Hosts, and ports, at most.
const ROWS: usize = 50;

/// What charts show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charts {
    /// Tuples over time, in finer spans than the report's.
    pub timeline: Line,
    /// The hosts of the report's rankings, initiators and responders together: their connections over time.
    pub hosts: Map<HostName>,
    /// The ports of the report's ranking.
    pub ports: Map<PortName>,
    /// The NICs' logs by hour.
    pub nics: Nics,
    /// Between which networks connections are, the heaviest first.
    pub links: Links,
}

/// Connections, and what they carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Bytes both ways.
    pub bytes: u64,
    /// Connections that were not denied.
    pub connections: u64,
    /// Denied attempts, however many packets each was.
    pub denied: u64,
}

impl Sums {
    fn of(sighting: &Sighting<HostId>, connections: u64) -> Self {
        let bytes = sighting.connection.counters.bytes();
        match sighting.outcome {
            Outcome::Denied => Self { bytes, connections: 0, denied: 1 },
            _ => Self { bytes, connections, denied: 0 },
        }
    }

    fn add(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.connections += other.connections;
        self.denied += other.denied;
    }
}

/// Makes the charts of what `report` was made of. `own` are networks that are one's own.
///
/// # Errors
/// Rows that went to disk cannot be read.
pub fn charts(gatherer: &Gatherer, report: &Report, own: &OwnNetworks) -> Result<Charts, SpillError> {
    let summary = &gatherer.summary;
    let scene = Scene::new(summary, report, own);
    let collected = gatherer.again(|| Collector::new(&scene), |_| true)?;
    Ok(Charts {
        timeline: line(&summary.timeline, POINTS),
        hosts: collected.hosts.finish(&scene.hosts, &scene.grid),
        ports: collected.ports.finish(&scene.ports, &scene.grid),
        nics: nics(&summary.coverage),
        links: collected.links.finish(own),
    })
}

/// What all collectors share.
struct Scene<'s> {
    summary: &'s Summary,
    own: &'s OwnNetworks,
    grid: Grid,
    hosts: Vec<(HostId, HostName)>,
    ports: Vec<((u8, u16), PortName)>,
}

impl<'s> Scene<'s> {
    fn new(summary: &'s Summary, report: &Report, own: &'s OwnNetworks) -> Self {
        let (first, last) = summary.overall.times.unwrap_or_default();
        let mut numbers = summary.hosts.beside();
        let mut hosts: Vec<(HostId, HostName)> = Vec::new();
        // The first of both rankings before the second of any.
        let most = report.top_sources.len().max(report.top_destinations.len());
        let ranked =
            (0..most).flat_map(|place| [report.top_sources.get(place), report.top_destinations.get(place)]);
        for name in ranked.flatten().map(|row| &row.name) {
            let Ok(address) = name.ip.parse::<IpAddr>() else { continue };
            let host = numbers.id(address);
            if hosts.len() < ROWS && hosts.iter().all(|(known, _)| *known != host) {
                hosts.push((host, name.clone()));
            }
        }
        let ports = report.top_ports.iter().take(ROWS);
        Self {
            summary,
            own,
            grid: Grid::fitting(first, last, COLUMNS),
            hosts,
            ports: ports.map(|row| ((row.name.protocol, row.name.port), row.name.clone())).collect(),
        }
    }
}

/// Sums what the charts show; one a thread. Memory: that of the rows and columns, and of [`Exchanges`].
struct Collector<'s> {
    scene: &'s Scene<'s>,
    addresses: Hosts,
    hosts: Rows<HostId>,
    ports: Rows<(u8, u16)>,
    links: Exchanges,
}

impl<'s> Collector<'s> {
    fn new(scene: &'s Scene<'s>) -> Self {
        let grid = &scene.grid;
        Self {
            scene,
            addresses: scene.summary.hosts.beside(),
            hosts: Rows::new(scene.hosts.iter().map(|(host, _)| *host), grid),
            ports: Rows::new(scene.ports.iter().map(|(port, _)| *port), grid),
            links: Exchanges::default(),
        }
    }

    fn count(&mut self, sighting: &Sighting<HostId>, connections: u64) {
        let (key, sums) = (&sighting.key, Sums::of(sighting, connections));
        let began = sighting.connection.begun_ms().unwrap_or(sighting.connection.first_ms);
        let column = self.scene.grid.column(began);
        self.hosts.count(&key.source, column, &sums);
        if key.destination != key.source {
            self.hosts.count(&key.destination, column, &sums);
        }
        self.ports.count(&(key.protocol.0, key.destination_port), column, &sums);
        let (near, own) = (&self.scene.summary.near, self.scene.own);
        let ends = [key.source, key.destination]
            .map(|host| self.addresses.address(host).map(|address| (address, near.is_own(host))));
        if let [Some(source), Some(destination)] = ends {
            self.links.count(Ends::of(source, destination, own), &sums);
        }
    }
}

impl Gather for Collector<'_> {
    fn take(&mut self, _: &mut HostPair) {}

    fn connection(&mut self, sighting: &Sighting<HostId>, _logs: usize) {
        self.count(sighting, sighting.connection.count());
    }

    fn allowed(&mut self, sighting: &Sighting<HostId>) {
        self.count(sighting, sighting.connection.tuples());
    }

    fn merge(&mut self, other: Self) {
        self.hosts.merge(&other.hosts);
        self.ports.merge(&other.ports);
        self.links.merge(other.links);
    }
}

#[cfg(test)]
mod tests;
