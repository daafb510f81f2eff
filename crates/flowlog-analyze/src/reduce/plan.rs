//! Which files belong together, and in what order they are read.
//!
//! Connections are joined where the tuples of a NIC are read in time order by one worker, so files
//! are grouped by NIC and sorted by time. Both are read from the beginning of each file, never from
//! its name: people rename files.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::IpAddr;

use flowlog_core::aggregate::{self, Aggregate, Collecting, HOUR_MS, plain_mac};
use flowlog_core::bytes;
use flowlog_core::flow::{AddressClass, Direction, FlowTuple};
use flowlog_core::record::{Decoder, LogKind, MalformedTuple, RecordContext, Sink};

use crate::walk::{Input, InputKind};

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
    kind: Option<LogKind>,
    /// Near ends of the first record's tuples whose addresses are not private, and all far ends.
    near: BTreeSet<IpAddr>,
    far: BTreeSet<IpAddr>,
    /// A host of the internet is a near end, and a private one the far end of it.
    passes_on: bool,
}

impl Beginning {
    /// Time of the first record, Unix ms.
    pub(super) fn time_ms(&self) -> Option<i64> {
        self.time_ms
    }

    /// The NIC seems to pass on traffic of others with the internet.
    fn forwards(&self) -> bool {
        self.passes_on || self.near.iter().any(|near| self.far.contains(near))
    }

    #[cfg(test)]
    pub(super) fn of(mac: &str, time_ms: i64) -> Self {
        Self { time_ms: Some(time_ms), mac: Some(mac.to_owned()), ..Self::default() }
    }
}

/// Reads the beginning of a file. One that cannot be read has none: reading it whole will tell why. Neither has
/// a stream: what was read of it would be lost.
pub(super) fn peek(input: &Input) -> Beginning {
    if input.kind != InputKind::File {
        return Beginning::default();
    }
    let look = |length| {
        let mut beginning = Beginning::default();
        if let Ok(reader) = bytes::open(&input.path, |_| ()) {
            Decoder::default().decode(reader.take(length), &mut beginning);
        }
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
            self.kind = Some(record.kind);
        }
    }
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, tuple: &FlowTuple) {
        let (near, far) = match tuple.direction {
            Direction::Outbound => (tuple.source, tuple.destination),
            Direction::Inbound => (tuple.destination, tuple.source),
        };
        let class = AddressClass::of(near);
        if is_unicast(class) && !class.is_private() {
            self.near.insert(near);
            let internet = matches!(class, AddressClass::Public | AddressClass::Documentation);
            self.passes_on |= internet && AddressClass::of(far).is_private();
        }
        self.far.insert(far);
    }
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

/// What inputs are ordered by: streams last, then time, then the larger one (of two copies of an hour
/// the one that has more), then path.
fn place<'a>(index: usize, inputs: &'a [Input], beginnings: &[Beginning]) -> impl Ord + use<'a> {
    let input = inputs.get(index);
    let time = beginnings.get(index).and_then(|beginning| beginning.time_ms);
    let size = input.map(|input| Reverse(input.size));
    (input.is_some_and(Input::is_stream), time, size, input.map(|input| &input.path))
}

/// What is known of a group before it is read: whether its files are of two kinds of logs, as far as their
/// first records tell, and the hours of the `VNet` log's files.
pub(super) fn unread(group: &Group, beginnings: &[Beginning]) -> aggregate::Group {
    let files = || group.inputs.iter().filter_map(|&index| beginnings.get(index));
    let of = |kind| files().filter(move |file| file.kind == Some(kind));
    if of(LogKind::Nsg).next().is_none() || of(LogKind::VNet).next().is_none() {
        return aggregate::Group::default();
    }
    let hour = |file: &Beginning| Some((file.mac.clone()?, file.time_ms?.div_euclid(HOUR_MS)));
    aggregate::Group::logged_twice(of(LogKind::VNet).filter_map(hour))
}

/// Whether a NIC can have such an address.
fn is_unicast(class: AddressClass) -> bool {
    !matches!(class, AddressClass::Platform | AddressClass::Multicast | AddressClass::Broadcast)
}

/// Own hosts whose addresses are not private, as far as the files' first records tell.
pub(super) fn own_public(beginnings: &[Beginning]) -> Vec<IpAddr> {
    let all: BTreeSet<IpAddr> = beginnings.iter().flat_map(|beginning| &beginning.near).copied().collect();
    all.into_iter().collect()
}

/// True if a NIC passes on traffic of others with the internet, as far as the files' first records tell, or if they
/// cannot be looked at before they are read.
pub(super) fn forwards(inputs: &[Input], beginnings: &[Beginning]) -> bool {
    inputs.iter().any(Input::is_stream) || beginnings.iter().any(Beginning::forwards)
}

/// What reading found of `collecting` that the files' first records did not tell: what should be collected in a second
/// reading; `None` if nothing was missed. A stream cannot be read twice.
pub(super) fn missed(read: &Aggregate, collecting: &Collecting, inputs: &[Input]) -> Option<Collecting> {
    if !collecting.sightings || collecting.forwards || inputs.iter().any(Input::is_stream) {
        return None;
    }
    let known: BTreeSet<IpAddr> = collecting.own_public.iter().copied().collect();
    let is_new = |address: &IpAddr| !AddressClass::of(*address).is_private() && !known.contains(address);
    let new = read.near.own().filter_map(|host| read.hosts.address(host)).filter(is_new);
    let new: BTreeSet<IpAddr> = new.filter(|&address| collecting.own.find(address).is_none()).collect();
    let forwards = read.near.forwards();
    (forwards || !new.is_empty()).then(|| {
        let own_public = known.union(&new).copied().collect();
        Collecting { forwards, own_public, ..collecting.clone() }
    })
}

/// One group a NIC, each in time order. A stream can be read only once and may hold any NIC: with one,
/// everything is one group, and streams are read last, one after the other.
pub(super) fn groups(inputs: &[Input], beginnings: &[Beginning]) -> Vec<Group> {
    let has_stream = inputs.iter().any(Input::is_stream);
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&index| place(index, inputs, beginnings));
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
    by_nic.into_values().chain(alone).collect()
}

/// Joins groups that turned out to hold the same NIC's log (files with records of several NICs), so
/// that a second reading can join its connections. `None` if no two groups share one.
pub(super) fn unite(
    groups: &[Group],
    streams: &[Vec<(String, String)>],
    beginnings: &[Beginning],
    inputs: &[Input],
) -> Option<Vec<Group>> {
    let mut owner: BTreeMap<&(String, String), usize> = BTreeMap::new();
    let mut leader: Vec<usize> = (0..groups.len()).collect();
    let find = |leader: &[usize], mut group: usize| {
        while let Some(&next) = leader.get(group).filter(|&&next| next != group) {
            group = next;
        }
        group
    };
    for (group, streams) in streams.iter().enumerate() {
        for stream in streams {
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
        group.inputs.sort_by_key(|&index| place(index, inputs, beginnings));
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
        assert_eq!(indexes(&groups(&inputs, &beginnings)), [&[1, 4][..], &[2, 0], &[3]]);
    }

    #[test]
    fn a_stream_is_read_last_in_the_only_group() {
        let inputs = ["-", "b"].map(input);
        let beginnings = [Beginning::default(), beginning("N1", 9)];
        assert_eq!(indexes(&groups(&inputs, &beginnings)), [&[1, 0][..]]);
    }

    #[test]
    fn groups_that_share_a_nic_are_united_and_sorted_again() {
        let inputs = ["a", "b", "c", "d"].map(input);
        let beginnings = [beginning("N1", 9), beginning("N2", 5), beginning("N3", 1), beginning("N4", 2)];
        let alone = groups(&inputs, &beginnings);
        let stream = |mac: &str| (mac.to_owned(), String::new());
        let streams =
            [vec![stream("N1")], vec![stream("N2"), stream("N3")], vec![stream("N3"), stream("N1")], vec![]];
        let united = unite(&alone, &streams, &beginnings, &inputs).unwrap();
        assert_eq!(indexes(&united), [&[2, 1, 0][..], &[3]]);
        assert_eq!(unite(&alone, &[vec![], vec![], vec![], vec![]], &beginnings, &inputs), None);
    }
}
