mod parts;

use super::*;
use crate::finding::{self, FindingOptions, Scene, detect};
use crate::state::Gatherer;
use crate::state::testing::gatherer;

const NSG: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/web";
const ZEROS: &str = "00000000-0000-0000-0000-000000000000";
const SERVER: &str = "000D3A000001";
const START: i64 = 1_768_464_000_000;

/// The rules and tuples of one NIC's record.
type Groups<'a> = &'a [(&'a str, &'a str, &'a [String])];

fn quoted(tuples: &[String]) -> String {
    tuples.iter().map(|tuple| format!("\"{tuple}\"")).collect::<Vec<_>>().join(",")
}

fn vnet(records: &[(&str, Groups<'_>)]) -> Gatherer {
    let groups = |groups: Groups<'_>| {
        let group = |(acl, rule, tuples): &(&str, &str, &[String])| {
            format!(
                r#"{{"aclID":"{acl}","flowGroups":[{{"rule":"{rule}","flowTuples":[{}]}}]}}"#,
                quoted(tuples)
            )
        };
        groups.iter().map(group).collect::<Vec<_>>().join(",")
    };
    let record = |(mac, list): &(&str, Groups<'_>)| {
        format!(
            r#"{{"time":"2026-01-15T08:05:00Z","macAddress":"{mac}","category":"FlowLogFlowEvent","targetResourceID":"n","flowLogVersion":4,"flowRecords":{{"flows":[{}]}}}}"#,
            groups(list)
        )
    };
    decoded(&records.iter().map(record).collect::<Vec<_>>())
}

fn nsg(records: &[(&str, Groups<'_>)]) -> Gatherer {
    let groups = |mac: &str, groups: Groups<'_>| {
        let group = |(_, rule, tuples): &(&str, &str, &[String])| {
            format!(r#"{{"rule":"{rule}","flows":[{{"mac":"{mac}","flowTuples":[{}]}}]}}"#, quoted(tuples))
        };
        groups.iter().map(group).collect::<Vec<_>>().join(",")
    };
    let record = |(mac, list): &(&str, Groups<'_>)| {
        format!(
            r#"{{"time":"2026-01-15T08:05:00Z","macAddress":"{mac}","category":"NetworkSecurityGroupFlowEvent","resourceId":"{}","properties":{{"Version":2,"flows":[{}]}}}}"#,
            NSG.to_uppercase(),
            groups(mac, list)
        )
    };
    decoded(&records.iter().map(record).collect::<Vec<_>>())
}

fn empty_tables() -> Gatherer {
    gatherer("{\"records\":[]}")
}

fn decoded(records: &[String]) -> Gatherer {
    gatherer(&format!(r#"{{"records":[{}]}}"#, records.join(",")))
}

/// One inbound connection of `VNet` logs: 5 packets and 500 bytes out, 4 and 4000 back.
fn life(second: i64, source: &str, port: u16, destination: &str) -> [String; 2] {
    let at = START + second * 1000;
    [
        format!("{at},{source},{destination},{},{port},6,I,B,NX,0,0,0,0", 40_000 + second),
        format!("{},{source},{destination},{},{port},6,I,E,NX,5,500,4,4000", at + 250, 40_000 + second),
    ]
}

fn denial(second: i64, source: &str, port: u16, destination: &str) -> String {
    let at = START + second * 1000;
    format!("{at},{source},{destination},{},{port},6,I,D,NX,0,0,0,0", 40_000 + second)
}

fn compared(a: &Gatherer, b: &Gatherer) -> Comparison {
    compared_knowing(&OwnNetworks::default(), a, b)
}

fn compared_knowing(own: &OwnNetworks, a: &Gatherer, b: &Gatherer) -> Comparison {
    let options = FindingOptions::default();
    let found = [a, b].map(|gatherer| {
        let summary = &gatherer.summary;
        let scene = Scene::new(&summary.hosts, &summary.near, &summary.overall, &options);
        let make = || (Conversations::default(), finding::Collector::new(&scene));
        let (conversations, collected) = gatherer.gather(make).unwrap();
        (conversations, detect(collected, gatherer).unwrap())
    });
    let set = |name, tables, place: usize| {
        let (conversations, findings) = &found[place];
        Set { name, tables, conversations, files: FileSums::default(), findings: Some(findings) }
    };
    compare(&set("a", &a.summary, 0), &set("b", &b.summary, 1), own, 100)
}

fn codes(comparison: &Comparison) -> Vec<&'static str> {
    comparison.caveats.iter().map(Caveat::code).collect()
}

/// What comparing the other way round must say.
fn mirrored(comparison: Comparison) -> Comparison {
    fn swap<T>(delta: Delta<T>) -> Delta<T> {
        Delta { new: delta.vanished, vanished: delta.new, kept: delta.kept }
    }
    fn turn(list: Listed<OutcomeChange>) -> Listed<OutcomeChange> {
        let turned = |row: OutcomeChange| OutcomeChange {
            before: row.after,
            after: row.before,
            a: row.b,
            b: row.a,
            ..row
        };
        Listed { total: list.total, rows: list.rows.into_iter().map(turned).collect() }
    }
    fn volume<N>(list: Listed<VolumeChange<N>>) -> Listed<VolumeChange<N>> {
        let turned =
            |row: VolumeChange<N>| VolumeChange { a: row.b, b: row.a, ratios: Ratios::default(), ..row };
        Listed { total: list.total, rows: list.rows.into_iter().map(turned).collect() }
    }
    let numbers = |difference: Difference| Difference {
        new: difference.vanished,
        vanished: difference.new,
        kept: difference.kept,
    };
    Comparison {
        a: comparison.b,
        b: comparison.a,
        ratios: Ratios::default(),
        caveats: Vec::new(),
        service_outcomes: turn(comparison.service_outcomes),
        conversation_outcomes: turn(comparison.conversation_outcomes),
        hosts: swap(comparison.hosts),
        denied_only_hosts: numbers(comparison.denied_only_hosts),
        ports: swap(comparison.ports),
        conversations: swap(comparison.conversations),
        denied: swap(comparison.denied),
        denied_from_internet: numbers(comparison.denied_from_internet),
        host_volume: volume(comparison.host_volume),
        port_volume: volume(comparison.port_volume),
        rules: swap(comparison.rules),
        findings: comparison.findings.map(|found| FindingChanges {
            new: found.gone,
            gone: found.new,
            still: found.still,
        }),
        migration: comparison
            .migration
            .map(|migration| Migration { nsg: if migration.nsg == 'A' { 'B' } else { 'A' }, ..migration }),
        ..comparison
    }
}

/// Ratios and caveats speak of A and B by name: everything else must be the mirror image.
fn assert_mirror(a: &Gatherer, b: &Gatherer) {
    let plain = |comparison: Comparison| {
        let blank = mirrored(mirrored(comparison));
        Comparison {
            a: SetSummary { name: String::new(), ..blank.a },
            b: SetSummary { name: String::new(), ..blank.b },
            ..blank
        }
    };
    let back = mirrored(compared(b, a));
    let back = Comparison {
        a: SetSummary { name: String::new(), ..back.a },
        b: SetSummary { name: String::new(), ..back.b },
        ..back
    };
    assert_eq!(plain(compared(a, b)), back);
}

#[test]
fn a_rule_that_was_opened_is_told_by_service_and_by_conversation() {
    let before = vnet(&[(
        SERVER,
        &[
            (NSG, "UserRule_Https", &life(1, "203.0.113.9", 443, "10.0.0.4")),
            (
                NSG,
                "DefaultRule_DenyAllInBound",
                &[denial(2, "10.1.0.9", 22, "10.0.0.4"), denial(3, "198.51.100.7", 22, "10.0.0.4")],
            ),
        ],
    )]);
    let after = vnet(&[(
        SERVER,
        &[
            (NSG, "UserRule_Https", &life(1, "203.0.113.9", 443, "10.0.0.4")),
            (NSG, "UserRule_Ssh", &life(2, "10.1.0.9", 22, "10.0.0.4")),
            (NSG, "DefaultRule_DenyAllInBound", &[denial(9, "198.51.100.8", 22, "10.0.0.4")]),
        ],
    )]);
    let found = compared(&before, &after);
    let services: Vec<_> = found
        .service_outcomes
        .rows
        .iter()
        .map(|row| (row.destination.as_str(), row.port.port, row.before, row.after))
        .collect();
    // Somebody gets through, somebody else is still denied.
    assert_eq!(services, [("10.0.0.4", 22, Outcome::Denied, Outcome::Partly)]);
    let conversations: Vec<_> = found
        .conversation_outcomes
        .rows
        .iter()
        .map(|row| (row.source.as_deref(), row.before, row.after, row.a.denied, row.b.connections))
        .collect();
    assert_eq!(conversations, [(Some("10.1.0.9"), Outcome::Denied, Outcome::Allowed, 1, 1)]);
    let new: Vec<_> = found.rules.new.rows.iter().map(|row| (row.rule.as_str(), row.tuples)).collect();
    assert_eq!((new, found.rules.vanished.total, found.rules.kept), (vec![("UserRule_Ssh", 2)], 0, 2));
    let ips = |rows: &[HostRow]| rows.iter().map(|row| row.name.ip.clone()).collect::<Vec<_>>();
    assert_eq!(ips(&found.hosts.new.rows), ["10.1.0.9"]);
    assert_eq!(found.hosts.vanished.total, 0);
    // 10.1.0.9 is no longer denied only: it is new among those who get through.
    assert_eq!(found.denied_only_hosts, Difference { new: 1, vanished: 1, kept: 0 });
    assert_eq!(found.ports.new.rows.iter().map(|row| row.name.port).collect::<Vec<_>>(), [22]);
    assert_eq!((found.denied.new.total, found.denied.vanished.total), (1, 2));
    assert_eq!(found.denied_from_internet, Difference { new: 1, vanished: 1, kept: 0 });
    assert_eq!(found.denied.vanished.rows[0].ends.source, "10.1.0.9", "one's own hosts come first");
    assert!(!found.is_same());
    assert_mirror(&before, &after);
    // The same address as one's own: what it is denied is no noise any more.
    let own = OwnNetworks::new(vec!["198.51.100.0/24".parse().unwrap()]);
    let found = compared_knowing(&own, &before, &after);
    assert_eq!(found.denied_from_internet, Difference::default());
    assert_eq!((found.denied.new.total, found.denied.vanished.total), (1, 2));
}

#[test]
fn what_the_source_logs_on_the_way_to_a_denial_lets_nobody_through() {
    let way_out = [
        format!("{START},10.0.0.4,10.0.0.5,40001,1433,6,O,B,NX,0,0,0,0"),
        format!("{},10.0.0.4,10.0.0.5,40001,1433,6,O,E,NX,3,198,0,0", START + 21_000),
    ];
    let there = [format!("{},10.0.0.4,10.0.0.5,40001,1433,6,I,D,NX,0,0,0,0", START + 2)];
    let denied = vnet(&[(SERVER, &[(NSG, "out", &way_out)]), ("000D3A000002", &[(NSG, "in", &there)])]);
    let open = vnet(&[(SERVER, &[(NSG, "out", &life(1, "10.0.0.4", 1433, "10.0.0.5"))])]);
    let found = compared(&denied, &open);
    let change = &found.conversation_outcomes.rows[0];
    assert_eq!((change.before, change.after), (Outcome::Denied, Outcome::Allowed));
    assert_eq!(change.a, Counts { connections: 1, denied: 1, packets: 3, bytes: 198 });
    assert_eq!(found.hosts.new.total, 2, "before, neither got through to anybody");
    assert_mirror(&denied, &open);
}

#[test]
fn the_same_set_twice_is_the_same() {
    let set = || {
        vnet(&[(
            SERVER,
            &[
                (NSG, "r", &life(1, "10.1.0.9", 22, "10.0.0.4")),
                (NSG, "d", &[denial(2, "10.1.0.9", 23, "10.0.0.4")]),
            ],
        )])
    };
    let found = compared(&set(), &set());
    assert!(found.is_same(), "{found:?}");
    assert_eq!((found.caveats.len(), found.per_hour, found.conversations.kept), (0, false, 1));
}

#[test]
fn what_a_set_does_not_hold_is_said() {
    let empty = empty_tables();
    let allowed = vnet(&[(SERVER, &[(NSG, "r", &life(1, "10.1.0.9", 22, "10.0.0.4"))])]);
    let denied = vnet(&[(
        "000D3A000002",
        &[(NSG, "d", &[denial(2, "10.1.0.9", 23, "10.0.0.5"), denial(7, "10.1.0.9", 23, "10.0.0.5")])],
    )]);
    assert_eq!(codes(&compared(&empty, &allowed)), ["empty", "no-denied"]);
    let found = compared(&allowed, &denied);
    assert_eq!(codes(&found), ["no-denied", "no-allowed", "spans", "nics", "nics", "no-common-host"]);
    let text = |code: &str| found.caveats.iter().find(|caveat| caveat.code() == code).unwrap().to_string();
    assert!(text("no-denied").starts_with("A holds no denied tuple"), "{}", text("no-denied"));
    assert!(text("nics").contains("1 NIC is in A and not in B (000D3A000001)"), "{}", text("nics"));
    assert_mirror(&allowed, &denied);
}

#[test]
fn volumes_are_compared_by_the_hour_where_the_lengths_differ() {
    let hours = |hours: i64| {
        let tuples: Vec<String> = (0..hours * 60)
            .flat_map(|minute| life(minute * 60, "10.1.0.9", 443, "10.0.0.4"))
            .chain(life(hours * 3600 - 1, "10.1.0.9", 8443, "10.0.0.4"))
            .collect();
        let ports: Vec<String> = tuples
            .iter()
            .enumerate()
            .map(|(place, tuple)| {
                // Source ports of hours do not fit: one a connection.
                let mut fields: Vec<String> = tuple.split(',').map(str::to_owned).collect();
                fields[3] = (10_000 + place / 2).to_string();
                fields.join(",")
            })
            .collect();
        vnet(&[(SERVER, &[(NSG, "r", &ports)])])
    };
    let (four, two) = (hours(4), hours(2));
    let found = compared(&four, &two);
    assert!(found.per_hour);
    assert_eq!((found.a.covered_ms / 60_000, found.b.covered_ms / 60_000), (239, 119));
    let row = found.port_volume.rows.iter().find(|row| row.name.port == 443).unwrap();
    assert_eq!((row.a.connections, row.b.connections), (240, 120));
    assert!((row.ratios.connections.unwrap() - 1.0).abs() < 0.01, "{row:?}");
    // Once in two hours is twice as much as once in four.
    let first = &found.port_volume.rows[0];
    assert_eq!(first.name.port, 8443);
    assert!((first.ratios.bytes.unwrap() - 2.0).abs() < 0.02, "{first:?}");
    assert!(codes(&found).contains(&"spans"));
    assert_mirror(&four, &two);
}

#[test]
fn hours_without_data_are_not_covered() {
    let set = vnet(&[(
        SERVER,
        &[(
            NSG,
            "r",
            &[life(60, "10.1.0.9", 443, "10.0.0.4"), life(3 * 3600, "10.1.0.8", 443, "10.0.0.4")].concat(),
        )],
    )]);
    // From 08:01:00 to 09:00, and 250 ms of the hour from 11:00.
    assert_eq!(compared(&set, &set).a.covered_ms, 59 * 60_000 + 250);
}

fn nsg_life(second: i64, source: &str, port: u16, destination: &str) -> [String; 2] {
    let at = START / 1000 + second;
    [
        format!("{at},{source},{destination},{},{port},T,I,A,B,,,,", 40_000 + second),
        format!("{at},{source},{destination},{},{port},T,I,A,E,5,500,4,4000", 40_000 + second),
    ]
}

#[test]
fn the_two_logs_of_one_hour_are_matched_and_what_is_left_gets_its_reason() {
    let denied = |second: i64| format!("{},10.1.0.9,10.0.0.4,40077,23,T,I,D,B,,,,", START / 1000 + second);
    let old = nsg(&[
        (
            SERVER,
            &[
                (
                    "",
                    "UserRule_Ssh",
                    &[
                        nsg_life(1, "10.1.0.9", 22, "10.0.0.4"),
                        nsg_life(2, "10.1.0.9", 22, "10.0.0.4"),
                        nsg_life(3, "10.1.0.9", 443, "10.0.0.4"),
                    ]
                    .concat(),
                ),
                ("", "DefaultRule_DenyAllInBound", &[denied(5), denied(6)]),
            ],
        ),
        ("000D3A000009", &[("", "UserRule_Ssh", &nsg_life(4, "10.1.0.9", 22, "10.0.0.99"))]),
    ]);
    let ping = [
        format!("{START},10.1.0.9,10.0.0.4,0,0,1,I,B,NX,0,0,0,0"),
        format!("{},10.1.0.9,10.0.0.4,0,0,1,I,E,NX,4,392,4,392", START + 3000),
    ];
    let new = vnet(&[(
        SERVER,
        &[
            (
                NSG,
                "UserRule_Ssh",
                &[life(1, "10.1.0.9", 22, "10.0.0.4"), life(3, "10.1.0.9", 443, "10.0.0.4")].concat(),
            ),
            (NSG, "DefaultRule_AllowVnetInBound", &ping),
            (
                NSG,
                "DefaultRule_DenyAllInBound",
                &[denial(5, "10.1.0.9", 23, "10.0.0.4"), denial(6, "10.1.0.9", 23, "10.0.0.4")],
            ),
            (ZEROS, "PlatformRule", &life(7, "203.0.113.5", 8080, "10.0.0.4")),
            ("unspecified", "unspecified", &[denial(8, "10.0.0.7", 1433, "10.0.0.4")]),
        ],
    )]);
    let found = compared(&old, &new);
    assert!(found.across_formats);
    let migration = found.migration.as_ref().unwrap();
    assert_eq!((migration.nsg, migration.nics_in_both), ('A', 1));
    assert_eq!(migration.connections, Overlap { nsg: 4, vnet: 3, both: 2, covered: Some(0.5) });
    assert_eq!(migration.denied_tuples, Overlap { nsg: 2, vnet: 3, both: 2, covered: Some(1.0) });
    assert_eq!(migration.denied_conversations, Overlap { nsg: 1, vnet: 2, both: 1, covered: Some(1.0) });
    assert_eq!((migration.equal_conversations, migration.equal_counters), (1, 1));
    assert_eq!(
        (migration.bytes, migration.packets),
        (Sums { nsg: 4500, vnet: 4500 }, Sums { nsg: 9, vnet: 9 })
    );
    let reasons = |rest: &Rest| {
        rest.reasons
            .iter()
            .map(|row| (row.reason, row.conversations, row.connections, row.denied))
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&migration.only_nsg), [(Reason::Nic, 1, 1, 0), (Reason::Fewer, 1, 1, 0)]);
    assert_eq!(
        reasons(&migration.only_vnet),
        [(Reason::Protocol, 1, 1, 0), (Reason::Platform, 1, 1, 0), (Reason::Encryption, 1, 0, 1)]
    );
    assert_eq!(found.rules.kept, 2, "the case of the NSG's id says nothing");
    assert_mirror(&old, &new);
}

#[test]
fn a_log_that_begins_later_is_excused_by_the_time() {
    let old = nsg(&[(
        SERVER,
        &[(
            "",
            "r",
            &[nsg_life(1, "10.1.0.9", 22, "10.0.0.4"), nsg_life(900, "10.1.0.8", 443, "10.0.0.4")].concat(),
        )],
    )]);
    let new = vnet(&[(SERVER, &[(NSG, "r", &life(900, "10.1.0.8", 443, "10.0.0.4"))])]);
    let migration = compared(&old, &new).migration.unwrap();
    assert_eq!(migration.only_nsg.reasons[0].reason, Reason::Time);
    assert_eq!(migration.connections, Overlap { nsg: 2, vnet: 1, both: 1, covered: Some(0.5) });
}
