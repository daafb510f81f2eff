//! What traffic there was, and what the rules made of it.

use serde_json::Value;

use super::*;

pub(super) fn traffic(page: &Page<'_>, json: &Value) {
    let all = number(&json["totals"], "tuples");
    let connections = &json["connections"];
    page.titled(&format!("Connections: {}, without denied attempts", counts(connections, ["total"])));
    let outcomes = list(connections, "outcomes");
    let sum = outcomes.iter().map(|row| number(row, "connections")).sum();
    let rows = outcomes.iter().filter(|row| number(row, "connections") > 0).map(|row| {
        let share = share(number(row, "connections"), sum);
        let volume = format!("{} {}", size(row, "bytes_sent"), size(row, "bytes_received"));
        format!(
            "{} {} {share} {} {volume}",
            text(row, "meaning"),
            counts(row, ["connections"]),
            counts(row, ["tuples"])
        )
    });
    page.rows("Connections: ", "Outcome Connections Share Tuples Sent Received", &rows.collect::<Vec<_>>());
    let mut protocols: Vec<(u64, u64)> = json["protocols"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.parse().unwrap(), value.as_u64().unwrap()))
        .collect();
    protocols.sort_by_key(|(key, tuples)| (std::cmp::Reverse(*tuples), *key));
    let rows = protocols
        .iter()
        .map(|(key, tuples)| format!("{} {key} {} {}", protocol(*key), count(*tuples), share(*tuples, all)));
    page.rows("Protocols", "Protocol Number Tuples Share", &rows.collect::<Vec<_>>());
    for (title, name, header) in [
        ("Flow states", "states", "State Meaning Tuples Share"),
        ("Directions", "directions", "Direction Tuples Share"),
        ("Encryption", "encryption", "Word Meaning Tuples Share"),
    ] {
        let lines = page.section(title);
        let start = lines.iter().position(|line| line == header).unwrap() + 1;
        let map = json[name].as_object().unwrap();
        let lines: Vec<&String> =
            lines[start..].iter().filter(|line| !line.starts_with("No encrypted")).collect();
        assert_eq!(lines.len(), map.len(), "{}: {title} {lines:?}", page.input);
        for (key, value) in map {
            let tuples = value.as_u64().unwrap();
            let (start, end) = (
                if key.is_empty() { "-" } else { key },
                format!(" {} {}", count(tuples), share(tuples, all)),
            );
            let found =
                lines.iter().any(|line| line.starts_with(&format!("{start} ")) && line.ends_with(&end));
            assert!(found, "{}: {title} {key}: {lines:?}", page.input);
        }
    }
    let host = |row: &Value| {
        format!(
            "{} {} {} {} {}",
            text(row, "ip"),
            counts(row, ["tuples", "denied"]),
            size(row, "bytes"),
            counts(row, ["connections", "packets"]),
            owner(row)
        )
    };
    for (title, name, total) in [
        ("Top sources", "top_sources", "unique_sources"),
        ("Top destinations", "top_destinations", "unique_destinations"),
    ] {
        page.titled(&format!("{title}: {} in all", counts(&json["totals"], [total])));
        let rows: Vec<String> = list(json, name).iter().map(host).collect();
        page.rows(title, "Address Tuples Denied Bytes Connections Packets Class or provider", &rows);
    }
    let rows: Vec<String> = list(json, "top_ports").iter().map(port_row).collect();
    page.rows("Top destination ports", PORT_HEADER, &rows);
}

pub(super) const PORT_HEADER: &str = "Port Service Tuples Denied Bytes Connections";

pub(super) fn port_row(row: &Value) -> String {
    format!(
        "{} {} {} {} {}",
        port(row),
        word(row, "service"),
        counts(row, ["tuples", "denied"]),
        size(row, "bytes"),
        counts(row, ["connections"])
    )
}

pub(super) fn network(page: &Page<'_>, json: &Value) {
    let classes = list(json, "classes");
    let all = classes.iter().map(|row| number(row, "tuples")).sum();
    let lines = page.section("Classes of traffic");
    for row in classes {
        let wanted = format!(
            " {} {} {} {} {} {}",
            counts(row, ["tuples"]),
            share(number(row, "tuples"), all),
            counts(row, ["begins"]),
            size(row, "bytes_sent"),
            size(row, "bytes_received"),
            counts(row, ["conversations", "guessed", "denied"])
        );
        assert!(
            lines.iter().any(|line| line.ends_with(&wanted)),
            "{}: {row} is not in {lines:?}",
            page.input
        );
    }
    let pairs = list(json, "encryption_pairs");
    if !pairs.is_empty() {
        let (all, noun) = (pairs.len() as u64, if pairs.len() == 1 { "pair" } else { "pairs" });
        page.titled(&format!("Encryption between subnets: {} {noun}", count(all)));
        let rows = pairs.iter().map(|row| {
            let part = |part: &str, whole: &str| share(number(row, part), number(row, whole));
            let shares =
                format!("{} {}", part("encrypted_tuples", "tuples"), part("encrypted_bytes", "bytes"));
            let ends = format!("{} {}", text(row, "source"), text(row, "destination"));
            format!(
                "{ends} {} {shares} {} {}",
                counts(row, ["tuples"]),
                counts(row, ["dropped_tuples"]),
                size(row, "bytes")
            )
        });
        let header = "Source Destination Tuples Encrypted of bytes Dropped Bytes";
        page.rows("Encryption between subnets", header, &rows.collect::<Vec<_>>());
    }
    page.titled(&format!("Rules: {} in all", count(list(json, "rules").len() as u64)));
    let rows = list(json, "rules").iter().map(|row| {
        let middle = format!("{} {}", counts(row, ["tuples", "denied"]), size(row, "bytes"));
        let last = second(row["last_time_ms"].as_i64().unwrap());
        let end = format!("{} {last} {}", counts(row, ["begun", "sources"]), counts(row, ["destinations"]));
        format!("{} {} {middle} {end}", rule(row, text(row, "class")), acl(row))
    });
    let header = "Rule Kind NSG or ACL Tuples Denied Bytes Begun Sources Last hit (UTC) Destinations";
    page.rows("Rules: ", header, &rows.collect::<Vec<_>>());
    for dropped in list(json, "rules")
        .iter()
        .chain(list(json, "denied"))
        .map(|row| number(row, "dropped_for_encryption"))
    {
        let wanted = format!("of these {} dropped for want of encryption, by no rule", count(dropped));
        assert!(dropped == 0 || page.text.contains(&wanted), "{}: {wanted}", page.input);
    }
    let rows = list(json, "admin_access").iter().map(|row| {
        let last = second(row["last_time_ms"].as_i64().unwrap());
        let middle =
            format!("{} {}", counts(row, ["sources", "answered_sources"]), size(row, "bytes_received"));
        let end = format!("{} {} {last}", word(row, "service"), counts(row, ["destinations", "begun"]));
        format!("{} {} {}/tcp {middle} {end}", rule(row, text(row, "class")), acl(row), row["port"])
    });
    let header = "Rule Kind NSG or ACL Port Sources Answered Sent back Service Hosts Begun Last hit (UTC)";
    page.rows("Administration ports", header, &rows.collect::<Vec<_>>());
    if let Value::Object(_) = &json["rules_file"] {
        let file = &json["rules_file"];
        let sum = |key: &str| list(file, "nsgs").iter().map(|row| number(row, key)).sum::<u64>();
        page.says("NSGs in the file", &count(list(file, "nsgs").len() as u64));
        page.says("Own rules", &format!("{}, {} hit", count(sum("rules")), count(sum("hit"))));
        for (title, name, unit) in [
            ("Never hit", "never_hit", "rule"),
            ("Broader than what was seen", "broad", "case"),
            ("In the data, not in the file", "not_in_file", "rule"),
        ] {
            page.titled(&format!("{title}: {}", counted(list(file, name).len() as u64, unit)));
        }
        let rows = list(file, "not_in_file").iter();
        let rows = rows.map(|row| {
            let class = if text(row, "rule").starts_with("DefaultRule_") { "default" } else { "user" };
            format!("{} {} {}", rule(row, class), text(row, "nsg"), counts(row, ["tuples"]))
        });
        page.rows("In the data, not in the file", "Rule Kind NSG Tuples", &rows.collect::<Vec<_>>());
    }
}

/// Name and kind of a rule: the log's prefix is told by the kind.
fn rule(row: &Value, class: &str) -> String {
    let name = text(row, "rule");
    let plain = name.strip_prefix("UserRule_").or(name.strip_prefix("DefaultRule_")).unwrap_or(name);
    let kind = match class {
        "security-admin" => "admin",
        "unspecified" => "none",
        other => other,
    };
    format!("{plain} {kind}")
}
