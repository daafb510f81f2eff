//! Totals, findings, and what was read.

use serde_json::Value;

use super::*;

pub(super) fn overview(page: &Page<'_>, json: &Value) {
    let (totals, resolved) = (&json["totals"], &json["resolved"]);
    page.says("Files", &format!("{} ({} read)", counts(totals, ["files"]), size(totals, "input_bytes")));
    page.says("Records", &counts(totals, ["records"]));
    page.says("Flows (tuples)", &counts(totals, ["tuples"]));
    page.says(
        "Conversations",
        &format!("{} (source, destination, port, protocol)", counts(totals, ["conversations"])),
    );
    for (key, way, words) in
        [("Sent", "sent", "source to destination"), ("Received", "received", "the way back")]
    {
        let packets = counted(number(totals, &format!("packets_{way}")), "packet");
        page.says(key, &format!("{} in {packets} ({words})", size(totals, &format!("bytes_{way}"))));
    }
    for (key, name) in [
        ("Sources", "unique_sources"),
        ("Destinations", "unique_destinations"),
        ("Network interfaces", "unique_nics"),
    ] {
        page.says(key, &counts(totals, [name]));
    }
    let (denied, all) = (number(&json["states"], "D"), number(totals, "tuples"));
    let apart = match number(totals, "dropped_for_encryption") {
        0 => String::new(),
        dropped => format!(", of these {} dropped for want of encryption", count(dropped)),
    };
    page.says("Denied", &format!("{} ({}){apart}", counted(denied, "tuple"), share(denied, all)));
    if number(resolved, "duplicate_connections") > 0 {
        let twice = format!(
            "{} ({}, {}) that another NIC or log tells of as well",
            counted(number(resolved, "duplicate_connections"), "connection"),
            counted(number(resolved, "duplicate_tuples"), "tuple"),
            size(resolved, "duplicate_bytes")
        );
        page.says("Logged twice", &twice);
        let once = format!(
            "{}, {} sent, {} received; rankings and problems below go by these",
            counted(number(resolved, "tuples"), "tuple"),
            size(resolved, "bytes_sent"),
            size(resolved, "bytes_received")
        );
        page.says("Each counted once", &once);
    }
    let total = |name: &str| number(json, &format!("{name}_total"));
    let problems = [
        ("denials", "denied"),
        ("incomplete connections", "incomplete"),
        ("low payload", "low_payload"),
        ("excessive retries", "retries"),
        ("one-way connections", "one_way"),
    ];
    let mut found = Vec::new();
    for (words, name) in problems {
        let unit = if found.is_empty() { counted(total(name), "conversation") } else { count(total(name)) };
        if total(name) > 0 {
            found.push(format!("{words} in {unit}"));
        }
    }
    page.says("Problems", &if found.is_empty() { "none".to_owned() } else { found.join(", ") });
    let sources = match total("denied_sources") {
        1 => "1 source with many denials".to_owned(),
        many => format!("{} sources with many denials", count(many)),
    };
    let anomalies = [
        ("denied_sources", sources),
        ("port_scans", counted(total("port_scans"), "possible port scan")),
        ("unusual_ports", counted(total("unusual_ports"), "unusual port")),
        ("high_volume", counted(total("high_volume"), "high-volume conversation")),
    ];
    let some = anomalies.into_iter().filter(|(name, _)| total(name) > 0).map(|(_, words)| words);
    let some: Vec<String> = some.collect();
    page.says("Anomalies", &if some.is_empty() { "none".to_owned() } else { some.join(", ") });
}

pub(super) fn findings(page: &Page<'_>, json: &Value) {
    let findings = list(json, "findings");
    let mut severities = Vec::new();
    for severity in ["critical", "high", "medium", "low", "info"] {
        let number = findings.iter().filter(|row| row["severity"] == severity).count();
        if number > 0 {
            severities.push(format!("{number} {severity}"));
        }
    }
    let severities = if severities.is_empty() { "nothing found".to_owned() } else { severities.join(", ") };
    page.says("Severities", &severities);
    noise(page, &json["noise"]);
    let text = plain(page.text);
    for finding in findings {
        let title = format!(
            "{}: {}",
            finding["severity"].as_str().unwrap().to_uppercase(),
            finding["title"].as_str().unwrap()
        );
        let reason = finding["reason"].as_str().unwrap();
        for wanted in [title.as_str(), reason] {
            assert!(text.contains(&plain(wanted)), "{}: the text lacks {wanted:?}", page.input);
        }
        for row in list(finding, "evidence").iter().take(3) {
            let wanted = format!(": {} ", count(number(row, "count")));
            let source = row["source"].as_str().unwrap();
            let found =
                page.text.lines().any(|line| line.trim_start().starts_with(source) && line.contains(&wanted));
            assert!(found, "{}: the text lacks the evidence {row}", page.input);
        }
    }
}

pub(super) fn coverage(page: &Page<'_>, json: &Value) {
    let coverage = &json["coverage"];
    let logs = list(coverage, "logs");
    let title = format!(
        "Coverage: {}, {} with records",
        counted(logs.len() as u64, "NIC log"),
        counted(number(coverage, "hours"), "hour")
    );
    page.titled(&title);
    let gaps = |log: &Value| list(log, "gaps").iter().map(|gap| number(gap, "hours")).sum::<u64>();
    let mut logs: Vec<&Value> = logs.iter().collect();
    logs.sort_by_key(|log| std::cmp::Reverse(gaps(log)));
    let row = |log: &&Value| {
        let gaps = match gaps(log) {
            0 => "-".to_owned(),
            hours => format!("{} h", count(hours)),
        };
        let newest = log["last_record_ms"].as_i64().map_or_else(|| "-".to_owned(), second);
        let states = counts(&log["states"], ["B", "C", "E", "D"]);
        let mac = if text(log, "mac").is_empty() { "-" } else { text(log, "mac") };
        format!("{mac} {} {} {gaps} {states} {newest}", text(log, "kind"), counts(log, ["hours"]))
    };
    let rows: Vec<String> = logs.iter().map(row).collect();
    page.rows("Coverage: ", "NIC Log Hours Gaps B C E D Newest record", &rows);
    for file in list(json, "files") {
        let times = (file["first_time_ms"].as_i64(), file["last_time_ms"].as_i64());
        let period =
            if let (Some(first), Some(last)) = times { minutes(first, last) } else { "-".to_owned() };
        let name = text(file, "path").rsplit('/').next().unwrap();
        let wanted = format!("{name} {} {period}", counts(file, ["records", "tuples"]));
        let found = page.section("Files: ").iter().any(|line| line.ends_with(&wanted));
        assert!(found, "{}: no line for {wanted}: {:?}", page.input, page.section("Files: "));
    }
    for reason in list(json, "malformed").iter().take(3) {
        let wanted = format!("{} ({})", text(reason, "reason"), counted(number(reason, "tuples"), "tuple"));
        assert!(plain(page.text).contains(&plain(&wanted)), "{}: no line for {wanted}", page.input);
    }
}

fn noise(page: &Page<'_>, noise: &Value) {
    if number(noise, "sources") == 0 {
        return;
    }
    let tried = match number(noise, "top_total") {
        1 => "1 host tried".to_owned(),
        many => format!("{} hosts tried", count(many)),
    };
    let said = format!(
        "{} from the internet tried {} in vain, at {} of {}; {tried} as much as a scan. Every public address sees this.",
        counted(number(noise, "sources"), "host"),
        counted(number(noise, "attempts"), "time"),
        counted(number(noise, "conversations"), "port"),
        counted(number(noise, "targets"), "own host"),
    );
    page.says("Noise", &said);
    let scanners = list(noise, "top").iter().map(|row| {
        let provider = row["provider"].as_str().map(|name| format!(", {name}")).unwrap_or_default();
        let through = match number(row, "let_through") {
            0 => String::new(),
            places => format!(", let through at {}", count(places)),
        };
        let ports = counted(number(row, "conversations"), "port");
        let hosts = counted(number(row, "targets"), "host");
        format!("{}{provider}: {ports} of {hosts}{through}", text(row, "source"))
    });
    let scanners: Vec<String> = scanners.collect();
    if !scanners.is_empty() {
        page.says("Top scanners", &scanners.join("; "));
    }
}
