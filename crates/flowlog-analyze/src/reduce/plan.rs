//! Which files belong together, and in what order they are read.
//!
//! Records that another file of the same NIC held are known again where one worker reads all its files, in time order,
//! so files are grouped by NIC and sorted by time. Both are read from the beginning of each file, never from its name:
//! people rename files.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::ops::ControlFlow;

use flowlog_core::bytes::{self, Part};
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_core::state::plain_mac;

use crate::walk::{Input, InputKind, is_flow_log};

/// A record's keys come within its first hundreds of bytes; only odd files need the second look.
const PEEKS: [u64; 2] = [4 << 10, 1 << 20];

/// Files that one worker reads one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Indexes of the inputs, in the order to read them.
    pub(super) inputs: Vec<usize>,
    /// Their bytes on disk.
    pub(super) size: u64,
}

/// What the beginning of a file tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Beginning {
    /// Time of the first record, Unix ms.
    time_ms: Option<i64>,
    /// MAC address of its NIC; `None` if there is no flow-log record.
    mac: Option<String>,
}

impl Beginning {
    #[cfg(test)]
    pub(super) fn of(mac: &str, time_ms: i64) -> Self {
        Self { time_ms: Some(time_ms), mac: Some(mac.to_owned()) }
    }
}

/// Reads the beginning of a file. One that cannot be read has none: reading it whole will tell why. Neither has
/// a stream: what was read of it would be lost.
pub(super) fn peek(input: &Input, decoder: &mut Decoder) -> Beginning {
    if input.kind != InputKind::File {
        return Beginning::default();
    }
    let mut look = |length| {
        let mut beginning = Beginning::default();
        // Of an archive, its first member.
        let mut part = |part: Part<'_>| {
            decoder.decode(part.bytes.take(length), &mut beginning);
            ControlFlow::Break(())
        };
        // Reading it whole will tell what is wrong.
        let _ = bytes::each_part(&input.path, |_| (), &is_flow_log, &mut part);
        beginning
    };
    let [short, long] = PEEKS;
    let beginning = look(short);
    if beginning.mac.is_some() { beginning } else { look(long) }
}

impl Sink for Beginning {
    fn record(&mut self, record: &RecordContext<'_>) {
        if self.mac.is_none() {
            self.mac = Some(plain_mac(record.mac));
            self.time_ms = record.time_ms;
        }
    }
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, _: &FlowTuple) {}
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

/// What inputs are ordered by: streams last, then time of the first record, then the larger one (of two copies of an hour
/// the one that has more), then path.
fn place<'a>(index: usize, inputs: &'a [Input], times: &[Option<i64>]) -> impl Ord + use<'a> {
    let input = inputs.get(index);
    let time = times.get(index).copied().flatten();
    let size = input.map(|input| Reverse(input.size));
    (input.is_some_and(Input::is_stream), time, size, input.map(|input| &input.path))
}

/// One group a NIC, each in time order. A stream can be read only once and may hold any NIC: with one,
/// everything is one group, and streams are read last, one after the other. With them come the times of the inputs' first
/// records, which [`unite`] asks for.
pub(super) fn groups(inputs: &[Input], beginnings: &[Beginning]) -> (Vec<Group>, Vec<Option<i64>>) {
    let times: Vec<Option<i64>> = beginnings.iter().map(|beginning| beginning.time_ms).collect();
    let has_stream = inputs.iter().any(Input::is_stream);
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&index| place(index, inputs, &times));
    let mut by_nic: BTreeMap<Option<&str>, Group> = BTreeMap::new();
    let mut alone = Vec::new();
    for index in order {
        let size = inputs.get(index).map_or(0, |input| input.size);
        let mac = beginnings.get(index).and_then(|beginning| beginning.mac.as_deref());
        let group = if has_stream {
            by_nic.entry(None).or_default()
        } else if mac.is_some() {
            by_nic.entry(mac).or_default()
        } else {
            alone.push(Group::default());
            let Some(last) = alone.last_mut() else { continue };
            last
        };
        group.inputs.push(index);
        group.size += size;
    }
    (by_nic.into_values().chain(alone).collect(), times)
}

/// Joins groups that turned out to hold the same NIC's log (files with records of several NICs), so
/// that a second reading can know repeated records again. `None` if no two groups share one.
pub(super) fn unite(
    groups: &[Group],
    streams: &[Vec<u64>],
    times: &[Option<i64>],
    inputs: &[Input],
) -> Option<Vec<Group>> {
    let mut owner: HashMap<u64, usize> = HashMap::new();
    let mut leader: Vec<usize> = (0..groups.len()).collect();
    let find = |leader: &[usize], mut group: usize| {
        while let Some(&next) = leader.get(group).filter(|&&next| next != group) {
            group = next;
        }
        group
    };
    for (group, streams) in streams.iter().enumerate() {
        for &stream in streams {
            let other = *owner.entry(stream).or_insert(group);
            let (a, b) = (find(&leader, group), find(&leader, other));
            if let Some(slot) = leader.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let mut united: BTreeMap<usize, Group> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        let target = united.entry(find(&leader, index)).or_default();
        target.inputs.extend(&group.inputs);
        target.size += group.size;
    }
    if united.len() == groups.len() {
        return None;
    }
    for group in united.values_mut() {
        group.inputs.sort_by_key(|&index| place(index, inputs, times));
    }
    Some(united.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str) -> Input {
        let kind = if path == "-" { InputKind::Stream } else { InputKind::File };
        Input { path: path.into(), size: 1, kind }
    }

    fn beginning(mac: &str, time: i64) -> Beginning {
        Beginning::of(mac, time)
    }

    fn indexes(groups: &[Group]) -> Vec<&[usize]> {
        groups.iter().map(|group| group.inputs.as_slice()).collect()
    }

    #[test]
    fn files_are_grouped_by_nic_in_time_order_and_strangers_stand_alone() {
        let inputs = ["a", "b", "c", "d", "e"].map(input);
        let beginnings = [
            beginning("N2", 5),
            beginning("N1", 9),
            beginning("N2", 3),
            Beginning::default(),
            beginning("N1", 9),
        ];
        assert_eq!(indexes(&groups(&inputs, &beginnings).0), [&[1, 4][..], &[2, 0], &[3]]);
    }

    #[test]
    fn a_stream_is_read_last_in_the_only_group() {
        let inputs = ["-", "b"].map(input);
        let beginnings = [Beginning::default(), beginning("N1", 9)];
        assert_eq!(indexes(&groups(&inputs, &beginnings).0), [&[1, 0][..]]);
    }

    #[test]
    fn groups_that_share_a_nic_are_united_and_sorted_again() {
        let inputs = ["a", "b", "c", "d"].map(input);
        let beginnings = [beginning("N1", 9), beginning("N2", 5), beginning("N3", 1), beginning("N4", 2)];
        let (alone, times) = groups(&inputs, &beginnings);
        let streams = [vec![1], vec![2, 3], vec![3, 1], vec![]];
        let united = unite(&alone, &streams, &times, &inputs).unwrap();
        assert_eq!(indexes(&united), [&[2, 1, 0][..], &[3]]);
        assert_eq!(unite(&alone, &[vec![], vec![], vec![], vec![]], &times, &inputs), None);
    }
}
