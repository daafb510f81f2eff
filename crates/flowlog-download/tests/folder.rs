//! `--from-dir`: blobs that another tool brought to disk. No network, no account, no login.

mod common;

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use common::{assert_same_tree, content, day_of, figure, record, said, tree};
use flowlog_core::blob_path::{Form, LocalName};

/// Writes blobs below `dir` as AzCopy does and returns the tree they must become.
fn fill(dir: &Path, prefix: &str, encode: bool) -> BTreeMap<String, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for (name, records) in day_of(&["VNET-A"], 2) {
        let path = if encode { name.replace('=', "%3D") } else { name.clone() };
        let path = dir.join(prefix).join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content(&records)).expect("written");
        expected.insert(LocalName::new(&name).path(Form::Full, ""), content(&records));
    }
    expected
}

fn run(source: &Path, root: &Path, extra: &[&str]) -> Output {
    common::tool(root).arg("--from-dir").arg(source).args(extra).output().expect("a run")
}

#[test]
fn whatever_tool_brought_the_blobs_the_tree_is_the_same() {
    for (prefix, encode) in [("", false), (common::CONTAINER, false), ("account/logs", true)] {
        let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let expected = fill(source.path(), prefix, encode);
        let before = tree(source.path());
        let output = run(source.path(), root.path(), &[]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(figure(&output, "Copied"), 72);
        assert_same_tree(&tree(root.path()), &expected);
        assert_same_tree(&tree(source.path()), &before);
        assert_eq!(figure(&run(source.path(), root.path(), &[]), "Copied"), 0);
    }
}

#[test]
fn a_rerun_copies_only_what_changed() {
    let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fill(source.path(), "", false);
    run(source.path(), root.path(), &[]);
    let (name, mut records) = day_of(&["VNET-A"], 2).swap_remove(7);
    records.push(record(&name, 2));
    fs::write(source.path().join(&name), content(&records)).expect("grown");
    let output = run(source.path(), root.path(), &[]);
    assert_eq!((figure(&output, "Copied"), figure(&output, "Unchanged")), (1, 71));
    assert_eq!(tree(root.path())[&LocalName::new(&name).path(Form::Full, "")], content(&records));
}

#[test]
fn moving_removes_a_source_only_once_its_copy_is_safe() {
    let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let expected = fill(source.path(), "", false);
    fs::write(source.path().join("README.md"), "the user's").expect("written");
    // One was copied before; one cannot be placed, for a file of the user's is in the way.
    run(source.path(), root.path(), &[]);
    let blocked = expected.keys().next().expect("a path");
    fs::remove_dir_all(root.path().join(".flowlog")).expect("removed");
    fs::write(root.path().join(blocked), "the user's").expect("written");
    let output = run(source.path(), root.path(), &["--move"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!((figure(&output, "Moved"), figure(&output, "Failed"), figure(&output, "Ignored")), (71, 1, 1));
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(talk.ends_with("exit code 3: 1 blob failed; run again to fetch the rest\n"), "{talk}");
    let left = tree(source.path());
    assert_eq!(left.len(), 2, "{:?}", left.keys());
    assert!(left.contains_key("README.md"));

    fs::remove_file(root.path().join(blocked)).expect("removed");
    let output = run(source.path(), root.path(), &["--move"]);
    assert_eq!((output.status.code(), figure(&output, "Moved")), (Some(0), 1));
    assert_eq!(tree(source.path()).into_keys().collect::<Vec<_>>(), ["README.md"]);
    assert_same_tree(&tree(root.path()), &expected);
    // Everything is moved: nothing to do is no error.
    assert_eq!(run(source.path(), root.path(), &["--move"]).status.code(), Some(0));
}

#[test]
fn moving_after_copying_removes_the_sources_too() {
    let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let expected = fill(source.path(), "", false);
    run(source.path(), root.path(), &[]);
    let output = run(source.path(), root.path(), &["--move"]);
    assert_eq!((output.status.code(), figure(&output, "Unchanged")), (Some(0), 72));
    assert!(tree(source.path()).is_empty());
    assert_same_tree(&tree(root.path()), &expected);
}

#[test]
fn two_copies_of_a_growing_blob_make_one_file_and_different_blobs_two() {
    let (older, newer) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (name, records) = day_of(&["VNET-A"], 3).swap_remove(0);
    let put = |dir: &Path, content: &[u8]| {
        let path = dir.join(&name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("written");
    };
    put(older.path(), &content(&records[..1]));
    put(newer.path(), &content(&records));
    for order in [[older.path(), newer.path()], [newer.path(), older.path()]] {
        let root = tempfile::tempdir().expect("a folder");
        for _ in 0..2 {
            for source in order {
                assert_eq!(run(source, root.path(), &[]).status.code(), Some(0));
            }
        }
        let files = tree(root.path());
        assert_eq!(files.into_values().collect::<Vec<_>>(), [content(&records)]);
    }
    // The same name with other content is another blob: neither is lost.
    let root = tempfile::tempdir().expect("a folder");
    put(older.path(), &content(&[record("other", 9)]));
    for source in [older.path(), newer.path()] {
        assert_eq!(run(source, root.path(), &[]).status.code(), Some(0));
    }
    assert_eq!(tree(root.path()).len(), 2);
}

#[test]
fn what_cannot_work_is_said_in_one_line() {
    let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let missing = run(&source.path().join("missing"), root.path(), &[]);
    assert_eq!(missing.status.code(), Some(5));
    let empty = run(source.path(), root.path(), &[]);
    assert_eq!(empty.status.code(), Some(5));
    assert!(said(&empty).contains("no flow-log files in"), "{}", said(&empty));
    // A first run that brought nothing leaves nothing.
    assert!(fs::read_dir(root.path()).expect("the folder").next().is_none());
    let new = root.path().join("new/tree");
    assert_eq!(run(source.path(), &new, &[]).status.code(), Some(5));
    assert!(fs::read_dir(root.path()).expect("the folder").next().is_none());
    let file = source.path().join("file.json");
    fs::write(&file, "{}").expect("written");
    assert_eq!(run(&file, root.path(), &[]).status.code(), Some(2));
    let inside = run(root.path(), root.path(), &[]);
    assert_eq!(inside.status.code(), Some(2), "{}", said(&inside));
    let onto_a_file = run(source.path(), &file, &[]);
    assert_eq!(onto_a_file.status.code(), Some(1), "{}", said(&onto_a_file));
    assert!(said(&onto_a_file).contains("cannot write to the download folder"));
}

#[test]
fn the_download_folder_may_lie_inside_the_source() {
    let source = tempfile::tempdir().expect("a folder");
    let expected = fill(source.path(), "", false);
    let root = source.path().join("FlowLogs");
    for copied in [72, 0] {
        let output = run(source.path(), &root, &[]);
        assert_eq!((output.status.code(), figure(&output, "Copied")), (Some(0), copied), "{}", said(&output));
    }
    assert_same_tree(&tree(&root), &expected);
}

#[test]
fn what_other_tools_have_not_finished_is_left_alone_and_counted() {
    let (source, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let expected = fill(source.path(), common::CONTAINER, false);
    let (name, _) = day_of(&["VNET-A"], 1).swap_remove(0);
    let folder = source.path().join(common::CONTAINER).join(&name).parent().expect("a parent").to_owned();
    let leftovers = [
        "PT1H.json:Zone.Identifier",
        "PT1H.json.crdownload",
        "PT1H.json.1a2b3c.partial",
        "PT1H.json.part",
        "PT1H.json.tmp",
        "PT1H.json~",
        "~$PT1H.json",
        ".azDownload-11111111-2222-PT1H.json",
    ];
    for leftover in leftovers {
        let written = fs::write(folder.join(leftover), "half");
        assert!(written.is_ok() || cfg!(windows), "{leftover}: {written:?}");
    }
    let before = tree(source.path()).len();
    let count = before - expected.len();
    for extra in [&[][..], &["--move"]] {
        let output = run(source.path(), root.path(), extra);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(figure(&output, "Ignored"), count as u64, "{}", said(&output));
        assert_same_tree(&tree(root.path()), &expected);
    }
    assert_eq!(tree(source.path()).len(), count);
}

#[test]
fn moving_needs_a_folder_to_move_from() {
    let root = tempfile::tempdir().expect("a folder");
    for account in [
        &[][..],
        &["--storage-account", "logs1"],
        &["--endpoint", "http://127.0.0.1:1/devstoreaccount1"],
        &["--connection-string", "UseDevelopmentStorage=true"],
    ] {
        for extra in [&[][..], &["--force"], &["--cap-mbps", "1"]] {
            let mut command = common::tool(root.path());
            let output = command.arg("--move").args(account).args(extra).output().expect("a run");
            assert_eq!(output.status.code(), Some(2), "{account:?}: {}", said(&output));
            assert!(said(&output).contains("--move needs --from-dir"), "{account:?}: {}", said(&output));
        }
    }
}
