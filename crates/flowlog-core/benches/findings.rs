//! Findings of the internet's noise alone: pairs of hosts of which all there is to say is one denied packet.
//! `cargo bench --package flowlog-core --bench findings` prints pairs/s.

use std::net::{IpAddr, Ipv4Addr};

use divan::Bencher;
use divan::counter::ItemsCount;
use flowlog_core::finding::{Collector, Context, FindingOptions, Scene, judge};
use flowlog_core::flow::Protocol;
use flowlog_core::state::{
    Conversation, ConversationKey, Denials, Denied, Gather, HostId, HostPair, Hosts, LoadTable, NearEnds,
    Overall,
};

const SOURCES: u32 = 1_000_000;

fn main() {
    divan::main();
}

/// Sources that are met once, and a few own hosts.
struct Noise {
    hosts: Hosts,
    near: NearEnds,
    overall: Overall,
    options: FindingOptions,
    ends: Vec<(HostId, HostId)>,
}

impl Noise {
    fn new() -> Self {
        let mut hosts = Hosts::default();
        let mut host = |number: u32| hosts.id(IpAddr::V4(Ipv4Addr::from_bits(number)));
        let own: Vec<HostId> = (0..128).map(|number| host(0x0a00_0000 + number)).collect();
        let ends = (0..SOURCES).zip(own.iter().cycle());
        let ends = ends.map(|(number, own)| (host(0x3000_0000 + number * 7), *own)).collect();
        let (near, overall, options) = (NearEnds::default(), Overall::default(), FindingOptions::default());
        Self { hosts, near, overall, options, ends }
    }

    fn scene(&self) -> Scene<'_> {
        Scene::new(&self.hosts, &self.near, &self.overall, &self.options)
    }

    fn collect<'a>(&self, scene: &'a Scene<'a>) -> Collector<'a> {
        let mut collected = Collector::new(scene);
        let mut pair = HostPair::default();
        for (time_ms, &(source, destination)) in (1_768_435_200_000_i64..).zip(&self.ends) {
            let key = ConversationKey { source, destination, port: 23, protocol: Protocol::TCP };
            let (first_ms, last_ms) = (time_ms, time_ms);
            let denied = Denied { tuples: 1, attempts: 1, first_ms, last_ms, inbound: true, outbound: false };
            pair.conversations.clear();
            pair.conversations.push(Conversation { denied: Some(denied), ..Conversation::new(key) });
            collected.take(&mut pair);
        }
        collected
    }
}

#[divan::bench(sample_count = 10)]
fn collect(bencher: Bencher<'_, '_>) {
    let noise = Noise::new();
    let scene = noise.scene();
    bencher.counter(ItemsCount::new(SOURCES)).bench_local(|| noise.collect(&scene));
}

#[divan::bench(sample_count = 10)]
fn judge_collected(bencher: Bencher<'_, '_>) {
    let noise = Noise::new();
    let scene = noise.scene();
    let (load, denials) = (LoadTable::default(), Denials::default());
    let context = Context { coverage: &[], load: &load, denials: &denials };
    bencher.counter(ItemsCount::new(SOURCES)).with_inputs(|| noise.collect(&scene)).bench_local_values(
        |collected| {
            let findings = judge(collected, &context, |_| ()).unwrap();
            assert_eq!(findings.noise.sources, u64::from(SOURCES));
            findings
        },
    );
}
