//! What files say of the two ends of a row: the last columns of connections and of tuples.

use std::net::IpAddr;

use flowlog_core::enrich::{AddressBook, FactKind};

use super::parquet::Spec;

/// The columns: of the source and of the destination, each kind that some file says anything of.
pub(crate) fn heads(book: &AddressBook) -> impl Iterator<Item = &'static str> {
    let (sources, destinations) = (book.kinds(), book.kinds());
    let sources = sources.into_iter().map(FactKind::source_column);
    sources.chain(destinations.into_iter().map(FactKind::destination_column))
}

/// The same of a Parquet file, behind `fixed`.
pub(crate) fn specs(fixed: &[Spec], book: &AddressBook) -> Vec<Spec> {
    let facts = heads(book).map(|name| Spec::text(name).or_null());
    fixed.iter().copied().chain(facts).collect()
}

/// Those cells of a row.
pub(crate) fn facts(ends: [IpAddr; 2], book: &AddressBook) -> Vec<Option<String>> {
    let kinds = book.kinds();
    if kinds.is_empty() {
        return Vec::new();
    }
    let ends = ends.map(|address| book.facts(address));
    ends.iter().flat_map(|end| kinds.iter().map(|kind| end.get(*kind).map(str::to_owned))).collect()
}
