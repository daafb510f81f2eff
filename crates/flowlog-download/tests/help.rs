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
