//! Shared access signatures: what a token says about itself.
//!
//! Source: Microsoft Learn, "Create an account SAS" and "Create a service SAS".

use azure_core::{
    http::Url,
    time::{OffsetDateTime, parse_rfc3339},
};

use super::Secret;

/// The token in `text`: bare, after a question mark, or at the end of an address.
pub(crate) fn parse(text: &str) -> Option<Secret> {
    let token = text.trim().rsplit('?').next().unwrap_or_default();
    let signed = token.split('&').any(|part| part.strip_prefix("sig=").is_some_and(|sig| !sig.is_empty()));
    signed.then(|| Secret::new(token))
}

/// Why the service may have refused `token` at the time `now`, as far as the token itself tells.
pub(super) fn explain(token: &Secret, now: OffsetDateTime) -> Vec<String> {
    let base = Url::parse("https://sas.invalid").ok();
    let url = base.map(|mut url| {
        url.set_query(Some(token.expose()));
        url
    });
    let field = |name: &str| {
        url.as_ref()?.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let mut reasons = Vec::new();
    if let Some(end) = field("se").filter(|end| moment(end).is_some_and(|end| end <= now)) {
        reasons.push(format!("the SAS token expired at {end}"));
    }
    if let Some(start) = field("st").filter(|start| moment(start).is_some_and(|start| start > now)) {
        reasons.push(format!("the SAS token is not valid before {start}"));
    }
    if let Some(permissions) = field("sp") {
        let missing: Vec<&str> = [('r', "read (r)"), ('l', "list (l)")]
            .iter()
            .filter(|(c, _)| !permissions.contains(*c))
            .map(|(_, n)| *n)
            .collect();
        if !missing.is_empty() {
            reasons.push(format!("the SAS token has no permission to {}", missing.join(" and ")));
        }
    }
    if field("sr").is_some_and(|resource| matches!(resource.as_str(), "b" | "bs" | "bv")) {
        reasons.push("the SAS token is for a single blob; make one for the container".to_owned());
    }
    if field("ss").is_some_and(|services| !services.contains('b')) {
        reasons.push("the SAS token is not for the blob service".to_owned());
    }
    if let Some(types) = field("srt").filter(|types| !(types.contains('c') && types.contains('o'))) {
        reasons.push(format!(
            "the SAS token is for the resource types '{types}'; it needs container and object (co)"
        ));
    }
    if let Some(range) = field("sip") {
        reasons.push(format!("the SAS token may be used from {range} only"));
    }
    reasons
}

/// The forms that are documented: a date, or a time to the minute or second, in UTC.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        17 => format!("{}:00Z", text.strip_suffix('Z')?),
        _ => text.to_owned(),
    };
    parse_rfc3339(&full).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_bare_or_in_an_address() {
        for text in ["sv=1&sig=a%3D", "?sv=1&sig=a%3D", "https://logs.blob.core.windows.net/c?sv=1&sig=a%3D"]
        {
            assert_eq!(parse(text).expect("a token").expose(), "sv=1&sig=a%3D");
        }
        assert!(parse("https://logs.blob.core.windows.net/c").is_none());
        assert!(parse("sig=").is_none());
    }

    #[test]
    fn a_token_tells_why_it_cannot_work() {
        let now = moment("2026-01-15T10:00Z").expect("a time");
        let reasons = |token: &str| explain(&Secret::new(token), now);
        assert_eq!(
            reasons("se=2026-01-15T10%3A00%3A00Z&sp=rl&sr=c&sig=x"),
            ["the SAS token expired at 2026-01-15T10:00:00Z"]
        );
        assert_eq!(
            reasons("st=2026-02-01&se=2027-01-01&sp=rl&sig=x"),
            ["the SAS token is not valid before 2026-02-01"]
        );
        assert_eq!(reasons("sp=r&sr=c&sig=x"), ["the SAS token has no permission to list (l)"]);
        assert_eq!(reasons("sp=racwdl&ss=bq&srt=s&sig=x").len(), 1);
        assert_eq!(reasons("ss=f&srt=sco&sp=rl&sig=x"), ["the SAS token is not for the blob service"]);
        assert!(reasons("sr=b&sp=r&sip=10.0.0.1&sig=x").len() == 3);
        assert!(reasons("sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig=x").is_empty());
    }
}
