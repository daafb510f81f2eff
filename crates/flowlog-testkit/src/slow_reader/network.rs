//! Encryption between subnets and classes of traffic, each straight from its definition.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::rows::Row;
use crate::truth::{ClassTruth, EncryptionTruth};

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.octets()[0] & 0xfe == 0xfc,
    }
}

/// The network of the first 24 or 64 bits.
fn subnet(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let base = std::net::Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00);
            format!("{base}/24")
        }
        IpAddr::V6(address) => {
            let base = std::net::Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("{base}/64")
        }
    }
}

pub(super) fn encryption_pairs(rows: &[Row]) -> Vec<EncryptionTruth> {
    let mut found: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    let private = |row: &&Row| is_private(row.source) && is_private(row.destination);
    for row in rows.iter().filter(private).filter(|row| !row.encryption.is_empty()) {
        found
            .entry((subnet(row.source), subnet(row.destination), row.encryption.clone()))
            .or_default()
            .push(row);
    }
    found
        .into_iter()
        .map(|((source, destination, word), rows)| EncryptionTruth {
            source,
            destination,
            word,
            tuples: rows.len() as u64,
            attempts: rows.iter().filter(|row| "BD".contains(row.state)).count() as u64,
            bytes: rows.iter().map(|row| row.bytes()).sum(),
        })
        .collect()
}

pub(super) fn classes(rows: &[Row]) -> BTreeMap<String, ClassTruth> {
    let near = |row: &Row| if row.direction == 'O' { row.source } else { row.destination };
    let vnet_rows = rows.iter().filter(|row| !row.vnet.is_empty());
    let vnets: BTreeMap<IpAddr, &str> = vnet_rows.map(|row| (near(row), row.vnet.as_str())).collect();
    let platform: IpAddr = [168, 63, 129, 16].into();
    let class = |row: &Row| {
        let ends = [row.source, row.destination];
        if ends.contains(&platform) {
            "Platform"
        } else if !ends.into_iter().all(is_private) {
            "Public"
        } else {
            match ends.map(|end| vnets.get(&end)) {
                [Some(a), Some(b)] if a == b => "IntraVNet",
                [Some(_), Some(_)] => "InterVNet",
                _ => "OnPremisesPrivate",
            }
        }
    };
    let mut found: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        found.entry(class(row)).or_default().push(row);
    }
    let truth = |rows: Vec<&Row>| ClassTruth {
        tuples: rows.len() as u64,
        denied: rows.iter().filter(|row| row.state == 'D').count() as u64,
        begins: rows.iter().filter(|row| row.state == 'B').count() as u64,
        conversations: rows.iter().map(|row| row.conversation()).collect::<BTreeSet<_>>().len() as u64,
        bytes_sent: rows.iter().map(|row| row.counters[1]).sum(),
        bytes_received: rows.iter().map(|row| row.counters[3]).sum(),
    };
    found.into_iter().map(|(class, rows)| (class.to_owned(), truth(rows))).collect()
}
