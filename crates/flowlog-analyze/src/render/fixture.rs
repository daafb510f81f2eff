//! Reports made by hand for the renderers' tests: one that shows every section with awkward values
//! (hostile and very long names, IPv6, huge numbers), one without a flow, one with little in it.

use flowlog_testkit::mmdb::Mmdb;
use std::collections::BTreeMap;

use flowlog_core::connection::Outcome;
use flowlog_core::enrich::{AddressBookBuilder, KnownHosts};
use flowlog_core::finding::{
    Concern, Deed, EvidenceRow, Finding, Findings, NextStep, Noise, Note, Object, Reason, Scanner, Sentence,
    Severity, Subjects, Suppressed, Suppression, Technique, Unit,
};
use flowlog_core::report::{
    Connections, Coverage, DeniedSourceRow, FileRows, Gap, ListTotals, LogRow, OptionsRow, OutcomeRow,
    PortScanRow, ProblemCounts, Remark, Report, ResolvedTotals, RetryRow, RuleRow, SCHEMA_VERSION,
    SelectionRow, SideOfHost, SpecificIp, TimelineRow, Tool, Totals,
};
use flowlog_core::state::RuleClass;

mod files;
mod network;
mod rows;

use files::{file, files, malformed};
use rows::{conversation, denied, ends, host, incomplete, port};

/// 2025-12-01 07:14:30.123 UTC.
const START: i64 = 1_764_573_270_123;
const HOUR: i64 = 3_600_000;
const LONG_V6: &str = "2001:db8:1234:5678:9abc:def0:1234:5678";
const NSG: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-hub-weu/providers/\
                   Microsoft.Network/networkSecurityGroups/nsg-web-frontend";

pub(crate) fn empty() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool::default(),
        options: OptionsRow {
            top: 15,
            problem_limit: 10_000,
            dedup: true,
            findings: true,
            ..OptionsRow::default()
        },
        selection: None,
        coverage: Coverage::default(),
        totals: Totals::default(),
        resolved: ResolvedTotals::default(),
        connections: Connections::default(),
        states: ['B', 'C', 'E', 'D'].map(|letter| (letter, 0)).into(),
        directions: [('I', 0), ('O', 0)].into(),
        protocols: BTreeMap::new(),
        encryption: BTreeMap::new(),
        timeline_bucket_ms: 60_000,
        timeline: Vec::new(),
        classes: Vec::new(),
        encryption_pairs: Vec::new(),
        rules: Vec::new(),
        admin_access: Vec::new(),
        rules_file: None,
        top_sources: Vec::new(),
        top_destinations: Vec::new(),
        top_ports: Vec::new(),
        list_totals: ListTotals::default(),
        problem_counts: ProblemCounts::default(),
        findings: Some(Findings::default()),
        denied: Vec::new(),
        incomplete: Vec::new(),
        retries: Vec::new(),
        one_way: Vec::new(),
        low_payload: Vec::new(),
        high_volume: Vec::new(),
        heaviest: Vec::new(),
        unusual_ports: Vec::new(),
        denied_sources: Vec::new(),
        port_scans: Vec::new(),
        specific_ips: Vec::new(),
        hosts: KnownHosts::default(),
        files: FileRows::default(),
        malformed: Vec::new(),
    }
}

/// One ping that was let through, in one file from standard input.
pub(crate) fn quiet() -> Report {
    Report {
        totals: Totals {
            files: 1,
            input_bytes: 900,
            records: 1,
            tuples: 1,
            packets_sent: 1,
            bytes_sent: 98,
            unique_sources: 1,
            unique_destinations: 1,
            unique_nics: 1,
            conversations: 1,
            first_time_ms: Some(START),
            last_time_ms: Some(START),
            ..Totals::default()
        },
        coverage: Coverage {
            hours: 1,
            missing_states: vec!['B', 'C', 'D'],
            remarks: vec![Remark::NoDenials, Remark::NoBegins],
            ..Coverage::default()
        },
        states: [('B', 0), ('C', 0), ('E', 1), ('D', 0)].into(),
        directions: [('I', 1), ('O', 0)].into(),
        protocols: [(1, 1)].into(),
        encryption: [(String::new(), 1)].into(),
        rules: vec![rule(NSG, "UserRule_ping", 1, 0, 98)],
        top_sources: vec![host("10.0.0.4", "private", None, 1, 0, 98)],
        top_destinations: vec![host("10.0.0.5", "private", None, 1, 0, 98)],
        specific_ips: vec![SpecificIp {
            query: "192.168.7.0/24".into(),
            as_source: SideOfHost::default(),
            as_destination: SideOfHost::default(),
            top_peers_total: 0,
            top_peers: Vec::new(),
        }],
        hosts: KnownHosts::default(),
        files: [file("-", 1, 1, 0, Some((START, START)), None)].into_iter().collect(),
        ..empty()
    }
}

fn coverage() -> Coverage {
    let log = |mac: &str, kind, gaps: Vec<Gap>| LogRow {
        mac: mac.into(),
        resource: NSG.to_lowercase().into(),
        kind,
        tuples: 5_000_000,
        states: [2_000_000, 900_000, 1_999_000, 101_000, 0].into(),
        hours: 25 - gaps.iter().map(|gap| gap.hours).sum::<u64>(),
        first_hour_ms: Some(START / HOUR * HOUR),
        last_hour_ms: Some(START / HOUR * HOUR + 26 * HOUR),
        last_record_ms: Some(START + 26 * HOUR),
        gaps,
    };
    let gap = |hours, inside| Gap { from_ms: START / HOUR * HOUR + 3 * HOUR, hours, inside };
    Coverage {
        hours: 25,
        empty_hours: 2,
        logs: vec![
            log("000D3A05C006", "NSG", Vec::new()),
            log("000D3A05C006", "VNet", vec![gap(3, true), gap(1, false)]),
            log("", "VNet", Vec::new()),
        ],
        missing_states: vec!['D'],
        unfinished_ms: Some(START + 26 * HOUR),
        logged_twice: vec!["000D3A05C006".into()],
        repeated_records: 60,
        untimed_tuples: 0,
        stateless_connections: 0,
        remarks: vec![Remark::NoDenials, Remark::Repeated { records: 60 }],
    }
}

fn connections() -> Connections {
    let row = |(place, outcome): (usize, &Outcome)| OutcomeRow {
        outcome: outcome.name(),
        meaning: outcome.label(),
        connections: 5_000_000 >> (3 * place),
        tuples: 12_000_000 >> (3 * place),
        packets_sent: 900_000_000 >> (5 * place),
        bytes_sent: 1_000_000_000_000 >> (5 * place),
        packets_received: 800_000_000 >> (5 * place),
        bytes_received: 9_000_000_000 >> (5 * place),
    };
    Connections { total: 5_714_000, outcomes: Outcome::ALL.iter().enumerate().map(row).collect() }
}

fn tool() -> Tool {
    let commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    Tool { name: "flowlog-analyze".to_owned(), version: "1.2.3".to_owned(), commit }
}

fn options() -> OptionsRow {
    OptionsRow {
        top: 15,
        sort: None,
        problem_limit: 10_000,
        bucket_ms: Some(HOUR),
        dedup: true,
        findings: true,
        specific_ips: vec![LONG_V6.to_owned(), "10.0.0.0/16".to_owned()],
        internal: vec!["hub=10.0.0.0/16".to_owned()],
        service_tags: true,
        rules: true,
        thresholds: [("vertical_scan.ports".to_owned(), 7.into())].into(),
        suppressions: 2,
    }
}
/// The same report with names, countries and systems of some of its addresses, and a list of threats that has others.
pub(crate) fn known() -> Report {
    let mut builder = AddressBookBuilder::default();
    builder.names(NAMES.as_bytes()).expect("lines of address and name");
    let place = |code: &str, system: u32, organisation: &str| {
        serde_json::json!({
            "country": { "iso_code": code }, "autonomous_system_number": system,
            "autonomous_system_organization": organisation,
        })
    };
    let database = Mmdb::new("Enterprise")
        .row("20.60.1.0/24", &place("US", 64_500, "Example Cloud"))
        .row("185.220.101.0/24", &place("DE", 64_501, "=hosting()"))
        .row("198.51.100.0/24", &place("RU", 64_502, "Nobody"));
    builder.database("fixture.mmdb", database.bytes()).expect("a database of countries and systems");
    builder.threats("level5", LISTED.as_bytes()).expect("lines of addresses");
    let mut report = rich();
    report.know(&builder.finish());
    report
}

const NAMES: &str =
    "10.0.0.4,db01\n10.0.0.0/24,subnet-of-front-ends\n20.60.1.2,=storage()\n2001:db8::/32,web-v6\n";

const LISTED: &str = "185.220.101.34\n100.64.0.9\n198.51.100.0/24\n";

pub(crate) fn rich() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool: tool(),
        options: options(),
        selection: Some(SelectionRow {
            from_ms: Some(START - HOUR),
            to_ms: None,
            filter: Some("--where 'dst in 10.0.0.0/8 and not denied'".into()),
            files_left_out: 3,
            tuples_left_out: 1_234,
        }),
        coverage: coverage(),
        resolved: ResolvedTotals {
            applied: true,
            duplicate_connections: 1_234_567,
            duplicate_tuples: 3_086_418,
            duplicate_bytes: 412_316_860_416,
            tuples: 12_313_582,
            packets_sent: 700_000_000,
            bytes_sent: 687_194_767_360,
            packets_received: 600_000_000,
            bytes_received: 8_589_934_592,
        },
        connections: connections(),
        totals: Totals {
            files: 9,
            files_with_errors: 4,
            input_bytes: 1_234_567_890,
            records: 12_345,
            tuples: 15_400_000,
            malformed: 23,
            denied_by_rule: 2_901_000,
            dropped_for_encryption: 99_000,
            packets_sent: 987_654_321,
            bytes_sent: 1_099_511_627_776,
            packets_received: 876_543_210,
            bytes_received: 9_876_543_210,
            unique_sources: 4_321,
            unique_destinations: 987,
            unique_nics: 3,
            conversations: 45_678,
            first_time_ms: Some(START),
            last_time_ms: Some(START + 26 * HOUR),
        },
        states: [('B', 5_000_000), ('C', 2_400_000), ('E', 4_999_000), ('D', 3_000_000), ('A', 1_000)].into(),
        directions: [('I', 9_400_000), ('O', 6_000_000)].into(),
        protocols: [(1, 400), (6, 14_000_000), (17, 1_399_599), (253, 1)].into(),
        timeline_bucket_ms: 3_600_000,
        timeline: [(0, 9_000_000), (2, 6_400_000)]
            .map(|(hours, tuples)| TimelineRow {
                time_ms: START / HOUR * HOUR + hours * HOUR,
                tuples,
                begun: tuples / 3,
                denied: tuples / 9,
                bytes_sent: tuples * 700,
                bytes_received: tuples * 9_000,
            })
            .into(),
        encryption: [("NX", 15_000_000), ("X", 300_000), ("NX_SW_NOT_READY", 99_000), ("", 1_000)]
            .map(|(word, tuples)| (word.to_owned(), tuples))
            .into(),
        classes: network::classes(),
        encryption_pairs: network::encryption_pairs(),
        rules: rules(),
        admin_access: network::admin_access(),
        rules_file: Some(network::rules_file()),
        top_sources: vec![
            host("10.0.0.4", "private", None, 1_234_567, 0, 5 << 30),
            host("185.220.101.34", "public", None, 345_678, 345_678, 0),
            host(LONG_V6, "documentation", None, 12_345, 12, 123_456),
            host("168.63.129.16", "Azure platform", Some("Azure DNS and health probes"), 2_345, 0, 234_567),
        ],
        top_destinations: vec![
            host("20.60.1.2", "public", Some("Microsoft Azure"), 2_345_678, 0, 900 << 30),
            host("10.0.0.5", "private", None, 1_000_000, 999_999, 7 << 20),
            host("100.64.0.9", "carrier-grade NAT", None, 1_000, 0, 1_023),
        ],
        top_ports: vec![
            port(443, 6, Some("https"), 9_876_543, 12, 1 << 40),
            port(53, 17, Some("domain"), 1_234_567, 0, 99_999_999),
            port(3389, 6, Some("ms-wbt-server"), 654_321, 654_321, 0),
            port(50_123, 6, None, 77, 0, 7_700),
            port(22, 6, Some("ssh"), 70, 60, 4_200),
            port(8080, 6, Some("http-alt"), 69, 0, 69_000),
        ],
        findings: Some(findings()),
        list_totals: ListTotals {
            encryption_pairs: 2,
            top_sources: 4_321,
            top_destinations: 987,
            top_ports: 1_234,
        },
        problem_counts: ProblemCounts {
            denied: 12_345,
            incomplete: 2,
            retries: 1,
            one_way: 2,
            low_payload: 1,
            high_volume: 457,
            unusual_ports: 1,
            denied_sources: 99,
            port_scans: 2,
        },
        denied: denied(),
        incomplete: incomplete(),
        retries: vec![RetryRow {
            ends: ends("10.0.0.4", "10.0.0.9", 1433, 6, Some("ms-sql-s")),
            begins: 1_240,
            ended: 3,
        }],
        one_way: vec![
            conversation("10.0.0.4", "10.9.9.9", 514, 17, Some("syslog"), 12, [1_234, 99_999, 0, 0]),
            conversation(LONG_V6, "ff02::1:2", 547, 17, Some("dhcpv6-server"), 1, [3, 300, 0, 0]),
        ],
        low_payload: vec![conversation(
            "10.0.0.4",
            "10.0.0.6",
            5432,
            6,
            Some("postgresql"),
            7,
            [100, 4_400, 90, 3_960],
        )],
        high_volume: vec![conversation(
            "10.0.0.4",
            "20.60.1.2",
            443,
            6,
            Some("https"),
            321,
            [700_000_000, 900 << 30, 600_000_000, 1 << 30],
        )],
        heaviest: vec![
            conversation(
                "10.0.0.4",
                "20.60.1.2",
                443,
                6,
                Some("https"),
                321,
                [700_000_000, 900 << 30, 600_000_000, 1 << 30],
            ),
            conversation(
                LONG_V6,
                "2001:db8:1234:5678:9abc:def0:1234:9999",
                8443,
                6,
                None,
                2,
                [9, 800, 8, 700],
            ),
        ],
        unusual_ports: vec![port(50_123, 6, None, 77, 0, 7_700)],
        denied_sources: vec![DeniedSourceRow {
            source: "185.220.101.34".into(),
            class: "public",
            provider: Some("Example Hosting With A Very Long Name Ltd"),
            tuples: 345_678,
            destinations: 3,
            ports: 1_024,
        }],
        port_scans: vec![
            PortScanRow {
                source: "185.220.101.34".into(),
                destination: "10.0.0.5".into(),
                ports: 1_024,
                tuples: 345_600,
                denied: 345_600,
            },
            PortScanRow {
                source: LONG_V6.into(),
                destination: "2001:db8:1234:5678:9abc:def0:1234:9999".into(),
                ports: 6,
                tuples: 60,
                denied: 0,
            },
        ],
        specific_ips: specific(),
        hosts: KnownHosts::default(),
        files: files(),
        malformed: malformed(),
    }
}

fn rule(acl: &str, rule: &str, tuples: u64, denied: u64, bytes: u64) -> RuleRow {
    let class = RuleClass::of(acl, rule);
    RuleRow {
        acl: acl.into(),
        rule: rule.into(),
        class: class.label(),
        tuples,
        begun: (tuples - denied) / 3,
        denied,
        dropped_for_encryption: if class == RuleClass::Unspecified { denied } else { 0 },
        bytes,
        sources: tuples.min(4_321),
        destinations: tuples.min(3),
        ports: tuples.min(2),
        first_time_ms: START,
        last_time_ms: START + 26 * HOUR,
    }
}

fn rules() -> Vec<RuleRow> {
    let long = "UserRule_allow-https-from-the-application-gateway-to-the-web-frontend-of-production";
    vec![
        rule(NSG, long, 9_876_543, 0, 1 << 40),
        rule(NSG, "DefaultRule_DenyAllInBound", 3_000_000, 3_000_000, 0),
        rule("00000000-0000-0000-0000-000000000000", "PlatformRule", 1_000, 0, 99_999),
        rule("unspecified", "unspecified", 99_000, 99_000, 0),
        rule("/x/evil\u{1b}[2J\u{202e}nsg", "=cmd()|' /C calc'!A0", 10, 0, 100),
        rule("/x/nsg-last", "UserRule_rarely", 1, 0, 60),
    ]
}

fn specific() -> Vec<SpecificIp> {
    vec![
        SpecificIp {
            query: "10.0.0.4".into(),
            as_source: SideOfHost {
                tuples: 1_234_567,
                denied: 321,
                packets_sent: 7_654_321,
                bytes_sent: 900 << 30,
                packets_received: 6_543_210,
                bytes_received: 1 << 30,
                peers: 12,
                top_ports_total: 7,
                top_ports: vec![port(443, 6, Some("https"), 1_000_000, 0, 900 << 30)],
            },
            as_destination: SideOfHost {
                tuples: 2,
                packets_sent: 1,
                bytes_sent: 60,
                peers: 1,
                top_ports_total: 1,
                top_ports: vec![port(22, 6, Some("ssh"), 2, 0, 60)],
                ..SideOfHost::default()
            },
            top_peers_total: 12,
            top_peers: vec![host("20.60.1.2", "public", Some("Microsoft Azure"), 1_000_000, 0, 900 << 30)],
        },
        SpecificIp {
            query: "10.0.0.0/16".into(),
            as_source: SideOfHost::default(),
            as_destination: SideOfHost { tuples: 12, denied: 12, peers: 2, ..SideOfHost::default() },
            top_peers_total: 12,
            top_peers: vec![host("198.51.100.7", "documentation", None, 12, 12, 0)],
        },
    ]
}

/// One grave finding with more evidence than is shown, one that is suppressed, an expired suppression.
fn findings() -> Findings {
    let evidence = |destination: &str, count| EvidenceRow {
        source: LONG_V6.to_owned(),
        destination: Some(destination.to_owned()),
        port: None,
        protocol: Some(6),
        count,
        unit: Unit::Ports,
        note: Note::FailedWithin { burst: 60, seconds: 24 },
    };
    let finding = |severity, rule| Finding {
        id: format!("{rule}:{LONG_V6}"),
        rule,
        severity,
        title: format!("{LONG_V6} scans the ports of 5 hosts"),
        reason: Reason(vec![
            Sentence::PortsOfOneHost { limit: 15, window: 300, most: 60 },
            Sentence::VulnerabilityScanners,
        ]),
        entity: LONG_V6.to_owned(),
        concern: Concern {
            deed: if rule == "slow-scan" { Deed::SlowScan } else { Deed::PortScan },
            object: if rule == "slow-scan" { Object::Nothing } else { Object::Hosts(5) },
            subjects: Subjects::one(LONG_V6),
            amount: 60,
        },
        first_time_ms: Some(START),
        last_time_ms: Some(START + HOUR),
        techniques: &[Technique { id: "T1046", name: "Network Service Discovery" }],
        next_step: NextStep::WhoScanned,
        evidence: ["10.0.0.4", LONG_V6, "10.0.0.6", "10.0.0.7"].map(|host| evidence(host, 60)).to_vec(),
        evidence_rows: 5,
    };
    Findings {
        findings: vec![finding(Severity::High, "vertical-scan"), finding(Severity::Low, "slow-scan")],
        suppressed: vec![Suppressed {
            id: "beacon:10.0.0.9:203.0.113.7:443".to_owned(),
            title: "10.0.0.9 calls 203.0.113.7:443 by the clock (score 0.98)".to_owned(),
            reason: "monitoring".to_owned(),
            expires: "2026-12-31".to_owned(),
        }],
        expired: vec![Suppression {
            rule: "vertical-scan".to_owned(),
            entity: "10.0.0.0/24\u{1b}[31m".to_owned(),
            reason: "penetration test".to_owned(),
            expires: "2025-11-30".to_owned(),
        }],
        noise: Noise {
            sources: 1_204,
            conversations: 8_800,
            attempts: 12_345,
            targets: 6,
            scanners: 17,
            top: vec![Scanner {
                source: LONG_V6.to_owned(),
                provider: Some("Censys (scanner)"),
                targets: 6,
                conversations: 1_500,
                attempts: 2_100,
                let_through: 2,
                first_time_ms: START,
                last_time_ms: START + HOUR,
            }],
        },
    }
}
