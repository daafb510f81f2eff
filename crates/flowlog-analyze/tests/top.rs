//! `top` on a terminal: what its screen shows, and that the terminal is as it was before, however it ends.
#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::{Bench, hour_of, project};
use flowlog_testkit::scenario::{Scenario, Volume};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use serde_json::Value;

/// Longer than anything takes, even on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program on a terminal of its own.
struct Live {
    child: Child,
    /// The terminal's far end.
    keys: File,
    /// Its near end, which keeps its modes.
    terminal: File,
    screen: Arc<Mutex<vt100::Parser>>,
    /// Nobody looks at the screen any more.
    left: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

impl Live {
    fn start(bench: &Bench, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // Whoever holds it keeps the terminal alive.
        fcntl_setfd(&far, FdFlags::CLOEXEC).unwrap();
        grantpt(&far).unwrap();
        unlockpt(&far).unwrap();
        let name = ptsname(&far, Vec::new()).unwrap();
        let near = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        tcsetwinsize(&far, size(80, 24)).unwrap();
        let end = || Stdio::from(near.try_clone().unwrap());
        let nobody = bench.folder.path().join("nobody");
        let child = Command::new(assert_cmd::cargo::cargo_bin("flowlog-analyze"))
            .arg("top")
            .args(arguments)
            .current_dir(bench.folder.path())
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("HOME", &nobody)
            .envs(environment.iter().copied())
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let (mut output, seen) = (File::from(far.try_clone().unwrap()), Arc::clone(&screen));
        let left = Arc::new(AtomicBool::new(false));
        let has_left = Arc::clone(&left);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes)
                && !has_left.load(Ordering::Relaxed)
            {
                seen.lock().unwrap().process(&bytes[..length]);
            }
        });
        Self { child, keys: File::from(far), terminal: near, screen, left, reader }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen is like that.
    fn wait(&mut self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if is(&text) {
                return text;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{what}: {ended:?}\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn shows(&mut self, what: &str) -> String {
        self.wait(what, |text| text.contains(what))
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        tcsetwinsize(&self.keys, size(columns, rows)).unwrap();
    }

    /// Waits for its end, and holds that nothing of it is left on the terminal.
    fn ended(mut self) -> ExitStatus {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", self.text());
            thread::sleep(Duration::from_millis(20));
        };
        // What was written last may still be on its way.
        self.terminal.write_all(b"the end").unwrap();
        let begun = Instant::now();
        while !self.text().contains("the end") {
            assert!(begun.elapsed() < PATIENCE, "{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
        let parser = self.screen.lock().unwrap();
        assert!(!parser.screen().alternate_screen() && !parser.screen().hide_cursor());
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG), "{modes:?}");
        status
    }
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn samples() -> String {
    project().join("samples/container").to_str().unwrap().to_owned()
}

/// Tuples of one connection that begins and ends in a minute after 02:00.
fn connection(source: &str, minute: i64) -> [String; 2] {
    let ms = 1_764_554_400_000 + minute * 60_000;
    let ends = format!("{source},198.51.100.7,40000,443,6,O");
    [format!("\"{ms},{ends},B,NX,0,0,0,0\""), format!("\"{},{ends},E,NX,9,900,8,8000\"", ms + 9_000)]
}

fn log(connections: &[[String; 2]]) -> String {
    hour_of("/s/networkSecurityGroups/web-nsg", &[("UserRule_allow", &connections.concat())])
}

/// The number that stands before a word on the screen.
fn before(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = words.iter().position(|other| *other == word).unwrap_or_else(|| panic!("{word}: {text}"));
    words[place - 1].replace(',', "").parse().unwrap()
}

/// The number behind it.
fn after(text: &str, word: &str) -> u64 {
    let mut words = text.split_whitespace().skip_while(|other| *other != word);
    words.nth(1).unwrap_or_else(|| panic!("{word}: {text}")).replace(',', "").parse().unwrap()
}

/// Numbers of the screen against those of the report.
fn agree(bench: &Bench, text: &str, arguments: &[&str]) {
    let (report, _) = bench.json(arguments);
    let number = |value: &Value| value.as_u64().unwrap();
    let outcomes = report["connections"]["outcomes"].as_array().unwrap();
    let denied = outcomes.iter().find(|row| row["outcome"] == "denied").unwrap();
    let told = [
        number(&report["totals"]["tuples"]),
        number(&report["connections"]["total"]),
        number(&denied["connections"]),
        report["findings"].as_array().unwrap().len() as u64,
        number(&report["totals"]["files"]),
    ];
    let shown = [
        before(text, "tuples;"),
        after(text, "Connections"),
        after(text, "Denied"),
        after(text, "Findings"),
        before(&text.replace("files;", "files"), "files"),
    ];
    assert_eq!(shown, told, "{text}");
    let sent = flowlog_core::text::bytes(number(&report["resolved"]["bytes_sent"]));
    assert!(text.contains(&format!("{sent} sent, ")), "{sent}: {text}");
}

#[test]
fn the_first_screen_has_the_numbers_of_the_report() {
    let bench = Bench::new();
    let samples = samples();
    let mut live = Live::start(&bench, &[&samples], &[]);
    let text = live.shows("tuples;");
    agree(&bench, &text, &[&samples, "--last-of-data", "1h"]);
    assert!(text.contains("newest first") && text.contains("q quit") && text.contains("10.10.1.4"), "{text}");
    live.press("2");
    live.shows("Tries");
    live.press("\t");
    live.shows("gravest first");
    live.press("q");
    assert_eq!(live.ended().code(), Some(0));
}

#[test]
fn conditions_on_whole_connections_have_the_numbers_of_the_report() {
    let bench = Bench::new();
    let samples = samples();
    for condition in ["bytes > 100k", "unanswered", "duration > 1m and not denied"] {
        let arguments = [&*samples, "--last-of-data", "100d", "--where", condition];
        let mut live = Live::start(&bench, &arguments, &[]);
        let text = live.shows("tuples;");
        agree(&bench, &text, &arguments);
        live.press("q");
        assert_eq!(live.ended().code(), Some(0), "{condition}");
    }
}

#[test]
fn files_that_come_or_grow_appear_with_the_numbers_of_the_report() {
    let scenario =
        Scenario { seed: 17, nics: 3, hours: 2, volume: Volume::Tuples(3_000), ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    let blobs = bench.logs();
    let mut files = Vec::new();
    walk(&blobs, &mut files);
    files.sort();
    // One comes later, one is whole later: bytes are appended, as blobs grow.
    let (late, growing) = (files[0].clone(), files[1].clone());
    let (whole, grown) = (fs::read(&late).unwrap(), fs::read(&growing).unwrap());
    fs::remove_file(&late).unwrap();
    // A record ends at a brace and a comma; the list is closed behind it.
    let cut = grown.windows(3).position(|bytes| bytes == b"},{").unwrap() + 1;
    fs::write(&growing, [&grown[..cut], b"]}"].concat()).unwrap();
    let all = ["logs", "--last-of-data", "100d"];
    let mut live = Live::start(&bench, &[&all[..], &["--every", "1s"]].concat(), &[]);
    let first = live.shows("tuples;");
    agree(&bench, &first, &all);
    fs::write(&growing, &grown).unwrap();
    let more = before(&first, "tuples;");
    let second = live.wait("more tuples", |text| text.contains("tuples;") && before(text, "tuples;") > more);
    agree(&bench, &second, &all);
    // Nothing of a file that comes while the screen stands still.
    live.press("p");
    live.shows("paused");
    fs::write(&late, &whole).unwrap();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(before(&live.text(), "tuples;"), before(&second, "tuples;"));
    live.press("p");
    let more = before(&second, "tuples;");
    let third = live.wait("more tuples", |text| text.contains("tuples;") && before(text, "tuples;") > more);
    agree(&bench, &third, &all);
    live.press("q");
    assert_eq!(live.ended().code(), Some(0));
}

fn walk(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

#[test]
fn a_folder_may_still_be_empty() {
    let bench = Bench::new();
    let mut live = Live::start(&bench, &["logs", "--every", "1s"], &[]);
    live.shows("no flow logs in folder logs");
    fs::write(bench.logs().join("PT1H.json"), log(&[connection("10.0.0.4", 1)])).unwrap();
    let text = live.shows("1 Connections 1 ");
    assert!(text.contains("10.0.0.4") && text.contains("198.51.100.7"), "{text}");
    live.press("q");
    live.ended();
}

#[test]
fn a_typed_condition_narrows_and_a_wrong_one_is_told() {
    let connections: Vec<_> = (1..9).map(|number| connection(&format!("10.0.0.{number}"), number)).collect();
    let bench = Bench::new().file("PT1H.json", log(&connections));
    let mut live = Live::start(&bench, &["logs"], &[]);
    live.shows("1 Connections 8 ");
    live.press("/src 10.0.0.3 and byts > 1\r");
    let text = live.shows("found \"byts\"");
    let run = bench.run(&["flows", "logs", "--where", "src 10.0.0.3 and byts > 1"]);
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The same sentence as the option's, with the mark below the place.
    let message = "column 18: expected";
    assert!(flat(&text).contains(message) && flat(&run.talk()).contains(message), "{text}\n{}", run.talk());
    assert!(text.contains("^^^^"), "{text}");
    live.press("\u{15}src db*\r");
    live.shows("--names FILE");
    live.press("\u{15}src 10.0.0.3 and bytes > 1\r");
    let text = live.shows("1 Connections 1 ");
    assert!(text.contains("; src 10.0.0.3 and bytes > 1") && !text.contains("10.0.0.4"), "{text}");
    live.press("/\u{15}\r");
    live.shows("1 Connections 8 ");
    live.press("/x");
    live.shows("/x");
    live.press("\u{1b}");
    live.shows("q quit");
    live.press("s");
    live.shows("by bytes");
    live.press("q");
    assert_eq!(live.ended().code(), Some(0));
}

#[test]
fn the_screen_takes_any_size_without_colour_and_in_ascii() {
    let bench = Bench::new();
    let samples = samples();
    let mut live = Live::start(&bench, &[&samples], &[("LANG", "C"), ("NO_COLOR", "1")]);
    live.shows("tuples;");
    live.resize(20, 5);
    live.wait("a small screen", |text| text.contains("1Conn 2Denied 3Find") && text.contains("q quit"));
    live.resize(160, 50);
    let text = live.wait("a large screen", |text| text.contains("Rule") && text.contains("q quit"));
    assert!(text.is_ascii(), "{text}");
    live.press("3");
    live.shows("gravest first");
    let parser = live.screen.lock().unwrap();
    for (row, column) in (0..50).flat_map(|row| (0..160).map(move |column| (row, column))) {
        let cell = parser.screen().cell(row, column).unwrap();
        assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    }
    drop(parser);
    // Ctrl-C is a key in a raw terminal.
    live.press("\u{3}");
    assert_eq!(live.ended().code(), Some(130));
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    let bench = Bench::new();
    let samples = samples();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut live = Live::start(&bench, &[&samples], &[]);
        live.shows("tuples;");
        kill_process(Pid::from_child(&live.child), signal).unwrap();
        assert_eq!(live.ended().code(), Some(code));
    }
}

#[test]
fn it_ends_with_its_terminal() {
    let mut live = Live::start(&Bench::new(), &[&samples()], &[]);
    live.shows("tuples;");
    live.left.store(true, Ordering::Relaxed);
    // The reader of its screen wakes up once more, and goes.
    tcsetwinsize(&live.keys, size(60, 20)).unwrap();
    let Live { mut child, keys, terminal, reader, .. } = live;
    reader.join().unwrap();
    drop((keys, terminal));
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None if begun.elapsed() > PATIENCE => break child.kill().and_then(|()| child.wait()).unwrap(),
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(ended.code(), Some(129), "{ended}");
}

#[test]
fn without_a_terminal_or_with_a_slip_it_says_so() {
    let bench = Bench::new().file("PT1H.json", log(&[connection("10.0.0.4", 1)]));
    for (arguments, code, message) in [
        (&["top", "logs"][..], 2, "standard output is none: flowlog-analyze without top prints the report"),
        (&["top", "-"], 2, "which a pipe cannot be"),
        (&["top", "logs", "--where", "byts > 1"], 2, "found \"byts\""),
        (&["top", "logs", "--every", "soon"], 2, "--every"),
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code(), code, "{arguments:?}: {}", run.talk());
        assert!(run.talk().contains(message), "{arguments:?}: {}", run.talk());
    }
    // The same on a terminal, which is left alone.
    for (arguments, code, message) in
        [(&["nowhere"][..], 1, "does not exist"), (&["logs", "--where", "src db01"], 2, "--names FILE")]
    {
        let live = Live::start(&bench, arguments, &[]);
        let screen = Arc::clone(&live.screen);
        assert_eq!(live.ended().code(), Some(code), "{arguments:?}");
        let text = screen.lock().unwrap().screen().contents();
        assert!(text.contains(message), "{text}");
    }
}
