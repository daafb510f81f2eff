//! The comparison: every number of its text beside its JSON form.

use serde_json::Value;

use crate::form::{bytes, count, number, port, text};

/// Checks that the text says what `json` says.
pub(crate) fn compare(json: &Value, text: &str) {
    summary(json, text);
    outcomes(json, text);
    for name in ["hosts", "ports", "conversations", "denied", "rules"] {
        new_and_vanished(json, text, name);
    }
    volumes(json, text);
}

fn plain(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of the section whose title begins so, and the title.
fn section<'t>(text: &'t str, title: &str) -> (&'t str, Vec<String>) {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(title));
    let first = lines.next().unwrap_or_else(|| panic!("no section {title}"));
    (first, lines.take_while(|line| !line.is_empty()).map(plain).collect())
}

fn list(json: &Value) -> &[Value] {
    json.as_array().unwrap()
}

fn word<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or("-")
}

fn counts<const N: usize>(row: &Value, keys: [&str; N]) -> String {
    keys.map(|key| count(number(row, key))).join(" ")
}

fn ratio(value: &Value) -> String {
    match value.as_f64() {
        None => "-".to_owned(),
        Some(ratio) if ratio >= 1000.0 => ">999".to_owned(),
        Some(ratio) if ratio >= 100.0 => format!("{ratio:.0}"),
        Some(ratio) => match format!("{ratio:.2}").as_str() {
            "0.00" if ratio > 0.0 => "<0.01".to_owned(),
            text => text.to_owned(),
        },
    }
}

fn summary(json: &Value, text: &str) {
    let (a, b) = (&json["a"], &json["b"]);
    let lines: Vec<String> = text.lines().map(plain).collect();
    for (title, key, has_ratio) in [
        ("Network interfaces", "nics", false),
        ("Tuples", "tuples", false),
        ("Connections", "connections", true),
        ("Denied tuples", "denied", true),
        ("Packets", "packets", true),
    ] {
        let ratio = if has_ratio { ratio(&json["ratios"][key]) } else { "-".to_owned() };
        let wanted = format!("{title} {} {} {ratio}", counts(a, [key]), counts(b, [key]));
        assert!(lines.contains(&wanted), "no line {wanted}");
    }
    let wanted = format!(
        "Bytes {} {} {}",
        bytes(number(a, "bytes")),
        bytes(number(b, "bytes")),
        ratio(&json["ratios"]["bytes"])
    );
    assert!(lines.contains(&wanted), "no line {wanted}");
    for (letter, set) in [("A", a), ("B", b)] {
        let wanted = format!("(VNet flow logs, {} files)", counts(set, ["files"]));
        assert!(lines.iter().any(|line| line.starts_with(letter) && line.ends_with(&wanted)), "no {wanted}");
    }
    let moved = |name: &str| {
        let list = &json[name];
        let of = |kind: &str| count(number(&list[kind], "total"));
        format!("{} new, {} vanished, {} in both", of("new"), of("vanished"), counts(list, ["kept"]))
    };
    for (title, name) in
        [("Hosts", "hosts"), ("Ports", "ports"), ("Conversations", "conversations"), ("Rules hit", "rules")]
    {
        let wanted = format!("{title} {}", moved(name));
        assert!(lines.contains(&wanted), "no line {wanted}");
    }
    let internet = &json["denied_from_internet"];
    let wanted = format!(
        "Denied {} ({} and {} of these from the internet)",
        moved("denied"),
        counts(internet, ["new"]),
        counts(internet, ["vanished"])
    );
    assert!(plain(text).contains(&wanted), "no text {wanted}");
    let hidden = &json["denied_only_hosts"];
    let wanted = format!(
        "{} new and {} vanished hosts were only ever denied",
        counts(hidden, ["new"]),
        counts(hidden, ["vanished"])
    );
    assert!(plain(text).contains(&wanted), "no text {wanted}");
    let findings = &json["findings"];
    let wanted = ["new", "gone", "still"].map(|kind| list(&findings[kind]).len().to_string());
    let wanted = format!("Findings {} new, {} gone, {} still there", wanted[0], wanted[1], wanted[2]);
    assert!(lines.contains(&wanted), "no line {wanted}");
    for finding in list(&findings["new"]).iter().chain(list(&findings["still"])) {
        let wanted = format!("{}: {}", word(finding, "severity").to_uppercase(), word(finding, "title"));
        assert!(plain(text).contains(&wanted), "no text {wanted}");
    }
}

fn outcomes(json: &Value, text: &str) {
    let said = |row: &Value, key: &str| match word(row, key) {
        "partly" => "partly denied".to_owned(),
        other => other.to_owned(),
    };
    for (title, name, with_source) in [
        ("Services whose outcome changed: ", "service_outcomes", false),
        ("Conversations whose outcome changed: ", "conversation_outcomes", true),
    ] {
        let rows = list(&json[name]["rows"]);
        let (head, lines) = section(text, title);
        assert_eq!(head, format!("{title}{}", counts(&json[name], ["total"])));
        let rows: Vec<String> = rows
            .iter()
            .map(|row| {
                let source = if with_source { format!("{} ", word(row, "source")) } else { String::new() };
                let denied = ["a", "b"].map(|set| counts(&row[set], ["denied"])).join(" ");
                let ends = format!("{source}{} {}", word(row, "destination"), port(row));
                let after = counts(&row["b"], ["connections"]);
                format!(
                    "{ends} {} {} {denied} {after} {}",
                    said(row, "before"),
                    said(row, "after"),
                    word(row, "service")
                )
            })
            .collect();
        assert_eq!(&lines[lines.len() - rows.len()..], rows, "{title}");
    }
}

fn new_and_vanished(json: &Value, text: &str, name: &str) {
    let title = match name {
        "hosts" => "Hosts: ",
        "ports" => "Destination ports: ",
        "conversations" => "Conversations: ",
        "denied" => "Denied conversations: ",
        _ => "Rules hit: ",
    };
    let (_, lines) = section(text, title);
    let cells = |row: &Value| {
        let size = bytes(number(row, "bytes"));
        match name {
            "hosts" => format!(
                "{} {} {} {size} {}",
                word(row, "ip"),
                row["provider"].as_str().unwrap_or_else(|| word(row, "class")),
                counts(row, ["connections"]),
                counts(row, ["denied"])
            ),
            "ports" => format!(
                "{} {} {} {size} {}",
                port(row),
                word(row, "service"),
                counts(row, ["connections"]),
                counts(row, ["denied"])
            ),
            "conversations" => {
                format!("{} {} {size} {}", ends(row), counts(row, ["connections"]), word(row, "service"))
            }
            _ => format!("{} {} {}", ends(row), counts(row, ["denied"]), word(row, "service")),
        }
    };
    for (kind, heading) in [("new", "New (in B, not in A)"), ("vanished", "Vanished (in A, not in B)")] {
        let rows = list(&json[name][kind]["rows"]);
        assert_eq!(rows.len() as u64, number(&json[name][kind], "total"), "{name}: all rows were asked for");
        let Some(start) = lines.iter().position(|line| line == heading) else {
            assert!(rows.is_empty(), "{name}: no {heading}");
            continue;
        };
        let rows: Vec<String> = match name {
            "rules" => rows.iter().map(rule).collect(),
            _ => rows.iter().map(cells).collect(),
        };
        // Behind the heading stand the titles of the columns.
        assert_eq!(&lines[start + 2..start + 2 + rows.len()], rows, "{name}: {kind}");
    }
}

fn ends(row: &Value) -> String {
    format!("{} {} {}", text(row, "source"), text(row, "destination"), port(row))
}

fn rule(row: &Value) -> String {
    let acl = word(row, "acl").trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
    let acl = if acl == "00000000-0000-0000-0000-000000000000" { "platform".to_owned() } else { acl };
    let name = word(row, "rule");
    let (name, kind) = match (name.strip_prefix("UserRule_"), name.strip_prefix("DefaultRule_")) {
        (Some(plain), _) => (plain, "user"),
        (_, Some(plain)) => (plain, "default"),
        _ if name == "unspecified" => (name, "none"),
        _ if acl == "platform" || name == "PlatformRule" => (name, "platform"),
        _ => (name, "admin"),
    };
    format!("{name} {kind} {acl} {}", counts(row, ["tuples", "denied"]))
}

fn volumes(json: &Value, text: &str) {
    for (title, name) in [
        ("Hosts in both sets that changed: ", "host_volume"),
        ("Destination ports in both sets that changed: ", "port_volume"),
    ] {
        let (head, lines) = section(text, title);
        assert_eq!(head, format!("{title}{}", counts(&json[name], ["total"])));
        let rows: Vec<String> = list(&json[name]["rows"])
            .iter()
            .map(|row| {
                let of = row["ip"].as_str().map_or_else(|| port(row), str::to_owned);
                let sizes = ["a", "b"].map(|set| bytes(number(&row[set], "bytes"))).join(" ");
                let connections = ["a", "b"].map(|set| counts(&row[set], ["connections"])).join(" ");
                format!("{of} {sizes} {} {connections}", ratio(&row["ratios"]["bytes"]))
            })
            .collect();
        assert_eq!(&lines[lines.len() - rows.len()..], rows, "{title}");
    }
}
