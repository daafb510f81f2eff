use super::*;
use crate::parallel::within;
use crate::report::{Collector as ReportCollector, FileRows, ReportOptions};
use crate::state::testing::gatherer;

/// A minute's tuple, from `source` to `destination`, port 443, with 1,000 bytes each way.
fn tuple(minute: i64, source: &str, destination: &str, state: char) -> String {
    let ms = 1_764_547_200_000 + minute * 60_000;
    let counters = if state == 'D' { "0,0,0,0" } else { "5,1000,5,1000" };
    format!(r#""{ms},{source},{destination},{},443,6,O,{state},NX,{counters}""#, 40_000 + minute % 20_000)
}

fn log(tuples: &[String]) -> String {
    format!(
        r#"{{"records":[{{"time":"2025-12-01T00:00:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{}]}}]}}]}}}}]}}"#,
        tuples.join(",")
    )
}

fn charts_of(tuples: &[String], own: &[&str]) -> Charts {
    let gatherer = gatherer(&log(tuples));
    let options = ReportOptions { top: 2, ..ReportOptions::default() };
    let collected = gatherer.gather(|| ReportCollector::new(&gatherer.summary, &options)).unwrap();
    let report = collected.finish(FileRows::default(), None).unwrap();
    let own = OwnNetworks::new(own.iter().map(|text| text.parse().unwrap()).collect());
    let one = within(1, || charts(&gatherer, &report, &own)).unwrap();
    assert_eq!(one, within(3, || charts(&gatherer, &report, &own)).unwrap());
    one
}

#[test]
fn connections_stand_in_the_column_in_which_they_began() {
    let tuples = [
        tuple(0, "10.0.0.4", "10.0.1.4", 'E'),
        tuple(0, "10.0.0.4", "10.0.1.5", 'D'),
        tuple(59, "10.0.1.4", "10.0.0.4", 'E'),
    ];
    let charts = charts_of(&tuples, &[]);
    let host = charts.hosts.rows.iter().find(|row| row.name.ip == "10.0.0.4").unwrap();
    assert_eq!((charts.hosts.length, charts.hosts.width_ms), (60, 60_000));
    assert_eq!(host.cells[0], Sums { bytes: 2_000, connections: 1, denied: 1 });
    assert_eq!(host.cells[59], Sums { bytes: 2_000, connections: 1, denied: 0 });
    assert_eq!(host.total, Sums { bytes: 4_000, connections: 2, denied: 1 });
    let [port] = charts.ports.rows.as_slice() else { panic!("one port") };
    assert_eq!((port.name.port, port.total), (443, host.total));
    assert_eq!(charts.timeline.rows.len(), 2);
}

#[test]
fn links_are_between_subnets_providers_and_classes() {
    let tuples = [
        tuple(0, "10.0.0.4", "10.0.1.4", 'E'),
        tuple(1, "10.0.0.9", "10.0.1.7", 'E'),
        tuple(2, "10.0.0.4", "1.1.1.1", 'E'),
        tuple(3, "203.0.113.7", "192.168.0.1", 'D'),
    ];
    let told = |own: &[&str]| {
        let links = charts_of(&tuples, own).links;
        links.rows.iter().map(|link| format!("{}>{}", link.from, link.to)).collect::<Vec<_>>()
    };
    let plain = ["10.0.0.0/24>10.0.1.0/24", "10.0.0.0/24>Cloudflare", "documentation>192.168.0.0/24"];
    assert_eq!(told(&[]), plain);
    assert_eq!(told(&["hub=10.0.0.0/16"])[0], "hub=10.0.0.0/16>hub=10.0.0.0/16");
}

#[test]
fn too_many_subnets_become_wider_ones_and_no_sum_is_lost() {
    let tuples: Vec<String> =
        (0..60).map(|place| tuple(place, &format!("10.{}.{place}.4", place % 3), "10.9.9.9", 'E')).collect();
    let links = charts_of(&tuples, &[]).links;
    assert_eq!(links.found, 3);
    assert_eq!(links.rows.iter().map(|link| link.sums.connections).sum::<u64>(), 60);
    assert!(links.rows.iter().all(|link| link.to == "10.9.0.0/16"), "{links:?}");
}

#[test]
fn times_of_any_length_have_few_columns() {
    for (first, last) in [(0, 0), (0, i64::MAX), (i64::MIN, i64::MAX), (-1, 1), (0, 366 * 86_400_000)] {
        let grid = map::Grid::fitting(first, last, COLUMNS);
        assert!((1..=100).contains(&grid.length), "{grid:?}");
        assert!(grid.column(first) == 0 && grid.column(last) == grid.length - 1, "{grid:?}");
    }
}
