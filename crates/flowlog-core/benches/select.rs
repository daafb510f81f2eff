//! What a filter costs a tuple, and a rule of a record.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::tuple::parse;
use flowlog_core::select::{Filter, Place};

const FILTERS: [&str; 7] = [
    "port 22",
    "denied",
    "host 203.0.113.254",
    "dst in 10.0.0.0/8 and port in [22, 3389] and denied",
    "src class public and port in [21, 22, 23, 25, 80, 443, 445, 1433, 3389] and not denied",
    "rule *deny* and nsg web-nsg and port 443",
    "1000 networks",
];
const PLACE: Place<'_> = Place {
    mac: "000D3A1B2C3D",
    resource: "/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworks/hub",
    acl: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web-nsg",
    rule: "DefaultRule_DenyAllInBound",
};

fn main() {
    divan::main();
}

fn filter(text: &str) -> Filter {
    let networks = (0..1000).map(|number| format!("172.{}.{}.0/25", 16 + number / 256, number % 256));
    let many = format!("host in [{}]", networks.collect::<Vec<_>>().join(" "));
    Filter::parse(if text.starts_with("1000") { &many } else { text }).unwrap()
}

/// Tuples whose fields are spread without a pattern that a processor could learn.
fn tuples() -> Vec<FlowTuple> {
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut tuple = |_| {
        let port = [22, 443, 53, 3389, 8080][usize::try_from(next(5)).unwrap()];
        let state = ["B", "C", "E", "D"][usize::try_from(next(4)).unwrap()];
        let (a, b, c) = (next(256), next(256), next(16_000));
        let text = format!(
            "1663146003599,10.0.{a}.{b},172.{}.{b}.{a},{c},{port},6,O,{state},NX,1,60,1,60",
            16 + a % 8
        );
        parse(&text).unwrap()
    };
    (0..10_000).map(&mut tuple).collect()
}

#[divan::bench(args = FILTERS)]
fn admits(bencher: Bencher<'_, '_>, text: &str) {
    let (tuples, bound) = (tuples(), filter(text).bind(&PLACE));
    let admitted = || black_box(&tuples).iter().filter(|tuple| bound.admits(tuple)).count();
    bencher.counter(ItemsCount::new(tuples.len())).bench_local(admitted);
}

#[divan::bench(args = FILTERS)]
fn bind(bencher: Bencher<'_, '_>, text: &str) {
    let filter = filter(text);
    bencher.bench_local(|| filter.bind(black_box(&PLACE)));
}
