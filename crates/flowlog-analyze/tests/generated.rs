//! What the program writes about itself: completions, manual pages, its version.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use common::{Bench, names};

/// Shells, and what checks a script of theirs without running it.
const SHELLS: [(&str, &[&str]); 5] = [
    ("bash", &["bash", "-n"]),
    ("zsh", &["zsh", "-n"]),
    ("fish", &["fish", "-n"]),
    ("powershell", &[]),
    ("elvish", &[]),
];

/// Those that read logs or states, and have options.
const COMMANDS: [&str; 6] = ["flows", "host", "compare", "partial", "merge", "anonymize"];

/// The long options that a help defines, without their hyphens.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let long = lines.filter_map(|line| line.split_once("--")?.1.split([' ', '[', '=', ',']).next());
    long.map(str::to_owned).collect()
}

#[test]
fn each_shell_gets_a_script_with_every_option() {
    let bench = Bench::new();
    let help = bench.run(&["--help"]).out();
    let mut all = options(&help);
    for command in COMMANDS {
        all.extend(options(&bench.run(&[command, "--help"]).out()));
    }
    assert!(all.len() > 20 && all.contains("output") && all.contains("top"), "{all:?}");
    for (shell, check) in SHELLS {
        let run = bench.run(&["completions", shell]);
        assert_eq!((run.code(), run.talk().as_str()), (0, ""), "{shell}");
        let script = run.out();
        for option in &all {
            // fish writes `-l option`.
            assert!(
                script.contains(&format!("--{option}")) || script.contains(&format!("-l {option}")),
                "{shell}: {option}"
            );
        }
        for command in COMMANDS.into_iter().chain(["completions", "man"]) {
            assert!(script.contains(command), "{shell}: {command}");
        }
        let Some((program, arguments)) = check.split_first() else { continue };
        let path = bench.folder.path().join(shell);
        fs::write(&path, script).unwrap();
        match Command::new(program).args(arguments).arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            // Only bash is on every machine that these tests run on, and not on Windows.
            Err(error) => assert!(shell != "bash" || cfg!(windows), "{error}"),
        }
    }
    let run = bench.run(&["completions", "tcsh"]);
    assert_eq!(run.code(), 2);
    assert!(run.talk().contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{}", run.talk());
}

#[test]
fn each_command_has_its_manual_page() {
    let bench = Bench::new();
    let run = bench.run(&["man", "pages/man1"]);
    assert_eq!((run.code(), run.out().as_str(), run.talk().as_str()), (0, "", ""));
    let folder = bench.folder.path().join("pages/man1");
    let pages = names(&folder);
    for name in ["", "-flows", "-host", "-compare", "-partial", "-merge", "-completions", "-man"] {
        assert!(pages.contains(&format!("flowlog-analyze{name}.1")), "{pages:?}");
    }
    let page = fs::read_to_string(folder.join("flowlog-analyze.1")).unwrap();
    // roff writes a hyphen as `\-`.
    let plain = page.replace("\\-", "-");
    for option in options(&bench.run(&["--help"]).out()) {
        assert!(plain.contains(&format!("--{option}")), "{option}");
    }
    assert!(plain.contains("Exit codes:") && plain.contains("flowlog-analyze FlowLogs"), "{plain}");
    fs::write(bench.folder.path().join("file"), "").unwrap();
    let run = bench.run(&["man", "file"]);
    assert_eq!(run.code(), 1);
    assert!(run.talk().starts_with("error: cannot write manual pages to file: "), "{}", run.talk());
}

#[test]
fn the_version_is_all_that_can_be_told() {
    let bench = Bench::new();
    let line = format!("flowlog-analyze {}\n", env!("CARGO_PKG_VERSION"));
    let long = bench.run(&["--version"]).out();
    assert_eq!(bench.run(&["-V"]).out(), long);
    assert!(long.starts_with(&line), "{long}");
    let told = |what: &str| {
        let line = long.lines().find(|line| line.starts_with(what));
        line.unwrap_or_else(|| panic!("{what}: {long}"))[what.len()..].trim().to_owned()
    };
    assert!(!told("commit:").is_empty());
    // Of the tables themselves.
    let data = common::project().join("crates/flowlog-core/data");
    let services = fs::read_to_string(data.join("services.txt")).unwrap();
    let head = services.lines().nth(1).unwrap();
    assert!(head.contains(&told("services:")) && told("services:").contains(" of 20"), "{head}");
    let providers = fs::read(data.join("providers.bin")).unwrap();
    let head = String::from_utf8_lossy(&providers).lines().nth(1).unwrap().to_owned();
    assert_eq!(told("providers:"), head);
    assert_eq!(told("protocols:"), "IANA protocol numbers up to 147");
}
