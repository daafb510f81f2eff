//! Problem lists, and what the logs say of addresses asked for.

use serde_json::Value;

use super::traffic::{PORT_HEADER, port_row};
use super::*;

/// The cells of a row.
type Cells<'a> = Box<dyn Fn(&Value) -> String + 'a>;

pub(super) fn problems(page: &Page<'_>, json: &Value) {
    let time = |row: &Value, key: &str| row[key].as_i64().unwrap();
    let both = |row: &Value, kind: &str| {
        number(row, &format!("{kind}_sent")) + number(row, &format!("{kind}_received"))
    };
    let direction = |row: &Value| match text(row, "direction") {
        "I" => "inbound",
        "O" => "outbound",
        _ => "both",
    };
    let lists: [(&str, &str, &str, &str, Cells<'_>); 9] = [
        (
            "incomplete",
            "Incomplete",
            "conversation",
            "Incomplete Begun Last begun (UTC)",
            Box::new(|row| {
                format!(
                    "{} {} {}",
                    ends(row),
                    counts(row, ["connections", "begins"]),
                    second(time(row, "last_time_ms"))
                )
            }),
        ),
        (
            "denied",
            "Denied",
            "conversation",
            "Denied Attempts Direction Period (UTC)",
            Box::new(|row| {
                format!(
                    "{} {} {} {}",
                    ends(row),
                    counts(row, ["tuples", "attempts"]),
                    direction(row),
                    minutes(time(row, "first_time_ms"), time(row, "last_time_ms"))
                )
            }),
        ),
        (
            "low_payload",
            "Low payload (possible drops)",
            "conversation",
            "Packets Bytes Bytes/packet",
            Box::new(|row| {
                format!(
                    "{} {} {} {}",
                    ends(row),
                    count(both(row, "packets")),
                    bytes(both(row, "bytes")),
                    count(both(row, "bytes") / both(row, "packets"))
                )
            }),
        ),
        (
            "retries",
            "Excessive retries",
            "conversation",
            "Begun Ended Share",
            Box::new(|row| {
                format!(
                    "{} {} {}",
                    ends(row),
                    counts(row, ["begins", "ended"]),
                    share(number(row, "ended"), number(row, "begins"))
                )
            }),
        ),
        (
            "one_way",
            "One-way",
            "conversation",
            "Connections Packets sent Bytes sent",
            Box::new(|row| {
                format!(
                    "{} {} {}",
                    ends(row),
                    counts(row, ["connections", "packets_sent"]),
                    size(row, "bytes_sent")
                )
            }),
        ),
        (
            "high_volume",
            "High volume",
            "conversation",
            "Sent Received Connections",
            Box::new(|row| {
                format!(
                    "{} {} {} {}",
                    ends(row),
                    size(row, "bytes_sent"),
                    size(row, "bytes_received"),
                    counts(row, ["connections"])
                )
            }),
        ),
        (
            "unusual_ports",
            "Unusual ports",
            "port",
            "Port Tuples Bytes",
            Box::new(|row| format!("{} {} {}", port(row), counts(row, ["tuples"]), size(row, "bytes"))),
        ),
        (
            "denied_sources",
            "Sources with many denials",
            "source",
            "Source Denied by rules Destinations Ports Class or provider",
            Box::new(|row| {
                format!(
                    "{} {} {}",
                    text(row, "source"),
                    counts(row, ["tuples", "destinations", "ports"]),
                    owner(row)
                )
            }),
        ),
        (
            "port_scans",
            "Port scans",
            "pair",
            "Source Destination Ports Tuples Denied Denied share",
            Box::new(|row| {
                format!(
                    "{} {} {} {}",
                    text(row, "source"),
                    text(row, "destination"),
                    counts(row, ["ports", "tuples", "denied"]),
                    share(number(row, "denied"), number(row, "tuples"))
                )
            }),
        ),
    ];
    for (name, title, unit, header, cells) in lists {
        let rows = list(json, name);
        assert_eq!(rows.len() as u64, number(json, &format!("{name}_total")), "{}: {name}", page.input);
        if rows.is_empty() {
            // Nothing, or the data cannot tell.
            continue;
        }
        let title = format!("{title}: {}", counted(rows.len() as u64, unit));
        page.titled(&title);
        let header = match unit {
            "conversation" => format!("Source Destination Port Service {header}"),
            _ => header.to_owned(),
        };
        page.rows(&title, &header, &rows.iter().map(cells).collect::<Vec<_>>());
    }
}

pub(super) fn specific(page: &Page<'_>, json: &Value) {
    for asked in list(json, "specific_ips") {
        let query = text(asked, "query");
        let sides = [("as source", &asked["as_source"]), ("as destination", &asked["as_destination"])];
        if sides.iter().all(|(_, side)| number(side, "tuples") == 0) {
            continue;
        }
        for (what, side) in sides {
            let title = format!("{query} {what}: {}", counted(number(side, "tuples"), "tuple"));
            page.titled(&title);
            if number(side, "tuples") == 0 {
                continue;
            }
            let lines = page.section(&title);
            let way = |way: &str| {
                format!(
                    "{} in {}",
                    size(side, &format!("bytes_{way}")),
                    counted(number(side, &format!("packets_{way}")), "packet")
                )
            };
            for wanted in [
                format!("Denied {}", counted(number(side, "denied"), "tuple")),
                format!("Peers {}", counts(side, ["peers"])),
                format!("Sent {}", way("sent")),
                format!("Received {}", way("received")),
            ] {
                assert!(lines.contains(&wanted), "{}: {title} lacks {wanted}: {lines:?}", page.input);
            }
            page.rows(&title, PORT_HEADER, &list(side, "top_ports").iter().map(port_row).collect::<Vec<_>>());
        }
    }
}
