//! What `--help` promises.

mod common;

#[test]
fn help_names_every_option_environment_variable_and_exit_code() {
    let output = common::tool(std::path::Path::new("unused")).arg("--help").output().expect("a run");
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).expect("text");
    for word in [
        "--storage-account",
        "--container-name",
        "insights-logs-flowlogflowevent",
        "--download-path",
        "./FlowLogs",
        "--auto-shorten",
        "--force",
        "--endpoint",
        "--connection-string",
        "--max-path",
        "--concurrency",
        "--from-dir",
        "--cap-mbps",
        "--verify",
        "--doctor",
        "--format",
        "FLOWLOG_TIMEOUT",
        "--move",
        "--from ",
        "--to ",
        "--last",
        "--flow-log",
        "--subscription",
        "--mac",
        "--dry-run",
        "--follow",
        "AZ_STORAGE_KEY",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_ACCOUNT",
        "AZ_RESOURCE_GROUP",
        "AZURE_SUBSCRIPTION_ID",
        "--auth-mode",
        "--account-key-file",
        "--sas-token-file",
        "--client-id",
        "--cloud",
        "--ca-file",
        "Storage Blob Data Reader",
    ] {
        assert!(help.contains(word), "{word} is not in --help");
    }
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130 "] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(code)), "exit code {code}");
    }
}

#[test]
fn the_short_help_fits_a_screen_and_the_long_one_its_width() {
    let help = |option: &str| {
        let output = common::tool(std::path::Path::new("unused")).arg(option).output().expect("a run");
        let help = String::from_utf8(output.stdout).expect("text");
        let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:?}");
        help
    };
    let (short, long) = (help("-h"), help("--help"));
    assert!((10..=23).contains(&short.lines().count()), "{short}");
    for heading in ["Options:", "Selection:", "Checks:", "Access:", "Examples:", "Exit codes:"] {
        assert!(long.lines().any(|line| line == heading), "{heading} is not in --help");
    }
}

#[test]
fn completions_and_the_manual_page_have_every_option() {
    let run = |words: &[&std::ffi::OsStr]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_flowlog-download")).args(words).output();
        let output = output.expect("a run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let help = run(&["--help".as_ref()]);
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let options: Vec<&str> =
        lines.filter_map(|line| line.split_once("--")?.1.split([' ', '[', '=']).next()).collect();
    assert!(options.len() > 30, "{options:?}");
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["--completions".as_ref(), shell.as_ref()]);
        for option in &options {
            let there = script.contains(&format!("--{option}")) || script.contains(&format!("-l {option}"));
            assert!(there, "{shell}: {option}");
        }
        let path = folder.path().join(shell);
        std::fs::write(&path, script).expect("written");
        if shell == "bash" && !cfg!(windows) {
            let output = std::process::Command::new("bash").arg("-n").arg(&path).output().expect("bash");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    run(&["--man".as_ref(), folder.path().as_os_str()]);
    let page = std::fs::read_to_string(folder.path().join("flowlog-download.1")).expect("a page");
    let page = page.replace("\\-", "-");
    for option in options {
        assert!(page.contains(&format!("--{option}")), "{option}");
    }
    let version = run(&["-V".as_ref()]);
    assert!(version.starts_with(&format!("flowlog-download {}\ncommit:", env!("CARGO_PKG_VERSION"))));
    assert_eq!(run(&["--version".as_ref()]), version);
}

#[test]
fn a_slip_in_the_settings_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |text: &str, extra: &[&str]| {
        std::fs::write(folder.path().join("flowlog.toml"), text).expect("written");
        let mut tool = common::tool(std::path::Path::new("unused"));
        let output = tool.current_dir(folder.path()).args(extra).output().expect("a run");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, talk) = run("\nstorage_acount = \"logs1\"\n", &[]);
    let told = "error: flowlog.toml, line 2, column 1: there is no setting storage_acount; did you mean storage_account?\n";
    assert_eq!((code, talk.as_str()), (Some(2), told));
    let (code, talk) = run("storage_account = \"https://logs1.example\"\n", &[]);
    assert!(code == Some(2) && talk.contains("line 1, column 1: a storage account's name has "), "{talk}");
    let (code, talk) = run("nothing = 1\n", &["--no-config"]);
    assert!(code == Some(2) && talk.starts_with("error: which storage account?"), "{talk}");
}

#[test]
fn nothing_that_was_typed_drives_the_terminal() {
    for (typed, colours) in [("--red", true), ("--\u{1b}[31mred", false)] {
        let mut tool = common::tool(std::path::Path::new("unused"));
        let output = tool.arg(typed).env("CLICOLOR_FORCE", "1").output().expect("a run");
        assert_eq!(output.stderr.contains(&0x1b), colours, "{}", String::from_utf8_lossy(&output.stderr));
    }
}
