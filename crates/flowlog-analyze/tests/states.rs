//! States: the report of any split of the files is that of all of them, byte for byte.

mod common;

use std::fs;
use std::path::Path;

use common::Bench;
use flowlog_testkit::scenario::{Capture, Gap, Scenario, Volume};

fn scenario(seed: u64) -> Scenario {
    let gaps = vec![Gap { nic: 2, hour: 1 }];
    let volume = Volume::Tuples(20_000);
    Scenario { seed, nics: 6, hours: 5, volume, gaps, capture: Capture::HalfBoth, ..Scenario::default() }
}

/// Every file of the logs, as the tool names it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("logs")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn partial(bench: &Bench, files: &[String], state: &str) {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run = bench.run(&[&["partial", "-o", state], &files[..]].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.talk().contains(&format!("wrote {state}")), "{}", run.talk());
}

/// What the tool prints of all logs, and of states; both with the same options.
fn same(bench: &Bench, states: &[String], options: &[&str]) {
    let whole = bench.run(&[&["logs"], options].concat());
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    let merged = bench.run(&[&["merge"], &states[..], options].concat());
    assert_eq!((merged.code(), merged.talk()), (whole.code(), whole.talk()));
    assert!(merged.out() == whole.out(), "{states:?} {options:?}");
}

/// Writes a state for each list of files; empty lists have none.
fn states_of(bench: &Bench, parts: &[Vec<String>]) -> Vec<String> {
    let filled = parts.iter().filter(|part| !part.is_empty()).enumerate();
    filled
        .map(|(number, part)| {
            let state = format!("{number}.flowstate");
            partial(bench, part, &state);
            state
        })
        .collect()
}

#[test]
fn any_split_in_any_order_and_any_tree_of_merges_gives_the_same_report() {
    for seed in [3, 4] {
        let (bench, _) = Bench::new().scenario(&scenario(seed));
        let mut parts = vec![Vec::new(); 5];
        for (number, file) in (seed..).zip(files(bench.folder.path())) {
            let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            parts[usize::try_from(mixed % 5).unwrap()].push(file);
        }
        let alone = bench.run(&["logs", "--format", "json", "--threads", "1"]).out();
        for threads in ["2", "7", "16"] {
            assert!(
                bench.run(&["logs", "--format", "json", "--threads", threads]).out() == alone,
                "{threads}"
            );
        }
        let mut states = states_of(&bench, &parts);
        assert!(states.len() > 3);
        states.reverse();
        same(&bench, &states, &["--format", "json"]);
        let run = bench.run(&["merge", &states[1], &states[2], "-o", "pair.flowstate"]);
        assert_eq!((run.code(), run.out().as_str()), (0, ""), "{}", run.talk());
        let mut tree = vec!["pair.flowstate".to_owned(), states[0].clone()];
        tree.extend_from_slice(&states[3..]);
        same(&bench, &tree, &["--format", "json"]);
        same(&bench, &tree, &["--no-dedup", "--top", "40", "--threads", "7"]);
    }
}

#[test]
fn a_split_by_nic_and_one_by_hour_give_the_same_report() {
    let (bench, _) = Bench::new().scenario(&scenario(5));
    let all = files(bench.folder.path());
    let key = |file: &String, mark: &str| {
        let from = file.find(mark).unwrap_or_else(|| panic!("{file}")) + mark.len();
        file[from..].split('/').next().unwrap().to_owned()
    };
    for mark in ["macAddress=", "/h="] {
        let mut keys: Vec<String> = all.iter().map(|file| key(file, mark)).collect();
        keys.sort();
        keys.dedup();
        assert!(keys.len() > 4);
        let of = |wanted: &String| all.iter().filter(|file| key(file, mark) == *wanted).cloned().collect();
        let parts: Vec<Vec<String>> = keys.iter().map(of).collect();
        let states = states_of(&bench, &parts);
        same(&bench, &states, &["--format", "json", "--specific-ips", "10.10.0.0/16"]);
        same(&bench, &states, &["--show-graphs", "--internal-cidr", "10.0.0.0/8"]);
        for state in states {
            fs::remove_file(bench.folder.path().join(state)).unwrap();
        }
    }
}

#[test]
fn connections_and_the_summary_are_exported_from_states_too() {
    let (bench, _) = Bench::new().scenario(&scenario(6));
    let all = files(bench.folder.path());
    let (a, b) = all.split_at(all.len() / 2);
    let states = states_of(&bench, &[b.to_vec(), a.to_vec()]);
    let run = bench.run(&["logs", "--export-connections", "whole.csv"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let merge = ["merge", &states[0], &states[1], "--export-connections", "merged.csv", "--export-csv"];
    let run = bench.run(&merge);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let read = |name: &str| fs::read_to_string(bench.folder.path().join(name)).unwrap();
    assert!(read("whole.csv") == read("merged.csv"));
    let names = common::names(bench.folder.path());
    assert_eq!(names.iter().filter(|name| name.contains("Summary")).count(), 1, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.contains("Details")).count(), 0, "{names:?}");
}

#[test]
fn what_is_no_state_or_a_damaged_one_is_told_in_a_sentence() {
    let (bench, _) = Bench::new().scenario(&scenario(7));
    partial(&bench, &files(bench.folder.path()), "good.flowstate");
    let good = fs::read(bench.folder.path().join("good.flowstate")).unwrap();
    let told = |name: &str, bytes: &[u8]| {
        fs::write(bench.folder.path().join(name), bytes).unwrap();
        let run = bench.run(&["merge", name]);
        assert_eq!((run.code(), run.out().as_str()), (1, ""), "{name}");
        assert!(!run.talk().contains("panic"), "{}", run.talk());
        run.talk()
    };
    assert!(told("foreign", b"{\"records\":[]}").contains("foreign is no state"));
    assert!(told("empty", b"").contains("empty is no state"));
    let mut newer = good.clone();
    newer[8] = 9;
    let newer = told("newer", &newer);
    assert!(newer.contains("newer is a state of format 9, and this program reads format 5"), "{newer}");
    for cut in [13, good.len() / 2, good.len() - 1] {
        assert!(told("cut", &good[..cut]).contains("cut is damaged or was cut off"), "{cut}");
    }
    // Each byte is under a checksum, or is not believed.
    let trailer = good.len() - 40..good.len();
    for place in (12..good.len()).step_by(good.len() / 60).chain(trailer) {
        let mut damaged = good.clone();
        damaged[place] ^= 0x40;
        assert!(told("damaged", &damaged).contains("damaged is damaged"), "{place}");
    }
}

#[test]
fn files_that_are_in_two_states_are_told_and_not_counted_twice() {
    let (bench, _) = Bench::new().scenario(&scenario(8));
    let all = files(bench.folder.path());
    partial(&bench, &all[..20], "a.flowstate");
    partial(&bench, &all[19..], "b.flowstate");
    let run = bench.run(&["merge", "a.flowstate", "b.flowstate"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    assert!(run.talk().contains("both hold the record of NIC"), "{}", run.talk());
    assert!(run.talk().contains("b.flowstate"), "{}", run.talk());
}

#[test]
fn a_state_is_no_file_s_replacement() {
    let (bench, _) = Bench::new().scenario(&scenario(9));
    let all = files(bench.folder.path());
    for name in [all[0].as_str(), "mine"] {
        fs::write(bench.folder.path().join("mine"), "mine").unwrap();
        let before = fs::read(bench.folder.path().join(name)).unwrap();
        let run = bench.run(&["partial", "logs", "-o", name]);
        assert_eq!(run.code(), 2, "{}", run.talk());
        assert!(fs::read(bench.folder.path().join(name)).unwrap() == before);
    }
    let run = bench.run(&["partial", "logs", "-o", "mine", "--overwrite"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    same(&bench, &["mine".to_owned()], &["--format", "json"]);
}

#[test]
fn rows_that_go_through_a_temporary_file_are_the_same() {
    let volume = Volume::Tuples(600_000);
    let (bench, _) =
        Bench::new().scenario(&Scenario { seed: 10, nics: 6, hours: 5, volume, ..Scenario::default() });
    let temporary = bench.folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let plain = bench.run(&["logs", "--format", "json"]);
    let limited = ["logs", "--format", "json", "--max-memory", "16MiB", "--temp-dir", "temporary"];
    let spilled = bench.run(&limited);
    assert!(spilled.talk().contains("went through temporary files in temporary"), "{}", spilled.talk());
    assert!(spilled.out() == plain.out());
    assert_eq!(common::names(&temporary), [""; 0], "nothing is left");
    let state = ["partial", "logs", "-o", "s.flowstate", "--max-memory", "16MiB", "--temp-dir", "temporary"];
    assert_eq!(bench.run(&state).code(), 0);
    let merged = bench.run(&["merge", "s.flowstate", "--format", "json"]);
    assert!(merged.out() == plain.out());
    let nowhere = bench.run(&[&limited[..6], &["nowhere"]].concat());
    assert_eq!((nowhere.code(), nowhere.out().as_str()), (1, ""));
    assert!(nowhere.talk().contains("cannot keep rows in a temporary file in nowhere"), "{}", nowhere.talk());
    assert!(nowhere.talk().contains("--temp-dir"), "{}", nowhere.talk());
}
