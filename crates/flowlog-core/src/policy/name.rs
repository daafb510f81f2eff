//! A rule's name without the log's prefix.

/// A rule's name as the NSG has it, without the prefix of the log.
pub fn plain_rule(rule: &str) -> &str {
    let plain = without_prefix(rule, "UserRule_").or_else(|| without_prefix(rule, "DefaultRule_"));
    plain.unwrap_or(rule)
}

pub(crate) fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_prefixes_of_the_log_go() {
        assert_eq!(plain_rule("UserRule_Allow-HTTPS"), "Allow-HTTPS");
        assert_eq!(plain_rule("DefaultRule_DenyAllInBound"), "DenyAllInBound");
        assert_eq!(
            (plain_rule("UserRule"), plain_rule("\u{e4}\u{f6}\u{fc}\u{e4}x")),
            ("UserRule", "\u{e4}\u{f6}\u{fc}\u{e4}x")
        );
    }
}
