//! What a collector keeps of pairs of hosts: the same findings whatever their order and however they are shared out.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::LazyLock;

use flowlog_core::finding::{Collector, Context, Crowd, FindingOptions, Findings, Scene, detect, judge};
use flowlog_core::flow::OwnNetworks;
use flowlog_core::record::Decoder;
use flowlog_core::report::{FileRows, Report, ReportOptions, build};
use flowlog_core::state::{Budget, Gather, GatherOptions, Gatherer, HostPair, Reader, Shared, Summary};
use flowlog_testkit::scenario::{Behaviour, Harmless, Scenario, Volume};
use proptest::prelude::*;

/// A day with everything that detectors look for, and what looks alike.
fn scenario() -> Scenario {
    Scenario {
        seed: 5,
        hours: 26,
        nics: 24,
        volume: Volume::Tuples(250_000),
        internal_hosts: 400,
        internet_hosts: 600,
        behaviours: Behaviour::ALL.to_vec(),
        harmless: Harmless::ALL.to_vec(),
        ..Scenario::default()
    }
}

fn gatherer(scenario: &Scenario) -> Gatherer {
    let mut reader = Reader::new(&Shared::new(&Budget::unlimited()));
    let Ok(_) = scenario.generate(|blob| -> Result<(), Infallible> {
        reader.begin_file(blob.name);
        Decoder::default().decode(blob.bytes, &mut reader);
        reader.end_file();
        Ok(())
    });
    let own = OwnNetworks::default();
    let options = GatherOptions { resolve: true, findings: true, provenance: false, own };
    Gatherer::new(reader.finish().unwrap(), options)
}

#[derive(Default)]
struct Pairs(Vec<HostPair>);

impl Gather for Pairs {
    fn take(&mut self, pair: &mut HostPair) {
        self.0.push(pair.clone());
    }
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

static GATHERER: LazyLock<Gatherer> = LazyLock::new(|| gatherer(&scenario()));
static PAIRS: LazyLock<Vec<HostPair>> = LazyLock::new(|| GATHERER.gather(Pairs::default).unwrap().0);

/// What detectors say of the pairs as they come, with [`options`] of `false` and of `true`.
static AS_THEY_COME: LazyLock<[Findings; 2]> = LazyLock::new(|| [false, true].map(as_they_come));

fn as_they_come(low: bool) -> Findings {
    // What is summed beside the pairs is that of the first gathering.
    let gatherer = gatherer(&scenario());
    let Summary { hosts, near, overall, .. } = &gatherer.summary;
    let options = options(low);
    let scene = Scene::new(hosts, near, overall, &options);
    let collected = gatherer.gather(|| Collector::new(&scene)).unwrap();
    detect(collected, &gatherer).unwrap()
}

/// The usual limits, and limits so low that ordinary hosts are told of: little that is lost goes unnoticed.
fn options(low: bool) -> FindingOptions {
    let mut options = FindingOptions::default();
    let limits = &mut options.thresholds;
    if low {
        limits.vertical_scan.ports = 2;
        limits.horizontal_sweep.hosts = 2;
        limits.horizontal_sweep.failed_share = 0.3;
        limits.slow_scan.contacts = 2;
        limits.slow_scan.dead_for = 4;
        limits.brute_force.internal_attempts = 2;
        limits.lateral_movement.hosts = 2;
        limits.lateral_movement.times_usual = 0.5;
        limits.beacon.connections = 4;
        limits.beacon.low = 0.4;
        limits.strobe.per_second = 0.001;
        limits.long_connection.low_hours = 0.2;
        limits.exfiltration.bytes = 10_000;
        limits.exfiltration.z_score = 0.1;
        limits.exfiltration.ratio = 0.1;
        limits.flood.attempts = 40;
        limits.flood.outbound = 5;
        limits.flood.times_usual = 2.0;
    }
    options
}

fn by(shares: &[Vec<usize>], threads: usize, options: &FindingOptions) -> Findings {
    let Summary { hosts, near, overall, coverage, .. } = &GATHERER.summary;
    let scene = Scene::new(hosts, near, overall, options);
    let collect = |share: &Vec<usize>| {
        let mut collector = Collector::new(&scene);
        for place in share {
            collector.take(&mut PAIRS[*place].clone());
        }
        collector
    };
    assert_eq!(shares.iter().map(Vec::len).sum::<usize>(), PAIRS.len());
    // One share is not merged with anything.
    let collected = shares.iter().map(collect).reduce(|mut all, part| {
        all.merge(part);
        all
    });
    let context = Context { coverage, load: GATHERER.summary.load(), denials: GATHERER.summary.denials() };
    let walk = |crowd: &mut Crowd<'_>| {
        for share in shares {
            let mut beside = crowd.beside();
            for place in share {
                beside.take(&mut PAIRS[*place].clone());
            }
            crowd.merge(beside);
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| judge(collected.unwrap(), &context, walk)).unwrap()
}

/// Places of all pairs in an order of chance, cut at `cuts`.
fn shares() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let order = Just((0..PAIRS.len()).collect::<Vec<usize>>()).prop_shuffle();
    let cuts = prop::collection::vec(0..=PAIRS.len(), 0..6);
    (order, cuts).prop_map(|(order, mut cuts)| {
        cuts.extend([0, order.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|cut| order[cut[0]..cut[1]].to_vec()).collect()
    })
}

#[test]
fn the_scenario_has_findings_of_nearly_every_rule() {
    let [found, _] = &*AS_THEY_COME;
    let rules: BTreeSet<&str> = found.findings.iter().map(|finding| finding.rule).collect();
    assert!(rules.len() >= 14 && rules.contains("flood"), "{rules:?}");
    assert!(found.noise.scanners > 0 && !found.noise.top.is_empty(), "{:?}", found.noise);
    assert!(found.findings.iter().all(|finding| !finding.evidence.is_empty()));
}

/// Who asks for every pair of hosts gets them all; else one denied attempt is no pair.
#[test]
fn the_report_is_the_same_whether_or_not_noise_comes_as_pairs() {
    let report = |gatherer: &Gatherer, beside: Option<Pairs>| -> (Report, Option<Pairs>) {
        let beside = || beside.as_ref().map(|_| Pairs::default());
        build(gatherer, FileRows::default(), &ReportOptions::default(), beside).unwrap()
    };
    let scenario = Scenario { noise: 0.3, volume: Volume::Tuples(500_000), ..scenario() };
    let (alone, _) = report(&gatherer(&scenario), None);
    let (whole, pairs) = report(&gatherer(&scenario), Some(Pairs::default()));
    let is_denied = |pair: &&HostPair| pair.conversations.iter().all(|known| known.allowed.is_none());
    let denied = pairs.unwrap().0.iter().filter(is_denied).count();
    assert!(denied > 10_000, "{denied}");
    let [alone, whole] = [alone, whole].map(|report| serde_json::to_string(&report).unwrap());
    assert!(alone == whole);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn findings_depend_on_no_order_and_no_split(shares in shares(), threads in 1_usize..8, low: bool) {
        let options = options(low);
        prop_assert_eq!(by(&shares, threads, &options), by(&[(0..PAIRS.len()).collect()], 1, &options));
        prop_assert_eq!(&by(&shares, threads, &options), &AS_THEY_COME[usize::from(low)]);
    }
}
