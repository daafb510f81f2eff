//! Azure's service tags: which public addresses are Microsoft's, from the list Microsoft publishes
//! every week ("Azure IP Ranges and Service Tags").

use std::net::IpAddr;

use serde::Deserialize;

use crate::flow::Network;

/// The networks of all service tags of one list.
#[derive(Clone, Debug, Default)]
pub struct ServiceTags {
    /// First and last address of disjoint ranges, in order; IPv4 as its 32 bits.
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

/// Why a file is no list of service tags.
#[derive(Debug, thiserror::Error)]
pub enum ServiceTagsError {
    /// It is no JSON, or other JSON.
    #[error(
        "is no list of service tags: {0}; give ServiceTags_Public_*.json as Microsoft publishes it, or the output \
         of az network list-service-tags"
    )]
    Form(#[from] serde_json::Error),
    /// The list names no network at all.
    #[error("is no list of service tags: it names no network")]
    Empty,
    /// A prefix is no network.
    #[error("tag {tag}: {cause}")]
    Prefix {
        /// The tag's name.
        tag: String,
        /// What is wrong.
        cause: crate::flow::NetworkError,
    },
}

#[derive(Deserialize)]
struct List {
    values: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    address_prefixes: Vec<String>,
}

impl ServiceTags {
    /// Reads Microsoft's weekly file: `values[].properties.addressPrefixes`.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse(json: &[u8]) -> Result<Self, ServiceTagsError> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let list: List = serde_json::from_slice(json)?;
        let mut tags = Self::default();
        for tag in list.values {
            for prefix in tag.properties.address_prefixes {
                let network: Network = prefix
                    .parse()
                    .map_err(|cause| ServiceTagsError::Prefix { tag: tag.name.clone(), cause })?;
                let ranges = if network.is_ipv4() { &mut tags.v4 } else { &mut tags.v6 };
                ranges.push(network.range());
            }
        }
        join(&mut tags.v4);
        join(&mut tags.v6);
        if tags.v4.is_empty() && tags.v6.is_empty() { Err(ServiceTagsError::Empty) } else { Ok(tags) }
    }

    /// True if a tag has `address`.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (ranges, bits) = match address.to_canonical() {
            IpAddr::V4(address) => (&self.v4, u128::from(address.to_bits())),
            IpAddr::V6(address) => (&self.v6, address.to_bits()),
        };
        let after = ranges.partition_point(|(first, _)| *first <= bits);
        let range = after.checked_sub(1).and_then(|place| ranges.get(place));
        range.is_some_and(|(_, last)| bits <= *last)
    }
}

/// Sorts ranges and makes one of those that overlap or touch.
fn join(ranges: &mut Vec<(u128, u128)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = next.0 <= kept.1.saturating_add(1);
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_the_networks_of_all_tags() {
        let json = br#"{"changeNumber":1,"cloud":"Public","values":[
            {"name":"A","id":"A","properties":{"region":"","addressPrefixes":["20.0.0.0/24","2603:1000::/32"]}},
            {"name":"B","properties":{"addressPrefixes":["20.0.1.0/24","20.0.0.128/25","9.9.9.9/32"]}}]}"#;
        let tags = ServiceTags::parse(json).unwrap();
        let has = |address: &str| tags.contains(address.parse().unwrap());
        assert!(has("20.0.0.0") && has("20.0.0.200") && has("20.0.1.255") && has("9.9.9.9"));
        assert!(has("2603:1000:ffff::1") && has("::ffff:20.0.0.1"));
        assert!(!has("20.0.2.0") && !has("19.255.255.255") && !has("9.9.9.8") && !has("2603:1001::1"));
        assert_eq!(tags.v4.len(), 2);
    }

    #[test]
    fn other_files_are_refused() {
        let error = |json: &str| ServiceTags::parse(json.as_bytes()).unwrap_err().to_string();
        assert!(error(r#"{"records":[]}"#).contains("no list of service tags: missing field `values`"));
        assert!(error("<html>").contains("no list of service tags"));
        assert!(error(r#"{"values":[]}"#).contains("names no network"));
        let wrong = r#"{"values":[{"name":"T","properties":{"addressPrefixes":["20.0.0.0/40"]}}]}"#;
        assert!(error(wrong).starts_with("tag T: /40 is no prefix length"), "{}", error(wrong));
    }
}
