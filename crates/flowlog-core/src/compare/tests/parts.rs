//! Pairs of hosts may come in any order and by way of any number of collectors.

use super::*;
use crate::state::testing::pairs;
use crate::state::{Gather, HostPair};

/// Connections and denials between twenty hosts, most of them in both sets.
fn traffic(
    life: impl Fn(i64, &str, u16, &str) -> [String; 2],
    denial: impl Fn(i64, &str, u16, &str) -> String,
    skipped: i64,
) -> Vec<String> {
    let mut tuples = Vec::new();
    for n in (0..300_i64).filter(|n| n % skipped != 0) {
        let (source, destination) = (format!("10.1.0.{}", n % 13), format!("10.0.0.{}", n * n % 7 + 4));
        let port = [22, 443, 1433, 3389][usize::try_from(n % 4).unwrap()];
        if n % 5 == 0 {
            tuples.push(denial(n, &source, port, &destination));
        } else {
            tuples.extend(life(n, &source, port, &destination));
        }
    }
    tuples
}

fn nsg_denial(second: i64, source: &str, port: u16, destination: &str) -> String {
    format!("{},{source},{destination},{},{port},T,I,D,B,,,,", START / 1000 + second, 40_000 + second)
}

fn in_parts(pairs: Vec<HostPair>, parts: usize) -> Conversations {
    let mut several = vec![Conversations::default(); parts];
    for (place, mut pair) in pairs.into_iter().rev().enumerate() {
        several[place % parts].take(&mut pair);
    }
    let mut all = Conversations::default();
    for one in several {
        all.merge(one);
    }
    all
}

#[test]
fn a_comparison_depends_neither_on_the_order_of_pairs_nor_on_who_takes_them() {
    let old = nsg(&[(SERVER, &[("", "r", &traffic(nsg_life, nsg_denial, 11))])]);
    let new = vnet(&[(SERVER, &[(NSG, "r", &traffic(life, denial, 7))])]);
    let compared = |conversations: [Conversations; 2]| {
        let [a, b] = &conversations;
        let set = |tables, conversations| Set {
            name: "a",
            tables,
            conversations,
            files: FileSums::default(),
            findings: None,
        };
        let own = OwnNetworks::default();
        serde_json::to_string(&compare(&set(&old.summary, a), &set(&new.summary, b), &own, 20)).unwrap()
    };
    let whole = compared([&old, &new].map(|tables| in_parts(pairs(tables), 1)));
    assert!(whole.contains("\"migration\":{") && whole.contains("\"fewer\""));
    for parts in [1, 2, 7] {
        assert_eq!(whole, compared([&old, &new].map(|tables| in_parts(pairs(tables), parts))));
    }
}
