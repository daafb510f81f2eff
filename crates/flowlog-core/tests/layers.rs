//! The library's one direction: a module uses only what stands to its left.

use std::fs;
use std::path::{Path, PathBuf};

const ORDER: [&str; 19] = [
    "text",
    "radix",
    "parallel",
    "error",
    "blob_path",
    "bytes",
    "flow",
    "policy",
    "record",
    "anonymize",
    "connection",
    "enrich",
    "select",
    "state",
    "finding",
    "report",
    "flows",
    "charts",
    "compare",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Modules named behind `crate::` in a line of code.
fn used_modules(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let names = code.split("crate::").skip(1);
    names.filter_map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()).collect()
}

#[test]
fn modules_use_only_what_stands_to_their_left() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let place = |name: &str| ORDER.iter().position(|&module| module == name);
    let mut checked = 0;
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&source).unwrap();
        let top = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if top == "lib" {
            continue;
        }
        let own = place(top).unwrap_or_else(|| panic!("{top} has no place in the order"));
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            for used in used_modules(line) {
                checked += 1;
                if place(used).is_none_or(|used| used > own) {
                    wrong.push(format!("{}:{}: {line}", inside.display(), number + 1));
                }
            }
        }
    }
    assert!(checked > 20, "the search for uses finds too little: {checked}");
    assert!(wrong.is_empty(), "looks right of itself:\n{}", wrong.join("\n"));
}
