//! What is known of the options beside their definition: which come first, how they are misspelt, and folders where an
//! account belongs.

use std::path::Path;

use flowlog_cli::{Program, Spellings};

use crate::{config::usage, error::Failure};

/// `-h` shows these options.
pub(crate) const PROGRAM: Program = Program {
    brief: &[
        "storage_account",
        "container_name",
        "download_path",
        "follow",
        "last",
        "from",
        "to",
        "flow_log",
        "mac",
        "dry_run",
        "doctor",
        "verify",
        "from_dir",
        "auth_mode",
        "format",
        "force",
        "concurrency",
    ],
    spellings: SPELLINGS,
    details: Vec::new,
};

/// Words that are no options, and those that only the analyser has.
pub(crate) const SPELLINGS: Spellings = Spellings {
    words: &[
        ("since", "--from"),
        ("after", "--from"),
        ("start", "--from"),
        ("until", "--to"),
        ("before", "--to"),
        ("end", "--to"),
        ("account", "--storage-account"),
        ("account-name", "--storage-account"),
        ("storage-account-name", "--storage-account"),
        ("container", "--container-name"),
        ("source", "--from-dir"),
        ("input", "--from-dir"),
        ("dir", "--download-path"),
        ("path", "--download-path"),
        ("out", "--download-path"),
        ("output", "--download-path"),
        ("output-path", "--download-path"),
        ("destination", "--download-path"),
        ("dest", "--download-path"),
        ("key", "--account-key-file"),
        ("account-key", "--account-key-file"),
        ("sas-token", "--sas-token-file"),
        ("sas", "--sas-token-file"),
        ("jobs", "--concurrency"),
        ("threads", "--concurrency"),
        ("parallel", "--concurrency"),
        ("bwlimit", "--cap-mbps"),
        ("limit-rate", "--cap-mbps"),
        ("what-if", "--dry-run"),
        ("confirm", "--force"),
        ("yes", "--force"),
        ("check", "--verify"),
        ("watch", "--follow"),
        ("json", "--format json"),
    ],
    elsewhere: (
        "flowlog-analyze",
        &["log-files", "specific-ips", "show-graphs", "export-csv", "top", "fail-on", "internal-cidr"],
    ),
    word: |word, folder| {
        Some(if folder.join(word).is_dir() {
            format!("to reorganise the blobs of a folder, write '--from-dir {word}'")
        } else {
            format!("to name the storage account, write '--storage-account {word}'")
        })
    },
};

/// A folder that is given where the account belongs. A name that an account may have is one, whatever is here.
pub(crate) fn folder_for_account(text: &str) -> Option<Failure> {
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.chars().all(name) || text.contains("://") || !Path::new(text).is_dir() {
        return None;
    }
    let failure =
        usage(format!("--storage-account: '{}' is a folder, not a storage account", text.escape_debug()));
    Some(failure.hint("to reorganise blobs already on disk, give the folder with --from-dir"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_told_from_an_account() {
        let here = tempfile::tempdir().expect("a folder");
        let path = here.path().to_str().expect("text");
        let failure = folder_for_account(path).expect("a folder");
        assert!(failure.message.contains("is a folder") && failure.hints[0].contains("--from-dir"));
        // `src` is a folder where this test runs, and a name an account may have.
        for account in ["src", "logs1", "logs1/container", "https://logs1.blob.core.windows.net", ""] {
            assert!(folder_for_account(account).is_none(), "{account}");
        }
    }
}
