//! For tests of whatever is made from a state.

use super::{Budget, Gather, GatherOptions, Gatherer, HostPair, Reader, Shared};
use crate::flow::OwnNetworks;
use crate::record::Decoder;

/// A file of this text, read and ready to be gathered.
pub(crate) fn gatherer(text: &str) -> Gatherer {
    let mut reader = Reader::new(&Shared::new(&Budget::unlimited()).with_minutes());
    reader.begin_file("a.json");
    let end = Decoder::default().decode(text.as_bytes(), &mut reader);
    assert_eq!((end.problem.is_none(), end.malformed), (true, 0), "{text}");
    reader.end_file();
    let options =
        GatherOptions { resolve: true, findings: true, provenance: true, own: OwnNetworks::default() };
    Gatherer::new(reader.finish().unwrap(), options)
}

/// All pairs of hosts.
pub(crate) fn pairs(gatherer: &Gatherer) -> Vec<HostPair> {
    gatherer.gather(Pairs::default).unwrap().0
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
