use super::*;
use crate::parallel::within;
use crate::state::testing::{gatherer, pairs};
use crate::state::{Budget, HostPair, Shelf, Summary};

fn finding(rule: &'static str, entity: &str) -> Finding {
    Finding {
        id: format!("{rule}:{entity}"),
        rule,
        severity: Severity::High,
        title: String::new(),
        reason: Reason::default(),
        entity: entity.to_owned(),
        concern: Concern::new(Deed::SlowScan, entity, "", 0),
        first_time_ms: Some(0),
        last_time_ms: Some(0),
        techniques: &[],
        next_step: NextStep::NothingToDo,
        evidence: Vec::new(),
        evidence_rows: 0,
    }
}

fn entry(rule: &str, entity: &str, expires: &str) -> Suppression {
    let [rule, entity, expires] = [rule, entity, expires].map(str::to_owned);
    Suppression { rule, entity, reason: "the scanner of the security team".to_owned(), expires }
}

#[test]
fn a_suppression_holds_up_to_its_last_day_and_for_its_network() {
    let list = Suppressions {
        suppress: vec![
            entry("vertical-scan", "10.0.0.0/24", "2026-06-30"),
            entry("*", "10.9.9.9", "2026-06-29"),
        ],
    };
    let findings = || vec![finding("vertical-scan", "10.0.0.7"), finding("beacon", "10.9.9.9")];
    let (kept, gone, expired) = list.apply(findings(), "2026-06-30");
    assert_eq!((kept.len(), gone.len(), expired.len()), (1, 1, 1));
    assert_eq!((kept[0].rule, gone[0].id.as_str()), ("beacon", "vertical-scan:10.0.0.7"));
    let (kept, _, expired) = list.apply(findings(), "2026-07-01");
    assert_eq!((kept.len(), expired.len()), (2, 2));
}

#[test]
fn slips_in_a_suppression_list_are_told() {
    let check = |entry| Suppressions { suppress: vec![entry] }.check();
    assert!(check(entry("beacon", "*", "2026-12-31")).is_ok());
    let unknown = check(entry("becaon", "*", "2026-12-31")).unwrap_err().to_string();
    assert!(unknown.contains("becaon") && unknown.contains("vertical-scan"), "{unknown}");
    assert!(check(entry("beacon", "*", "2026-02-30")).is_err());
    assert!(check(entry("beacon", "*", "2026-2-3")).is_err());
    assert!(check(Suppression { reason: " ".to_owned(), ..entry("beacon", "*", "2026-12-31") }).is_err());
}

#[test]
fn severities_are_ordered_by_gravity() {
    assert!(Severity::ALL.is_sorted_by(|a, b| a > b));
}

/// Four own hosts call 250 hosts of the internet each, every five minutes for an hour and more: 50 that all of them
/// call, and 200 of their own.
fn by_the_clock() -> String {
    let tuples = |(beat, far, own): (i64, i64, i64)| {
        let (ms, port) = (1_764_547_200_000 + beat * 300_000 + far * 1000, 40_000 + beat);
        let net = if far < 50 { 0 } else { own };
        let row =
            |ms: i64, what: &str| format!(r#""{ms},10.0.0.{own},20.0.{net}.{far},{port},443,6,O,{what}""#);
        [row(ms, "B,NX,0,0,0,0"), row(ms + 900, "E,NX,5,500,4,400")]
    };
    let calls = (0..14).flat_map(|beat| (0..1000).map(move |call| (beat, call / 4, call % 4 + 1)));
    let tuples: Vec<String> = calls.flat_map(tuples).collect();
    format!(
        r#"{{"records":[{{"time":"2025-12-01T00:00:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{}]}}]}}]}}}}]}}"#,
        tuples.join(",")
    )
}

#[test]
fn conversations_by_the_clock_go_to_disk_and_the_findings_stay_the_same() {
    let gatherer = gatherer(&by_the_clock());
    let Summary { hosts, near, overall, coverage, .. } = &gatherer.summary;
    let pairs = pairs(&gatherer);
    let context = Context { coverage, load: gatherer.summary.load(), denials: gatherer.summary.denials() };
    let folder = tempfile::tempdir().unwrap();
    for (poller, beacons) in [(5, 4), (1000, 800)] {
        let mut options = FindingOptions::default();
        options.thresholds.beacon.poller = poller;
        // What half of the hosts call is a beacon no more.
        options.thresholds.beacon.low = 0.9;
        let scene = Scene::new(hosts, near, overall, &options);
        let collect = |part: &[HostPair]| {
            let mut collector = Collector::new(&scene);
            for pair in part {
                collector.take(&mut pair.clone());
            }
            collector
        };
        let judge = |collected, threads| within(threads, || judge(collected, &context, |_| ()));
        let whole = judge(collect(&pairs), 1).unwrap();
        assert_eq!(whole.findings.iter().filter(|finding| finding.rule == "beacon").count(), beacons);
        for threads in [1, 3] {
            let shelf = Shelf::new(&Budget::new(0, folder.path().to_owned()));
            let away = |part: &[HostPair]| {
                let mut collector = collect(part);
                let bytes = collector.rhythmic.bytes();
                assert!(bytes > 0 && collector.bytes() >= bytes);
                collector.put_away(&shelf);
                assert_eq!((collector.rhythmic.bytes(), collector.bytes()), (0, 0));
                collector
            };
            let (first, rest) = pairs.split_at(pairs.len() / 2);
            let mut all = away(first);
            all.merge(away(rest));
            assert!(judge(away(&pairs), threads).is_err(), "the shelf is not closed");
            shelf.close().unwrap();
            assert_eq!(judge(all, threads).unwrap(), whole);
        }
    }
}
