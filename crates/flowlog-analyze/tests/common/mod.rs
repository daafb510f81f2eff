//! What the black-box tests share.
#![allow(dead_code)] // not every test file uses everything

pub(crate) mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use flowlog_testkit::scenario::Scenario;
use flowlog_testkit::truth::Truth;
use serde_json::Value;
use tempfile::TempDir;

/// A folder of flow logs, and one for what the tool writes.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        Self { folder }
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Adds a file to the logs.
    pub(crate) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.logs().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Adds the blobs of a scenario.
    pub(crate) fn scenario(self, scenario: &Scenario) -> (Self, Truth) {
        let logs = self.logs();
        let truth = scenario.generate(|blob| {
            let path = logs.join(blob.name);
            fs::create_dir_all(path.parent().unwrap())?;
            fs::write(path, blob.bytes)
        });
        (self, truth.unwrap())
    }

    /// Runs the tool in the folder that holds `logs`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run(output)
    }

    /// Runs a script in the same folder, in which the tool is `$PROGRAM`: limits are set on the process, by the kernel.
    pub(crate) fn shell(&self, script: &str) -> Run {
        let output = std::process::Command::new("timeout")
            .args(["300", "sh", "-c", script])
            .current_dir(self.folder.path())
            // A thread of the C library's allocator reserves 64 MiB that it does not use.
            .env("MALLOC_ARENA_MAX", "1")
            .env("PROGRAM", assert_cmd::cargo::cargo_bin("flowlog-analyze"))
            .env("XDG_CONFIG_HOME", "/nobody")
            .output();
        Run(output.unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("flowlog-analyze").unwrap();
        command.current_dir(self.folder.path()).args(arguments);
        for variable in ["NO_COLOR", "COLUMNS", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(variable);
        }
        // A file of the person who runs the tests, or a variable, must not count.
        let nobody = self.folder.path().join("nobody");
        command.env("XDG_CONFIG_HOME", &nobody).env("HOME", &nobody).env("APPDATA", &nobody);
        for variable in ["INTERNAL", "RULES", "SERVICE_TAGS", "CONTAINER_NAME", "LANG"] {
            command.env_remove(format!("FLOWLOG_{variable}"));
        }
        command.env("LANG", "C.UTF-8");
        command
    }

    /// What a run prints that succeeds.
    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code(), 0, "{arguments:?}: {}", run.talk());
        run.out()
    }

    /// The report as JSON, with the exit code.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let run = self.run(&[&["--format", "json"], arguments].concat());
        let report =
            serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{error}: {}", run.talk()));
        (report, run.code())
    }
}

/// A VNet flow log of one NIC of 2025-12-01, 02:00 to 03:00: tuples in JSON's quotation marks, by rule.
pub(crate) fn hour_of(nsg: &str, rules: &[(&str, &[String])]) -> String {
    let group = |(rule, tuples): &(&str, &[String])| {
        format!(r#"{{"rule":"{rule}","flowTuples":[{}]}}"#, tuples.join(","))
    };
    let groups: Vec<String> = rules.iter().map(group).collect();
    format!(
        r#"{{"records":[{{"time":"2025-12-01T03:00:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"{nsg}","flowGroups":[{}]}}]}}}}]}}"#,
        groups.join(",")
    )
}

/// The tool as a child process; a settings file of the person who runs the tests does not count.
pub(crate) fn tool() -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("flowlog-analyze"));
    for variable in ["XDG_CONFIG_HOME", "HOME", "APPDATA"] {
        command.env(variable, "/nobody");
    }
    command
}

/// A finished run of the tool.
pub(crate) struct Run(pub(crate) Output);

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn talk(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }
}

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Names of the files in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
