//! Small files that mean much: what they may take is bounded. The limit is set on the child process, by the kernel.
#![cfg(target_os = "linux")]

mod common;

use std::io::Write as _;

use common::Bench;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const CONTEXT: &str = r#""time":"2026-01-15T08:01:05Z","macAddress":"000D3A000001","targetResourceID":"/x""#;
const TUPLE: &str = r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0""#;

/// Runs the analyser with so many MiB of address space and returns its report and exit code.
fn within(mib: u32, bench: &Bench, arguments: &str) -> (Value, i32) {
    let run = bench
        .shell(&format!("ulimit -v {}; cd logs; exec \"$PROGRAM\" --format json {arguments}", mib << 10));
    let report = serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{error}: {}", run.talk()));
    (report, run.code())
}

fn gzip(write: impl FnOnce(&mut GzEncoder<Vec<u8>>)) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    write(&mut out);
    out.finish().unwrap()
}

/// A record with these flows.
fn record(flows: &str) -> String {
    format!("{{{CONTEXT},\"flowRecords\":{{\"flows\":[{flows}]}}}}")
}

#[test]
fn blanks_without_end_are_not_kept() {
    // Members of a gzip file follow each other; so do 160 MB of blanks.
    let blanks = gzip(|out| out.write_all(&vec![b' '; 8_000_000]).unwrap());
    let text = |text: &str| gzip(|out| out.write_all(text.as_bytes()).unwrap());
    let good = record(&format!(r#"{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{TUPLE}]}}]}}"#));
    let (first, last) = (text(&format!("{{\"records\":[{good}")), text("]}"));
    let file = [first, blanks.repeat(20), last].concat();
    let (report, code) = within(100, &Bench::new().file("blanks.json.gz", file), "blanks.json.gz");
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(1), 0));
}

#[test]
fn an_object_of_blanks_and_commas_is_refused_at_the_size_of_a_record() {
    let commas = gzip(|out| out.write_all(&b", ".repeat(7_000_000)).unwrap());
    let open = gzip(|out| out.write_all(b"{").unwrap());
    let bench = Bench::new().file("commas.json.gz", [open, commas.repeat(20)].concat());
    let run = bench.run(&["logs"]);
    assert_eq!(run.code(), 1);
    assert!(run.talk().contains("larger than 256 MiB"), "{}", run.talk());
}

#[test]
fn the_decoder_is_ahead_by_a_bounded_number_of_bytes() {
    // 2,000 groups that would each take the 2 MB of their ACL's name along.
    let acl = "a".repeat(2_000_000);
    let groups = vec![r#"{"rule":"r","flowTuples":[]}"#; 2000].join(",");
    let names = format!(
        "{}\n{}",
        record(&format!(r#"{{"aclID":"{acl}","flowGroups":[{groups}]}}"#)),
        record(&format!(r#"{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{TUPLE}]}}]}}"#))
    );
    // 200 MB of what is no tuple, 1 MB each.
    let long = format!("\"{}\"", "x".repeat(1_000_000));
    let malformed = record(&format!(
        r#"{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{}]}}]}}"#,
        [long.as_str(); 10].join(",")
    ));
    let malformed = gzip(|out| (0..20).for_each(|_| writeln!(out, "{malformed}").unwrap()));
    let bench = Bench::new().file("names.json", names).file("malformed.json.gz", malformed);
    let (report, code) = within(300, &bench, "--threads 2 names.json");
    assert_eq!((report["totals"]["records"].as_u64(), code), (Some(2), 0));
    let (report, code) = within(150, &bench, "--threads 2 malformed.json.gz names.json");
    assert_eq!((report["totals"]["malformed"].as_u64(), code), (Some(200), 3));
}

#[test]
fn names_are_kept_at_a_bounded_length_and_stay_distinct() {
    const RECORDS: usize = 20;
    const RULES: usize = 1000;
    let file = gzip(|out| {
        for number in 0..RECORDS {
            let rule = |n: usize| {
                format!(r#"{{"rule":"{}{}","flowTuples":[{TUPLE}]}}"#, "n".repeat(8000), number * RULES + n)
            };
            let rules = (0..RULES).map(rule).collect::<Vec<_>>().join(",");
            writeln!(out, "{}", record(&format!(r#"{{"aclID":"a","flowGroups":[{rules}]}}"#))).unwrap();
        }
    });
    let (report, code) = within(150, &Bench::new().file("names.json.gz", file), "names.json.gz");
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some((RECORDS * RULES) as u64), 0));
    let rules = report["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RECORDS * RULES);
    assert!(rules.iter().all(|row| row["rule"].as_str().unwrap().len() <= 128));
}

#[test]
fn a_rule_that_decided_little_takes_little() {
    let groups = |record: usize| {
        let rule = |n: usize| format!(r#"{{"rule":"r{record}-{n}","flowTuples":[{TUPLE}]}}"#);
        (0..600).map(rule).collect::<Vec<_>>().join(",")
    };
    let lines = (0..100).map(|n| record(&format!(r#"{{"aclID":"a","flowGroups":[{}]}}"#, groups(n))));
    let log = lines.collect::<Vec<_>>().join("\n");
    let (report, code) = within(200, &Bench::new().file("rules.json", log), "rules.json");
    assert_eq!((report["rules"].as_array().unwrap().len(), code), (60_000, 0));
}

#[test]
fn a_list_as_wide_as_the_internet_costs_little_for_each_host_on_it() {
    let tuple = |host: u32| {
        let address = std::net::Ipv4Addr::from_bits((20 << 24) + host * 7);
        format!(r#""1768464001000,{address},10.10.1.4,40001,443,6,I,B,X,0,0,0,0""#)
    };
    let tuples: Vec<String> = (0..150_000).map(tuple).collect();
    let group = format!(r#"{{"rule":"r","flowTuples":[{}]}}"#, tuples.join(","));
    let file = record(&format!(r#"{{"aclID":"a","flowGroups":[{group}]}}"#));
    let bench = Bench::new().file("wide.json", file);
    std::fs::write(bench.logs().join("all.txt"), "0.0.0.0/0\n").unwrap();
    let (report, code) = within(250, &bench, "--threat-list all.txt wide.json");
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(150_000), 0));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(|finding| finding["rule"] == "threat-list").count(), 1_001);
}

#[test]
fn a_bomb_in_an_archive_takes_no_more_than_a_record() {
    use flowlog_testkit::archives::{Member, bzip2, zip};
    // 1.6 GB of blanks, packed twice, in a file of 200 KB.
    let blanks = gzip(|out| out.write_all(&vec![b' '; 8_000_000]).unwrap());
    let good = record(&format!(r#"{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{TUPLE}]}}]}}"#));
    let member = [blanks.repeat(20), gzip(|out| out.write_all(good.as_bytes()).unwrap())].concat();
    let names: Vec<String> = (0..10).map(|number| format!("{number}.json.gz")).collect();
    let mut members: Vec<Member<'_>> = names.iter().map(|name| (name.as_str(), &member[..])).collect();
    let packed = bzip2(&vec![b' '; 40_000_000]);
    members.push(("blanks.json.bz2", &packed));
    let (report, code) = within(100, &Bench::new().file("bomb.zip", zip(&members)), "bomb.zip");
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(1), 3));
}

#[test]
fn threads_that_the_system_does_not_give_are_told() {
    let bench = Bench::new().file("a.json", record(""));
    // A stack that no address space holds. A limit of memory would take it from the threads that are there, too.
    let run = bench.shell("RUST_MIN_STACK=140737488355328 exec \"$PROGRAM\" logs --threads 4");
    let talk = run.talk();
    assert_eq!((run.code(), run.out().len()), (1, 0), "{talk}");
    assert!(talk.starts_with("error: cannot start the threads: "), "{talk}");
    assert!(talk.ends_with("\nhint: --threads allows fewer\n"), "{talk}");
}

#[test]
fn a_file_of_few_flows_takes_little_beside_its_path() {
    // As Azure names them: a folder for each.
    const FILES: usize = 20_000;
    let good = record(&format!(r#"{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{TUPLE}]}}]}}"#));
    let bench = Bench::new().file("first.json", good.as_str());
    for number in 0..FILES {
        let name = format!(
            "flowLogResourceID=/B9A59A75-7B9D-4B32-9F5F-0D1E5834258E_NETWORKWATCHERRG/\
             NETWORKWATCHER_WESTEUROPE_VNET-SHOP-FLOWLOG/y=2026/m=01/d={}/h={}/m=00/macAddress={number:012X}",
            number / 2_400,
            number / 100 % 24
        );
        let folder = bench.logs().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("PT1H.json"), &good).unwrap();
    }
    let (report, code) = within(68, &bench, "--threads 1 .");
    assert_eq!((report["totals"]["files"].as_u64(), code), (Some(FILES as u64 + 1), 0));
}
