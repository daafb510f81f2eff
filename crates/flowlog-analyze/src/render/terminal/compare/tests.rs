use flowlog_core::compare::{
    Caveat, Comparison, ConversationRow, Counts, Delta, Difference, FindingChanges, FindingRow, HostRow,
    Letter, Listed, Migration, Outcome, OutcomeChange, Overlap, PortRow, Ratios, Reason, ReasonRow, Rest,
    RestRow, RuleRow, SCHEMA_VERSION, SetKind, SetSummary, Sums, VolumeChange,
};
use flowlog_core::enrich::{HostFacts, KnownHosts};
use flowlog_core::finding::{Concern, Deed, Object, Severity, Subjects};
use flowlog_core::report::{Ends, HostName, PortName};

use super::*;
use crate::render::{json, text};

const PLAIN: Style = Style { top: 2, ..Style::PLAIN };
/// 2025-12-01 07:14:30.123 UTC.
const START: i64 = 1_764_573_270_123;
const HOUR: i64 = 3_600_000;
const LONG_V6: &str = "2001:db8:1234:5678:9abc:def0:1234:5678";
const NSG: &str =
    "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/nsg-web";

fn counts(connections: u64, denied: u64, packets: u64, bytes: u64) -> Counts {
    Counts { connections, denied, packets, bytes }
}

fn set(name: &str, kind: SetKind, hours: i64) -> SetSummary {
    SetSummary {
        name: name.to_owned(),
        kind,
        files: 24,
        files_with_errors: u64::from(hours == 2),
        tuples: 1_234_567,
        malformed: 0,
        first_time_ms: Some(START),
        last_time_ms: Some(START + hours * HOUR),
        covered_ms: (hours * HOUR).unsigned_abs(),
        nics: 12,
        nics_only_here: Vec::new(),
        counts: counts(400_000, 5000, 9_999_999, 5 << 32),
    }
}

fn listed<T>(total: u64, rows: Vec<T>) -> Listed<T> {
    Listed { total, rows }
}

fn none<T>() -> Listed<T> {
    listed(0, Vec::new())
}

fn delta<T>(new: Listed<T>, vanished: Listed<T>, kept: u64) -> Delta<T> {
    Delta { new, vanished, kept }
}

fn same() -> Comparison {
    Comparison {
        known_hosts: KnownHosts::default(),
        schema_version: SCHEMA_VERSION,
        a: set("FlowLogs/2025-12-01", SetKind::VNet, 4),
        b: set("FlowLogs/2025-12-02", SetKind::VNet, 4),
        across_formats: false,
        per_hour: false,
        ratios: Ratios { connections: Some(1.0), denied: Some(1.0), packets: Some(1.0), bytes: Some(1.0) },
        caveats: Vec::new(),
        service_outcomes: none(),
        conversation_outcomes: none(),
        hosts: delta(none(), none(), 321),
        denied_only_hosts: Difference::default(),
        ports: delta(none(), none(), 12),
        conversations: delta(none(), none(), 2345),
        denied: delta(none(), none(), 45),
        denied_from_internet: Difference::default(),
        host_volume: none(),
        port_volume: none(),
        rules: delta(none(), none(), 9),
        findings: Some(FindingChanges::default()),
        migration: None,
    }
}

fn conversation(source: &str, destination: &str, port: u16, counts: Counts) -> ConversationRow {
    let service = (port == 443).then_some("https");
    let protocol = if port == 0 { 1 } else { 6 };
    let (source, destination) = (source.to_owned(), destination.to_owned());
    ConversationRow { ends: Ends { source, destination, port, protocol, service }, counts }
}

fn outcome(source: Option<&str>, before: Outcome, after: Outcome) -> OutcomeChange {
    OutcomeChange {
        source: source.map(str::to_owned),
        destination: LONG_V6.to_owned(),
        port: PortName { port: 22, protocol: 6, service: Some("ssh") },
        before,
        after,
        a: counts(0, 1200, 0, 0),
        b: counts(34, 0, 5000, 700_000),
    }
}

fn host(ip: &str, class: &'static str, counts: Counts) -> HostRow {
    HostRow {
        name: HostName { ip: ip.to_owned(), class, provider: None, facts: HostFacts::default() },
        counts,
    }
}

fn finding(rule: &'static str, entity: &str, severity: Severity, before: Option<Severity>) -> FindingRow {
    FindingRow {
        id: format!("{rule}:{entity}"),
        rule,
        entity: entity.to_owned(),
        severity,
        severity_before: before,
        title: format!("{entity} does what {rule} looks for"),
        concern: Concern {
            deed: Deed::SlowScan,
            object: Object::Nothing,
            subjects: Subjects::one(entity),
            amount: 0,
        },
    }
}

/// Something in every section, with awkward values.
fn changed() -> Comparison {
    let hostile =
        RuleRow { acl: NSG.to_owned(), rule: "User\u{1b}[31mRule\u{202e}".to_owned(), tuples: 99, denied: 9 };
    let heavy = counts(345, 2, 45_678, 9 << 30);
    let port = PortRow { name: PortName { port: 443, protocol: 6, service: Some("https") }, counts: heavy };
    let ratios = Ratios { connections: Some(0.5), denied: None, packets: Some(1.25), bytes: Some(123.4) };
    let named = |ip: &str| HostName {
        ip: ip.to_owned(),
        class: "private",
        provider: None,
        facts: HostFacts::default(),
    };
    Comparison {
        b: set("logs/\u{1b}[2Jsecond", SetKind::Mixed, 2),
        per_hour: true,
        caveats: vec![
            Caveat::NoDenied(Letter::B),
            Caveat::Nics { set: Letter::A, nics: 1, named: vec!["EVIL\u{1b}[0m".to_owned()] },
        ],
        service_outcomes: listed(
            7,
            vec![
                outcome(None, Outcome::Denied, Outcome::Allowed),
                outcome(None, Outcome::Allowed, Outcome::Partly),
            ],
        ),
        conversation_outcomes: listed(1, vec![outcome(Some(LONG_V6), Outcome::Partly, Outcome::Denied)]),
        hosts: delta(
            listed(
                3,
                vec![
                    host("10.0.0.4", "private", heavy),
                    host(LONG_V6, "documentation", counts(1, 0, 2, 120)),
                    host("10.0.0.5", "private", counts(1, 0, 1, 60)),
                ],
            ),
            none(),
            300,
        ),
        denied_only_hosts: Difference { new: 1200, vanished: 1100, kept: 80 },
        ports: delta(listed(1, vec![port]), none(), 11),
        conversations: delta(
            none(),
            listed(
                2345,
                vec![
                    conversation("10.0.0.4", LONG_V6, 443, heavy),
                    conversation("10.0.0.4", "10.0.0.9", 0, heavy),
                ],
            ),
            1,
        ),
        denied: delta(listed(1, vec![conversation(LONG_V6, LONG_V6, 443, counts(0, 77, 0, 0))]), none(), 44),
        denied_from_internet: Difference { new: 1, vanished: 0, kept: 40 },
        host_volume: listed(50, vec![VolumeChange { name: named(LONG_V6), a: heavy, b: heavy, ratios }]),
        port_volume: listed(
            1,
            vec![VolumeChange {
                name: PortName { port: 443, protocol: 6, service: Some("https") },
                a: heavy,
                b: counts(1, 1, 1, 1),
                ratios: Ratios::default(),
            }],
        ),
        rules: delta(listed(1, vec![hostile]), none(), 8),
        findings: Some(FindingChanges {
            new: vec![finding("exposed-admin-port", "10.0.0.4", Severity::High, None)],
            gone: Vec::new(),
            still: vec![
                finding("vertical-scan", "10.0.0.7", Severity::High, Some(Severity::Medium)),
                finding("beacon", "10.0.0.8", Severity::Low, Some(Severity::Low)),
                finding("beacon", "10.0.0.9", Severity::Low, Some(Severity::Low)),
            ],
        }),
        ..same()
    }
}

fn migrated() -> Comparison {
    let overlap = |nsg, vnet, both| Overlap { nsg, vnet, both, covered: Some(both as f64 / nsg as f64) };
    let rest = |reason, port, connections| RestRow {
        conversation: conversation("10.0.0.4", "10.0.0.9", port, counts(connections, 0, 9, 900)),
        reason,
    };
    let reason =
        |reason, conversations, connections, denied| ReasonRow { reason, conversations, connections, denied };
    Comparison {
        a: set("nsg-logs", SetKind::Nsg, 4),
        across_formats: true,
        migration: Some(Migration {
            nsg: 'A',
            nics_in_both: 12,
            connections: overlap(10_000, 10_400, 9_980),
            denied_conversations: overlap(200, 230, 200),
            denied_tuples: overlap(900, 950, 900),
            packets: Sums { nsg: 123_456, vnet: 123_500 },
            bytes: Sums { nsg: 5 << 30, vnet: 5 << 30 },
            equal_conversations: 800,
            equal_counters: 790,
            other_outcome: 1,
            only_nsg: Rest {
                reasons: vec![reason(Reason::Nic, 4, 18, 0), reason(Reason::Unexplained, 1, 2, 0)],
                conversations: listed(5, vec![rest(Reason::Unexplained, 443, 2), rest(Reason::Nic, 22, 9)]),
            },
            only_vnet: Rest {
                reasons: vec![reason(Reason::Protocol, 30, 400, 0), reason(Reason::Encryption, 3, 0, 50)],
                conversations: listed(33, vec![rest(Reason::Protocol, 0, 40)]),
            },
        }),
        ..same()
    }
}

fn render(comparison: &Comparison, style: Style) -> String {
    let mut out = Vec::new();
    write_comparison(&mut out, comparison, &style).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn no_difference_says_so() {
    insta::assert_snapshot!(render(&same(), PLAIN));
}

#[test]
fn every_kind_of_change_at_80_columns() {
    insta::assert_snapshot!(render(&changed(), PLAIN));
}

#[test]
fn two_formats_at_80_columns() {
    insta::assert_snapshot!(render(&migrated(), PLAIN));
}

#[test]
fn the_json_form_is_held() {
    let comparison = Comparison { migration: migrated().migration, ..changed() };
    let mut out = Vec::new();
    json::write(&mut out, &comparison).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn no_line_is_too_wide_and_no_control_character_gets_through() {
    for comparison in [same(), changed(), migrated()] {
        for width in 40..200 {
            let text = render(&comparison, Style { width, ..PLAIN });
            for line in text.lines() {
                assert!(text::width(line) <= width, "{width}: {line:?}");
                assert_eq!(line.trim_end(), line);
            }
            assert!(!text.contains(|char: char| (char.is_control() && char != '\n') || char == '\u{202e}'));
        }
        assert!(render(&comparison, Style { ascii: true, ..PLAIN }).is_ascii());
    }
    assert!(render(&changed(), Style { color: true, ..PLAIN }).contains("\u{1b}[31m"));
}
