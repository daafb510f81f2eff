//! What the person knows beside the logs: rules as configured, own networks, Microsoft's addresses.

mod common;

use std::fs;

use common::Bench;
use serde_json::{Value, json};

const SUBSCRIPTION: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers";

fn nsg(name: &str) -> String {
    format!("{SUBSCRIPTION}/Microsoft.Network/networkSecurityGroups/{name}")
}

/// A VNet flow log of one NIC, 10.0.1.4: rules with their tuples, without time.
fn log(vnet: &str, mac: &str, flows: &[(String, &str, &[&str])]) -> String {
    let time = 1_768_464_000_000_i64;
    let flows: Vec<Value> = flows
        .iter()
        .map(|(acl, rule, tuples)| {
            let tuples: Vec<String> = tuples
                .iter()
                .zip(0..)
                .map(|(tuple, second)| format!("{},{tuple}", time + second * 1000))
                .collect();
            json!({"aclID": acl, "flowGroups": [{"rule": rule, "flowTuples": tuples}]})
        })
        .collect();
    let target = format!("{SUBSCRIPTION}/Microsoft.Network/virtualNetworks/{vnet}");
    json!({"records": [{
        "time": "2026-01-15T08:01:00Z", "flowLogVersion": 4, "flowLogGUID": "g", "macAddress": mac,
        "category": "FlowLogFlowEvent", "flowLogResourceID": "/x", "targetResourceID": target,
        "operationName": "FlowLogFlowEvent", "flowRecords": {"flows": flows}
    }]})
    .to_string()
}

/// Ssh from three hosts of the internet, https from one, a denial, and a rule no file has.
fn web() -> String {
    log(
        "hub",
        "000D3A000001",
        &[
            (
                nsg("web"),
                "UserRule_ssh",
                &[
                    "198.51.100.1,10.0.1.4,50000,22,6,I,B,NX,0,0,0,0",
                    "198.51.100.1,10.0.1.4,50000,22,6,I,E,NX,9,900,8,8000",
                    "198.51.100.2,10.0.1.4,50001,22,6,I,B,NX,0,0,0,0",
                    "198.51.100.3,10.0.1.4,50002,22,6,I,E,NX,1,60,0,0",
                ],
            ),
            (nsg("web"), "UserRule_https", &["10.0.2.4,10.0.1.4,50000,443,6,I,B,NX,0,0,0,0"]),
            (nsg("web"), "UserRule_gone", &["10.0.2.4,10.0.1.4,50000,8443,6,I,B,NX,0,0,0,0"]),
            (nsg("web"), "DefaultRule_DenyAllInBound", &["198.51.100.9,10.0.1.4,50000,23,6,I,D,NX,0,0,0,0"]),
            (nsg("db"), "UserRule_sql", &["10.0.2.4,10.0.1.4,50000,1433,6,I,B,NX,0,0,0,0"]),
        ],
    )
}

/// The rules of the NSG `web`, each with its properties.
fn rules() -> Vec<(&'static str, Value)> {
    let rule = |access: &str, direction: &str, priority: u32, protocol: &str, source: &str, ports: &str| {
        json!({"access": access, "direction": direction, "priority": priority, "protocol": protocol,
               "sourceAddressPrefix": source, "sourcePortRange": "*",
               "destinationAddressPrefix": "*", "destinationPortRange": ports})
    };
    vec![
        ("ssh", rule("Allow", "Inbound", 100, "Tcp", "Internet", "22")),
        ("HTTPS", rule("Allow", "Inbound", 110, "*", "10.0.0.0/8", "0-65535")),
        ("never", rule("Allow", "Inbound", 120, "Udp", "10.0.2.0/24", "53")),
        ("deny-smtp", rule("Deny", "Outbound", 130, "Tcp", "*", "25")),
    ]
}

/// As the Azure CLI prints them: no `properties`.
fn flat() -> Value {
    let rules = rules().into_iter().map(|(name, mut properties)| {
        properties["name"] = name.into();
        properties
    });
    json!({"id": nsg("WEB"), "name": "web", "securityRules": rules.collect::<Vec<_>>(), "defaultSecurityRules": []})
}

/// As the management API returns them.
fn nested() -> Value {
    let rules = rules().into_iter().map(|(name, properties)| json!({"name": name, "properties": properties}));
    json!({"value": [{"id": nsg("web"), "name": "web", "properties": {"securityRules": rules.collect::<Vec<_>>()}}]})
}

/// As the portal exports them: names are parameters, rules resources of their own.
fn template() -> Value {
    let name = "[parameters('networkSecurityGroups_web_name')]";
    let mut resources =
        vec![json!({"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01",
                                    "name": name, "properties": {"securityRules": []}})];
    resources.extend(rules().into_iter().map(|(rule, properties)| {
        json!({"type": "Microsoft.Network/networkSecurityGroups/securityRules", "apiVersion": "2024-05-01",
               "name": format!("[concat(parameters('networkSecurityGroups_web_name'), '/{rule}')]"),
               "properties": properties})
    }));
    json!({"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
           "parameters": {"networkSecurityGroups_web_name": {"defaultValue": "web", "type": "String"}},
           "resources": resources})
}

fn bench() -> Bench {
    Bench::new().file("web.json", web())
}

fn put(bench: &Bench, name: &str, text: &str) {
    fs::write(bench.folder.path().join(name), text).unwrap();
}

fn column(rows: &Value, field: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows.as_array().unwrap().iter().map(|row| text(&row[field])).collect()
}

#[test]
fn rules_are_compared_whichever_program_printed_them() {
    let bench = bench();
    for (name, file) in [
        ("flat.json", flat()),
        ("list.json", json!([flat()])),
        ("rest.json", nested()),
        ("arm.json", template()),
    ] {
        put(&bench, name, &file.to_string());
        let (report, code) = bench.json(&["logs", "--rules", name]);
        assert_eq!(code, 0, "{name}");
        let file = &report["rules_file"];
        assert_eq!(column(&file["never_hit"], "rule"), ["never", "deny-smtp"], "{name}");
        assert_eq!(column(&file["never_hit"], "access"), ["allow", "deny"], "{name}");
        assert_eq!(column(&file["never_hit"], "certain"), ["true", "true"], "{name}");
        let broad: Vec<String> = column(&file["broad"], "rule")
            .into_iter()
            .zip(column(&file["broad"], "field"))
            .map(|(rule, field)| format!("{rule} {field}"))
            .collect();
        assert_eq!(broad, ["HTTPS ports", "HTTPS protocol", "HTTPS source", "ssh source"], "{name}");
        assert_eq!(file["broad"][0]["seen"], json!(["443/tcp"]), "{name}");
        assert_eq!(
            file["broad"][3]["seen"],
            json!(["198.51.100.1", "198.51.100.2", "198.51.100.3"]),
            "{name}"
        );
        assert_eq!(column(&file["not_in_file"], "rule"), ["UserRule_gone"], "{name}");
        assert_eq!((&file["other_nsgs"], &file["limits"]), (&json!(1), &json!([])), "{name}");
        assert_eq!((&file["nsgs"][0]["rules"], &file["nsgs"][0]["hit"]), (&json!(4), &json!(2)), "{name}");
    }
    let text = bench.run(&["logs", "--full", "--rules", "arm.json"]).out();
    assert!(text.contains("RULES AS CONFIGURED") && text.contains("Never hit: 2 rules"), "{text}");
    assert!(bench.json(&["logs"]).0["rules_file"].is_null());
}

#[test]
fn without_denied_rows_a_denying_rule_is_not_called_unused_for_sure() {
    let allowed = log(
        "hub",
        "000D3A000001",
        &[(nsg("web"), "UserRule_ssh", &["198.51.100.1,10.0.1.4,50000,22,6,I,C,NX,9,900,8,8000"])],
    );
    let bench = Bench::new().file("web.json", allowed);
    let idle = json!({"id": nsg("idle"), "name": "idle", "securityRules": [
        {"name": "x", "access": "Allow", "direction": "Inbound", "priority": 100, "protocol": "*"}]});
    put(&bench, "nsg.json", &json!([flat(), idle]).to_string());
    let (report, _) = bench.json(&["logs", "--rules", "nsg.json"]);
    let file = &report["rules_file"];
    assert_eq!(column(&file["never_hit"], "rule"), ["HTTPS", "never", "deny-smtp"]);
    assert_eq!(column(&file["never_hit"], "certain"), ["false", "false", "false"]);
    assert_eq!(file["limits"].as_array().unwrap().len(), 2);
    // Of an NSG that is not in the data nothing is said.
    assert_eq!((&file["nsgs"][0]["nsg"], &file["nsgs"][0]["in_data"]), (&json!("idle"), &json!(false)));
    let text = bench.run(&["logs", "--full", "--rules", "nsg.json"]).out();
    assert!(text.contains("no denied (D) rows") && text.contains("no begun (B) rows"), "{text}");
    assert!(text.contains("idle: nothing is said of their rules"), "{text}");
}

#[test]
fn what_the_internet_reaches_of_administration_ports_is_named_by_rule() {
    let (report, _) = bench().json(&["logs"]);
    let rows = report["admin_access"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (&row["rule"], &row["port"], &row["service"]),
        (&json!("UserRule_ssh"), &json!(22), &json!("ssh"))
    );
    assert_eq!((&row["sources"], &row["answered_sources"]), (&json!(3), &json!(1)));
    assert_eq!(
        (&row["begun"], &row["bytes_received"], &row["destinations"]),
        (&json!(2), &json!(8000), &json!(1))
    );
    // One's own public addresses are not the internet.
    let (report, _) = bench().json(&["logs", "--internal-cidr", "198.51.100.0/24"]);
    assert_eq!(report["admin_access"], json!([]));
}

#[test]
fn files_of_another_kind_are_usage_errors_that_name_the_file() {
    let bench = bench();
    put(&bench, "other.json", r#"{"records":[]}"#);
    put(&bench, "page.json", "<html>");
    for (option, file, reason) in [
        ("--rules", "other.json", "other.json: holds no network security group"),
        ("--rules", "page.json", "page.json: is no JSON"),
        ("--rules", "none.json", "none.json: cannot be read"),
        ("--service-tags", "other.json", "other.json: is no list of service tags"),
        ("--service-tags", "none.json", "none.json: cannot be read"),
    ] {
        let run = bench.run(&["logs", option, file]);
        assert_eq!((run.code(), run.out().as_str()), (2, ""), "{option} {file}");
        assert!(run.talk().contains(reason), "{}", run.talk());
    }
    let run = bench.run(&["logs", "--internal-cidr", "hub=10.0.0.0/40"]);
    assert_eq!(run.code(), 2);
    assert!(run.talk().contains("/40 is no prefix length"), "{}", run.talk());
}

/// Both ends of one connection, each logged in its own VNet's flow log, and one with a stranger.
fn two_vnets() -> Bench {
    let one =
        ["10.0.1.4,10.0.2.4,50000,443,6,O,E,X,1,100,1,100", "10.0.1.4,10.0.3.9,50000,443,6,O,E,NX,1,10,1,10"];
    let two = [
        "10.0.1.4,10.0.2.4,50000,443,6,I,E,X,1,100,1,100",
        "10.0.2.4,20.99.0.1,50000,443,6,O,E,NX,1,60,0,0",
        "10.0.2.4,203.0.113.9,50000,443,6,O,E,NX,1,60,0,0",
        "10.0.2.4,168.63.129.16,50000,53,17,O,E,NX,1,60,0,0",
        "10.0.2.4,239.1.1.1,50000,5000,17,O,E,NX,1,60,0,0",
        "10.0.2.4,10.0.1.4,50001,1433,6,O,D,NX_NOT_ACCEPTED,0,0,0,0",
    ];
    Bench::new()
        .file("one.json", log("hub", "000D3A000001", &[(nsg("web"), "UserRule_out", &one)]))
        .file("two.json", log("spoke", "000D3A000002", &[(nsg("db"), "UserRule_in", &two)]))
}

/// Conversations by class, with those guessed.
fn classes(report: &Value) -> Vec<(String, u64, u64)> {
    let rows = report["classes"].as_array().unwrap().iter();
    let count = |row: &Value, field: &str| row[field].as_u64().unwrap();
    rows.map(|row| {
        (row["class"].as_str().unwrap().to_owned(), count(row, "conversations"), count(row, "guessed"))
    })
    .collect()
}

#[test]
fn targets_own_networks_and_service_tags_decide_the_class() {
    let bench = two_vnets();
    let expect = |arguments: &[&str], expected: &[(&str, u64, u64)]| {
        let (report, code) = bench.json(&[&["logs"], arguments].concat());
        assert_eq!(code, 0);
        let expected: Vec<_> =
            expected.iter().map(|&(class, all, guessed)| (class.to_owned(), all, guessed)).collect();
        assert_eq!(classes(&report), expected, "{arguments:?}");
    };
    let rest = [("Platform", 1, 0), ("Multicast", 1, 0)];
    let with = |first: &[(&'static str, u64, u64)]| [first, &rest].concat();
    // 10.0.3.9 is nobody's near end; 20.99.0.1 is Microsoft's by the embedded ranges.
    expect(
        &[],
        &with(&[
            ("InterVNet", 2, 0),
            ("OnPremisesPrivate", 1, 1),
            ("AzurePublic", 1, 0),
            ("ExternalPublic", 1, 0),
        ]),
    );
    // Who names one network for both ends overrules their targets.
    expect(
        &["--internal-cidr", "all=10.0.0.0/16"],
        &with(&[("IntraVNet", 3, 0), ("AzurePublic", 1, 0), ("ExternalPublic", 1, 0)]),
    );
    // A name that is the target's joins the two.
    expect(
        &["--internal-cidr", "HUB=10.0.3.0/24"],
        &with(&[("IntraVNet", 1, 0), ("InterVNet", 2, 0), ("AzurePublic", 1, 0), ("ExternalPublic", 1, 0)]),
    );
    let tags = json!({"values": [{"name": "T", "properties": {"addressPrefixes": ["203.0.113.0/24"]}}]});
    put(&bench, "tags.json", &tags.to_string());
    expect(
        &["--service-tags", "tags.json"],
        &with(&[("InterVNet", 2, 0), ("OnPremisesPrivate", 1, 1), ("AzurePublic", 2, 1)]),
    );
}

#[test]
fn encryption_is_counted_between_subnets_and_drops_are_no_denials() {
    let bench = two_vnets();
    let (report, _) = bench.json(&["logs"]);
    let pairs = |report: &Value| -> Vec<String> {
        let rows = report["encryption_pairs"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {} {}", row["source"], row["destination"], row["words"])).collect()
    };
    assert_eq!(
        pairs(&report),
        [
            r#""10.0.1.0/24" "10.0.2.0/24" {"X":{"attempts":0,"bytes":400,"tuples":2}}"#,
            r#""10.0.1.0/24" "10.0.3.0/24" {"NX":{"attempts":0,"bytes":20,"tuples":1}}"#,
            r#""10.0.2.0/24" "10.0.1.0/24" {"NX_NOT_ACCEPTED":{"attempts":1,"bytes":0,"tuples":1}}"#,
        ]
    );
    let totals = &report["totals"];
    assert_eq!((&totals["denied_by_rule"], &totals["dropped_for_encryption"]), (&json!(0), &json!(1)));
    assert_eq!(report["denied"][0]["dropped_for_encryption"], 1);
    let (report, _) = bench.json(&["logs", "--internal-cidr", "10.0.0.0/22,s=10.0.1.0/28"]);
    assert_eq!(
        pairs(&report),
        [
            r#""s=10.0.1.0/28" "10.0.0.0/22" {"NX":{"attempts":0,"bytes":20,"tuples":1},"X":{"attempts":0,"bytes":400,"tuples":2}}"#,
            r#""10.0.0.0/22" "s=10.0.1.0/28" {"NX_NOT_ACCEPTED":{"attempts":1,"bytes":0,"tuples":1}}"#,
        ]
    );
    let text = bench.run(&["logs", "--full"]).out();
    assert!(text.contains("Encryption between subnets: 3 pairs"), "{text}");
    assert!(text.contains("of these 1 dropped for want of encryption"), "{text}");
    // Without any word of encryption one line says so.
    let quiet = self::bench();
    assert_eq!(quiet.json(&["logs"]).0["encryption_pairs"], json!([]));
    assert!(quiet.run(&["logs", "--full"]).out().contains("virtual network encryption seems to be off"));
}

#[test]
fn many_drops_for_want_of_encryption_raise_no_finding_of_denials() {
    let tuples: Vec<String> = (1..=60)
        .map(|host| format!("10.0.1.4,10.0.9.{host},50000,1433,6,O,D,NX_NOT_ACCEPTED,0,0,0,0"))
        .collect();
    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
    let sweep = |acl: &str, rule: &str, word: &str| {
        let tuples: Vec<String> = tuples.iter().map(|tuple| tuple.replace("NX_NOT_ACCEPTED", word)).collect();
        let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
        let bench =
            Bench::new().file("a.json", log("hub", "000D3A000001", &[(acl.to_owned(), rule, &tuples)]));
        let (report, _) = bench.json(&["logs"]);
        let rules = column(&report["findings"], "rule");
        (rules.contains(&"horizontal-sweep".to_owned()), report["denied_sources"].as_array().unwrap().len())
    };
    assert_eq!(sweep(&nsg("web"), "UserRule_deny", "NX"), (true, 1), "the same denied by a rule");
    assert_eq!(sweep("unspecified", "unspecified", "NX"), (false, 0));
    assert_eq!(sweep(&nsg("web"), "UserRule_deny", "NX_SW_NOT_READY"), (false, 0));
}
