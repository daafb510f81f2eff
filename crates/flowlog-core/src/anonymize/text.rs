//! What becomes of a text, by the place where it stands.

use std::borrow::Cow;
use std::net::IpAddr;

use super::words::{is_category, is_default_rule, is_encryption, is_part, split_prefix, split_watcher};
use super::{Anonymizer, LONGEST_REMEMBERED, REMEMBERED, names};

/// Prefixes that say whose rule it is.
const RULE_PREFIXES: [&str; 2] = ["DefaultRule_", "UserRule_"];
/// What is a number in a tuple has no more digits.
const LONGEST_NUMBER: usize = 20;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// When a record was written.
    Time,
    /// What kind of record it is.
    Category,
    /// Of what version.
    Version,
    /// An id: a GUID, a MAC address, a resource id.
    Id,
    /// The name of a rule.
    Rule,
    /// A connection's tuple.
    Tuple,
    /// Anything else: no flow log has text there.
    Unknown,
}

impl Anonymizer {
    /// The text that stands for `text`.
    pub(super) fn text<'t>(&mut self, kind: Kind, text: &'t str) -> Cow<'t, str> {
        let stays = match kind {
            Kind::Tuple => return Cow::Owned(self.tuple(text)),
            Kind::Time => is_time(text),
            Kind::Category => is_category(text),
            Kind::Version => text.len() < LONGEST_NUMBER && text.bytes().all(|byte| byte.is_ascii_digit()),
            Kind::Id | Kind::Rule | Kind::Unknown => text.is_empty(),
        };
        if stays { Cow::Borrowed(text) } else { self.remembered(kind, text).into() }
    }

    fn remembered(&mut self, kind: Kind, text: &str) -> String {
        let key = (kind, text.into());
        if let Some(known) = self.texts.get(&key) {
            return known.to_string();
        }
        let mapped = match kind {
            Kind::Rule => self.rule(text),
            _ => self.any(text),
        };
        if text.len() <= LONGEST_REMEMBERED {
            if self.texts.len() >= REMEMBERED {
                self.texts.clear();
            }
            self.texts.insert(key, mapped.clone().into());
        }
        mapped
    }

    fn rule(&mut self, text: &str) -> String {
        let prefix = RULE_PREFIXES.iter().find_map(|prefix| split_prefix(text, prefix));
        match prefix {
            Some((prefix, "")) => prefix.to_owned(),
            Some(("DefaultRule_", name)) if is_default_rule(name) => text.to_owned(),
            Some((prefix, name)) => format!("{prefix}{}", self.names.exact(name)),
            None if is_default_rule(text) || is_part(text) => text.to_owned(),
            // A rule may be told by its id.
            None if text.contains('/') => self.any(text),
            None => self.names.exact(text),
        }
    }

    /// A text of any shape: a resource id part by part, a tuple as one, anything else as a name.
    fn any(&mut self, text: &str) -> String {
        if text.contains('/') {
            let parts: Vec<String> = text.split('/').map(|part| self.part(part)).collect();
            return parts.join("/");
        }
        let mut fields = text.split(',');
        let is_tuple = fields.next().is_some_and(|time| time.bytes().all(|byte| byte.is_ascii_digit()))
            && fields.next().is_some_and(|source| source.parse::<IpAddr>().is_ok());
        if is_tuple { self.tuple(text) } else { self.part(text) }
    }

    /// A part of a resource id or of a blob's name.
    pub(super) fn part(&mut self, text: &str) -> String {
        if text.is_empty() || is_part(text) {
            return text.to_owned();
        }
        if let Some(id) = self.names.guid(text).or_else(|| self.names.mac(text)) {
            return id;
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.written(text, address);
        }
        // As in blob names: subscription and group, watcher and flow log.
        let subscription = text.split_once('_').filter(|(head, _)| names::is_guid(head));
        if let Some((head, rest)) = subscription {
            return format!("{}_{}", self.part(head), self.part(rest));
        }
        match split_watcher(text) {
            Some((watcher, "")) => watcher.to_owned(),
            Some((watcher, rest)) => {
                let rest = rest.strip_prefix('_').unwrap_or(rest);
                format!("{watcher}_{}", self.part(rest))
            }
            None => self.names.name(text),
        }
    }

    /// A tuple, field by field; what is none keeps its commas, so that it is as malformed as before.
    fn tuple(&mut self, text: &str) -> String {
        let mut mapped = String::with_capacity(text.len() + 16);
        for (index, field) in text.split(',').enumerate() {
            if index > 0 {
                mapped.push(',');
            }
            let is_number =
                || field.len() <= LONGEST_NUMBER && field.bytes().all(|byte| byte.is_ascii_digit());
            let is_letter = || field.len() == 1 && field.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if field.is_empty() {
            } else if let Ok(address) = field.parse::<IpAddr>() {
                mapped += &self.written(field, address);
            } else if !matches!(index, 1 | 2) && (is_number() || is_letter() || is_encryption(field)) {
                mapped += field;
            } else {
                mapped += &self.names.exact(field);
            }
        }
        mapped
    }

    /// An address in the case of the text that it was.
    fn written(&mut self, text: &str, address: IpAddr) -> String {
        let mapped = self.address(address).to_string();
        if text.bytes().any(|byte| matches!(byte, b'A'..=b'F')) { mapped.to_uppercase() } else { mapped }
    }
}

/// Whether a text has nothing in it but what a time is made of.
fn is_time(text: &str) -> bool {
    let of_time = |byte: u8| byte.is_ascii_digit() || b"-:.TZtz+ ".contains(&byte);
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('-')
        && text.bytes().all(of_time)
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn mapped(kind: Kind, text: &str) -> String {
        Anonymizer::new(&Key::new([5; 32])).text(kind, text).into_owned()
    }

    #[test]
    fn azures_own_words_stay() {
        for (kind, text) in [
            (Kind::Rule, "DefaultRule_AllowVnetInBound"),
            (Kind::Rule, "PlatformRule"),
            (Kind::Rule, "unspecified"),
            (Kind::Rule, ""),
            (Kind::Id, "00000000-0000-0000-0000-000000000000"),
            (Kind::Time, "2026-01-15T09:00:40.9836280Z"),
            (Kind::Category, "FlowLogFlowEvent"),
            (Kind::Version, "4"),
        ] {
            assert_eq!(mapped(kind, text), text);
        }
    }

    #[test]
    fn rules_keep_whose_they_are() {
        let rule = mapped(Kind::Rule, "UserRule_Allow-HTTPS-In");
        assert!(rule.starts_with("UserRule_x") && !rule.contains("HTTPS"), "{rule}");
        assert!(mapped(Kind::Rule, "defaultrule_secret").starts_with("defaultrule_x"));
        assert!(mapped(Kind::Rule, "Block-RDP").starts_with('x'));
    }

    #[test]
    fn resource_ids_keep_their_words() {
        let id = "/subscriptions/68048069-0a6a-4050-9829-54ad4ceb19e7/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web1";
        let lower = mapped(Kind::Id, id);
        assert!(lower.contains("/providers/Microsoft.Network/networkSecurityGroups/x"), "{lower}");
        for gone in ["68048069", "/rg/", "web1"] {
            assert!(!lower.contains(gone), "{lower}");
        }
        assert_eq!(mapped(Kind::Id, &id.to_uppercase()), lower.to_uppercase());
        let blob = mapped(
            Kind::Id,
            "68048069-0A6A-4050-9829-54AD4CEB19E7_NETWORKWATCHERRG/NETWORKWATCHER_UKWEST_WEB1",
        );
        assert!(blob.contains("_NETWORKWATCHERRG/NETWORKWATCHER_UKWEST_X"), "{blob}");
        let web1 = lower.rsplit('/').next().unwrap().to_uppercase();
        assert!(blob.ends_with(&web1), "{blob} {web1}");
    }

    #[test]
    fn tuples_keep_all_but_their_addresses() {
        let text = "1768467629088,192.168.0.7,2603:10A0::4,36710,443,6,I,B,NX_LOCAL_DST,0,,0,0";
        let tuple = mapped(Kind::Tuple, text);
        let fields = |text: &str| -> Vec<String> { text.split(',').map(str::to_owned).collect() };
        let (before, after) = (fields(text), fields(&tuple));
        assert_eq!((&before[..1], &before[3..]), (&after[..1], &after[3..]));
        assert!(after[1].starts_with("192.168.") && after[1] != before[1]);
        assert_eq!(after[2], after[2].to_uppercase());
        // What stands in an address's place, and is none, is not known to be harmless.
        let odd = mapped(Kind::Tuple, "1768467629088,3232235783,host1,443,443,T,I,A,secret");
        assert!(odd.starts_with("1768467629088,x") && !odd.contains("3232235783"));
        assert!(!odd.contains("host1") && !odd.contains("secret") && odd.contains(",443,443,T,I,A,x"));
    }

    #[test]
    fn unknown_text_goes_by_its_shape() {
        assert!(mapped(Kind::Unknown, "10.1.2.3").starts_with("10."));
        assert!(mapped(Kind::Time, "call Bob").starts_with('X'));
        assert!(mapped(Kind::Version, "prod").starts_with('x'));
        assert!(mapped(Kind::Unknown, "1768467629,10.0.0.1,10.0.0.2,1,2,T").starts_with("1768467629,10."));
    }
}
