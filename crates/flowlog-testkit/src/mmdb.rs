//! Writes databases in `MaxMind`'s format (<https://maxmind.github.io/MaxMind-DB/>), version 2.0.

use std::net::IpAddr;

use serde_json::{Value, json};

/// Bytes of zeros between tree and data.
const GAP: usize = 16;

/// A database as it grows: networks of IPv4 and IPv6, each with its data.
#[derive(Clone, Debug)]
pub struct Mmdb {
    kind: String,
    rows: Vec<(u128, u32, Vec<u8>)>,
}

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Slot {
    Nothing,
    Node(usize),
    /// Where its data begin.
    Data(usize),
}

impl Mmdb {
    /// An empty one of this type, such as `GeoLite2-Country`.
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), rows: Vec::new() }
    }

    /// With a network, `203.0.113.0/24`, and what is said of it.
    ///
    /// # Panics
    /// If it is no network.
    #[must_use]
    pub fn row(self, network: &str, data: &Value) -> Self {
        let mut bytes = Vec::new();
        encode(data, &mut bytes);
        self.raw(network, &bytes)
    }

    /// The same with the bytes of the data, which may be wrong.
    ///
    /// # Panics
    /// If it is no network.
    #[must_use]
    pub fn raw(mut self, network: &str, data: &[u8]) -> Self {
        let (address, prefix) = network.split_once('/').expect("a network");
        let prefix: u32 = prefix.parse().expect("a prefix length");
        let (bits, prefix) = match address.parse().expect("an address") {
            IpAddr::V4(address) => (u128::from(address.to_bits()), prefix + 96),
            IpAddr::V6(address) => (address.to_bits(), prefix),
        };
        self.rows.push((bits, prefix, data.to_vec()));
        self
    }

    /// The file.
    ///
    /// # Panics
    /// If it is too large for nodes of 24 bits.
    pub fn bytes(&self) -> Vec<u8> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        // Larger networks first: smaller ones cut a piece out of them.
        rows.sort_by_key(|(_, prefix, _)| *prefix);
        let (mut nodes, mut data) = (vec![[Slot::Nothing; 2]], Vec::new());
        let mut places = std::collections::HashMap::new();
        for (bits, prefix, bytes) in rows {
            let place = *places.entry(bytes).or_insert_with(|| {
                data.extend_from_slice(bytes);
                data.len() - bytes.len()
            });
            insert(&mut nodes, *bits, *prefix, Slot::Data(place));
        }
        let mut file = Vec::new();
        for slot in nodes.iter().flatten() {
            let record = match slot {
                Slot::Nothing => nodes.len(),
                Slot::Node(node) => *node,
                Slot::Data(place) => nodes.len() + GAP + place,
            };
            let [over, record @ ..] = u32::try_from(record).expect("a small tree").to_be_bytes();
            assert_eq!(over, 0, "too large for nodes of 24 bits");
            file.extend_from_slice(&record);
        }
        file.extend_from_slice(&[0; GAP]);
        file.extend_from_slice(&data);
        file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        self.metadata(nodes.len() as u64, &mut file);
        file
    }

    /// What is said of the file itself; readers are strict about the types.
    fn metadata(&self, nodes: u64, file: &mut Vec<u8>) {
        const U16: u8 = 5;
        let numbers = [
            ("node_count", 6, nodes),
            ("record_size", U16, 24),
            ("ip_version", U16, 6),
            ("binary_format_major_version", U16, 2),
            ("binary_format_minor_version", U16, 0),
            ("build_epoch", 9, 1_764_547_200),
        ];
        let others = [
            ("database_type", json!(self.kind)),
            ("languages", json!(["en"])),
            ("description", json!({ "en": "written for a test" })),
        ];
        control(7, numbers.len() + others.len(), file);
        for (key, kind, number) in numbers {
            encode(&key.into(), file);
            whole(kind, number, file);
        }
        for (key, value) in others {
            encode(&key.into(), file);
            encode(&value, file);
        }
    }
}

fn insert(nodes: &mut Vec<[Slot; 2]>, bits: u128, prefix: u32, data: Slot) {
    let mut node = 0;
    for depth in 0..prefix {
        let side = usize::from(bits >> (127 - depth) & 1 == 1);
        if depth + 1 == prefix {
            nodes[node][side] = data;
            return;
        }
        node = match nodes[node][side] {
            Slot::Node(next) => next,
            // What was said of the whole is said of both halves.
            whole => {
                nodes.push([whole; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Slot::Node(next);
                next
            }
        };
    }
}

/// A value: texts, whole numbers of 32 bits (64 where they need it), numbers, maps and lists.
fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            control(2, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) => match number.as_u64() {
            Some(number) if u32::try_from(number).is_ok() => whole(6, number, out),
            Some(number) => whole(9, number, out),
            None => {
                control(3, 8, out);
                out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::Bool(is) => control(14, usize::from(*is), out),
        Value::Object(entries) => {
            control(7, entries.len(), out);
            for (key, value) in entries {
                encode(&Value::String(key.clone()), out);
                encode(value, out);
            }
        }
        Value::Array(values) => {
            control(11, values.len(), out);
            for value in values {
                encode(value, out);
            }
        }
        Value::Null => control(7, 0, out),
    }
}

fn whole(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let bytes = &bytes[number.leading_zeros() as usize / 8..];
    control(kind, bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// The byte, or bytes, that tell a value's type and size.
fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, more): (u8, Option<u8>) = match size {
        0..=28 => (u8::try_from(size).unwrap_or_default(), None),
        _ => (29, Some(u8::try_from(size - 29).expect("at most 284 bytes"))),
    };
    // Types from 8 on have a byte of their own.
    out.push(if kind > 7 { short } else { kind << 5 | short });
    out.extend((kind > 7).then(|| kind - 7));
    out.extend(more);
}
