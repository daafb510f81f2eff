//! Files in frames through standard input: the same state as of the files themselves.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Bench, Run};
use flowlog_testkit::archives::{gzip, tar, zip};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Capture, Scenario, Volume};

/// What a file is in a frame: its bytes, or why it cannot be opened.
type Content = Result<Vec<u8>, &'static str>;

fn frames<'a>(files: impl IntoIterator<Item = (&'a str, Content)>) -> Vec<u8> {
    let length = |text: &str| u32::try_from(text.len()).unwrap().to_le_bytes();
    let mut stream = b"FLOWFRM1".to_vec();
    for (name, content) in files {
        stream.extend(length(name));
        stream.extend(name.as_bytes());
        match content {
            Ok(bytes) => {
                stream.extend((bytes.len() as u64).to_le_bytes());
                stream.extend(bytes);
            }
            Err(reason) => {
                stream.extend(u64::MAX.to_le_bytes());
                stream.extend(length(reason));
                stream.extend(reason.as_bytes());
            }
        }
    }
    stream.extend(0_u32.to_le_bytes());
    stream
}

/// Sends a stream to `partial`, which writes `state`, and tuples to a folder beside it.
fn send(bench: &Bench, stream: Vec<u8>, state: &str) -> Run {
    let mut command = bench.command(&[
        "partial",
        "--stdin-frames",
        "-o",
        state,
        "--export-tuples",
        &tuples_of(state),
        "--quiet",
    ]);
    Run(command.write_stdin(stream).output().unwrap())
}

fn tuples_of(state: &str) -> String {
    state.replace(".flowstate", "-tuples")
}

/// Every file below a folder, which may be missing, in the order of paths.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// Every file of the logs as the tool names it, in the order of paths.
fn files(bench: &Bench) -> Vec<String> {
    let named = |path: &PathBuf| path.strip_prefix(bench.folder.path()).unwrap().to_str().unwrap().to_owned();
    below(&bench.logs()).iter().map(named).collect()
}

/// The files of a folder of tuples with their bytes; the folder goes.
fn take(bench: &Bench, tuples: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = bench.folder.path().join(tuples);
    let files = below(&folder).into_iter();
    let files = files
        .map(|path| (path.strip_prefix(&folder).unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    fs::remove_dir_all(folder).ok();
    files
}

fn content(bench: &Bench, name: &str) -> Content {
    fs::read(bench.folder.path().join(name)).map_err(|_| "No such file or directory (os error 2)")
}

/// The report of states that `streams` make is that of the files themselves, with the same exit code; and the tuples of one
/// stream are those of the files, byte for byte.
fn same(bench: &Bench, streams: &[Vec<String>], options: &[&str]) {
    let states: Vec<String> = (0..streams.len()).map(|number| format!("{number}.flowstate")).collect();
    let mut worst = 0;
    for (stream, state) in streams.iter().zip(&states) {
        let run = send(bench, frames(stream.iter().map(|name| (name.as_str(), content(bench, name)))), state);
        assert!(matches!(run.code(), 0 | 3), "{}", run.talk());
        assert!(run.talk().contains(&format!("wrote {state}")), "{}", run.talk());
        worst = worst.max(run.code());
    }
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    let merged = bench.run(&[&["merge"], &states[..], options].concat());
    let named: Vec<&str> = streams.iter().flatten().map(String::as_str).collect();
    let whole = bench.run(&[&named, options, &["--export-tuples", "tuples"]].concat());
    let talk = whole.talk().replace("wrote tuples\n", "");
    assert_eq!((merged.code(), merged.talk()), (whole.code(), talk), "{named:?}");
    let (expected, found): (_, Vec<_>) =
        (take(bench, "tuples"), states.iter().map(|state| take(bench, &tuples_of(state))).collect());
    assert!(found.len() > 1 || found == [expected], "{named:?}");
    // Where nothing could be read, a state tells of it.
    assert_eq!(worst, if whole.code() == 1 { 3 } else { whole.code() }, "{named:?}");
    assert!(merged.out() == whole.out(), "{named:?} {options:?}");
}

#[test]
fn files_in_frames_give_the_report_of_the_files() {
    let scenario = Scenario {
        seed: 31,
        nics: 4,
        hours: 3,
        volume: Volume::Tuples(8_000),
        capture: Capture::HalfBoth,
        ..Scenario::default()
    };
    let (bench, _) = Bench::new().scenario(&scenario);
    let all = files(&bench);
    assert!(all.len() > 8);
    let mut streams = vec![Vec::new(); 3];
    for (number, name) in all.into_iter().enumerate() {
        streams[number * 7 % 3].push(name);
    }
    same(&bench, &streams, &["--format", "json", "--top", "30"]);
    fs::remove_file(bench.folder.path().join("0.flowstate")).unwrap();
    same(&bench, &[files(&bench)], &["--format", "json"]);
}

#[test]
fn a_state_and_tuples_come_of_one_reading_of_paths_too() {
    let hour = common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]);
    let bench = Bench::new().file("a.json", hour).file("b.json", "no log");
    let partial = |tuples| bench.run(&["partial", "logs", "-o", "a.flowstate", "--export-tuples", tuples]);
    fs::create_dir(bench.folder.path().join("taken")).unwrap();
    fs::write(bench.folder.path().join("taken/mine"), "mine").unwrap();
    for (tuples, told) in
        [("taken", "taken exists"), ("a.csv", "must be that of a folder"), ("-", "must be that of a folder")]
    {
        let refused = partial(tuples);
        assert!(refused.code() == 2 && refused.talk().contains(told), "{}", refused.talk());
    }
    assert_eq!(common::names(bench.folder.path()), ["logs", "taken"]);
    let run = partial("tuples/");
    assert_eq!(run.code(), 3, "{}", run.talk());
    assert!(run.talk().contains("wrote tuples/\nwrote a.flowstate\n"), "{}", run.talk());
    let found = take(&bench, "tuples");
    assert_eq!(found.keys().collect::<Vec<_>>(), [Path::new("date=2025-12-01/hour=02/part-0.parquet")]);
    assert_eq!(bench.run(&["logs", "--export-tuples", "tuples"]).code(), 3);
    assert!(found == take(&bench, "tuples"));
}

#[test]
fn what_is_wrong_with_a_file_in_a_frame_is_what_is_wrong_with_the_file() {
    let mut bench = Bench::new();
    for fault in faults::all() {
        bench = bench.file(&format!("{}.json", fault.name), &fault.bytes);
    }
    let good = common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]).into_bytes();
    let members = [("a.json", &good[..]), ("b.json", b"nothing")];
    bench = bench
        .file("x.json.gz", gzip(&good))
        .file("x.zip", zip(&members))
        .file("x.zip.gz", gzip(&zip(&members)))
        .file("x.tar", tar(&members))
        .file("y.zip", b"PK\x03\x04 and no more")
        .file("y.json.gz", &gzip(&good)[..40]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", bench.logs().join("gone.json")).unwrap();
    let all = files(&bench);
    assert!(all.len() > 20, "{all:?}");
    // One by one: many hold the same records.
    for name in &all {
        same(&bench, &[vec![name.clone()]], &["--format", "json"]);
        fs::remove_file(bench.folder.path().join("0.flowstate")).unwrap();
    }
}

#[test]
fn members_of_an_archive_stay_in_its_order_among_the_files() {
    let hour = common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]);
    let members = [("b.json", hour.as_bytes()), ("a.json", b"no log")];
    // A point comes before a colon, and a blank before both.
    let bench = Bench::new()
        .file("x.zip", zip(&members))
        .file("x.zip.gz", b"no log")
        .file("x.zip 2.json", b"no log")
        .file("x.json", "no log");
    let all = files(&bench);
    same(
        &bench,
        &[vec![all[0].clone(), all[3].clone()], vec![all[2].clone(), all[1].clone()]],
        &["--format", "json"],
    );
}

#[test]
fn repeated_records_of_one_stream_are_counted_once() {
    let bench = Bench::new()
        .file("a.json", common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]))
        .file("b.json", common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]));
    same(&bench, &[files(&bench)], &["--format", "json"]);
    let (report, _) = bench.json(&["logs"]);
    assert_eq!(
        (&report["totals"]["tuples"], &report["files"][1]["repeated_records"]),
        (&2.into(), &1.into())
    );
}

const TUPLES: [&str; 2] = [
    r#""1764554400000,10.0.0.4,10.0.0.5,40001,443,6,O,B,NX,0,0,0,0""#,
    r#""1764554401000,10.0.0.4,10.0.0.5,40001,443,6,O,E,NX,5,500,6,600""#,
];

#[test]
fn streams_of_nothing_but_faults_and_of_no_file_have_a_state_too() {
    let hour = common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]);
    let bench = Bench::new().file("a.json", hour).file("b.json", "no log").file("c.json", "");
    let run = send(&bench, frames([]), "3.flowstate");
    assert_eq!(run.code(), 0, "{}", run.talk());
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    same(&bench, &[list(&["logs/a.json"]), list(&["logs/b.json", "logs/c.json"]), vec![]], &[]);
    let run = send(&bench, frames([("b", Ok(b"no log".to_vec()))]), "faulty.flowstate");
    assert_eq!(run.code(), 3, "{}", run.talk());
    assert!(run.talk().contains("exit code 3: 1 of 1 file could not be read whole: b"), "{}", run.talk());
    assert_eq!(bench.run(&["merge", "faulty.flowstate"]).code(), 1);
}

#[test]
fn a_stream_that_breaks_off_anywhere_writes_nothing_and_says_where() {
    let bench = Bench::new();
    let stream = frames([("one.json", Ok(b"{\"records\":[]}".to_vec())), ("two", Err("gone"))]);
    for length in 0..stream.len() {
        let run = send(&bench, stream[..length].to_vec(), "cut.flowstate");
        let talk = run.talk();
        assert_eq!(run.code(), 1, "{length}: {talk}");
        assert!(talk.starts_with("error: standard input ends in the middle, after "), "{length}: {talk}");
        assert!(!bench.folder.path().join("cut.flowstate").exists(), "{length}");
    }
    let talk = send(&bench, stream[..33].to_vec(), "cut.flowstate").talk();
    let told = "after 0 whole files, at byte 5 of one.json: nothing is written; send all of it again";
    assert!(talk.contains(told), "{talk}");
    assert_eq!(common::names(bench.folder.path()), ["logs"]);
}

#[test]
fn what_is_no_stream_of_frames_is_told() {
    let bench = Bench::new().file("a.json", "[]");
    let told = |stream: &[u8]| {
        let run = send(&bench, stream.to_vec(), "foreign.flowstate");
        assert_eq!(run.code(), 1);
        run.talk()
    };
    assert!(told(b"{\"records\":[]}").contains("standard input holds no frames"));
    let talk = told(b"FLOWFRM1\xff\xff\xff\xff");
    assert!(talk.contains("no frames from file 1 on: a name of 4294967295 bytes"), "{talk}");
    let both = bench.run(&["partial", "--stdin-frames", "logs", "-o", "both.flowstate"]);
    assert_eq!(both.code(), 2);
    assert!(both.talk().contains("cannot be used with"), "{}", both.talk());
}

/// One file of 400 MB, most of it blanks, with 120 MiB of memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_whatever_a_frame_s_length() {
    use std::io::Write as _;

    const BLANKS: usize = 400;
    let bench = Bench::new();
    let hour = common::hour_of("nsg", &[("allow", &TUPLES.map(str::to_owned))]);
    let mut file = fs::File::create(bench.folder.path().join("stream")).unwrap();
    let blanks = vec![b' '; 1 << 20];
    let length = (hour.len() + BLANKS * blanks.len()) as u64;
    file.write_all(b"FLOWFRM1\x01\0\0\0a").and_then(|()| file.write_all(&length.to_le_bytes())).unwrap();
    for _ in 0..BLANKS {
        file.write_all(&blanks).unwrap();
    }
    file.write_all(hour.as_bytes()).and_then(|()| file.write_all(&[0; 4])).unwrap();
    drop(file);
    let script = "ulimit -v 122880; exec \"$PROGRAM\" partial --stdin-frames -o a.flowstate --max-memory 16MiB < stream";
    let run = bench.shell(script);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let report: serde_json::Value =
        serde_json::from_str(&bench.printed(&["merge", "a.flowstate", "--format", "json"])).unwrap();
    assert_eq!((&report["totals"]["tuples"], &report["files"][0]["bytes"]), (&2.into(), &length.into()));
}
