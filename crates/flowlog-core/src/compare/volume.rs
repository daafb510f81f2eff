//! How much the volume of hosts and ports changed.

use super::changes::{entries, host_name, listed};
use super::model::{Counts, Listed, VolumeChange};
use super::span::Scale;
use super::union::{Both, Seen, Union};
use crate::report::{HostName, PortName};

pub(super) fn hosts(union: &Union, scale: &Scale, limit: usize) -> Listed<VolumeChange<HostName>> {
    volume(entries(&union.by_host), scale, limit, |host| union.address(*host), |host| host_name(union, *host))
}

pub(super) fn ports(union: &Union, scale: &Scale, limit: usize) -> Listed<VolumeChange<PortName>> {
    volume(entries(&union.by_port), scale, limit, |port| (port.1, port.0), |port| PortName::of(*port))
}

/// What both sets have and has other counts; the largest change of bytes first, then of connections.
fn volume<K: Copy, N, O: Ord>(
    rows: impl Iterator<Item = (K, Both)>,
    scale: &Scale,
    limit: usize,
    order: impl Fn(&K) -> O,
    name: impl Fn(&K) -> N,
) -> Listed<VolumeChange<N>> {
    let moved = |[a, b]: &Both| {
        let distance = |count: fn(&Counts) -> u64| scale.distance(count(&a.counts), count(&b.counts));
        [
            distance(|counts| counts.bytes),
            distance(|counts| counts.connections),
            distance(|counts| counts.denied),
        ]
    };
    let in_both = |both: &Both| both.iter().all(Seen::is_let_through);
    let changed = rows.filter(|(_, both)| in_both(both) && moved(both) != [0; 3]);
    let by = |x: &(K, Both), y: &(K, Both)| {
        moved(&y.1).cmp(&moved(&x.1)).then_with(|| order(&x.0).cmp(&order(&y.0)))
    };
    listed(changed.collect(), limit, by, |(key, [a, b])| VolumeChange {
        name: name(key),
        a: a.counts,
        b: b.counts,
        ratios: scale.ratios(&a.counts, &b.counts),
    })
}
