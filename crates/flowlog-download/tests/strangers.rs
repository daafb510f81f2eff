//! Somebody else answers in the service's place: nothing of theirs is believed, and no good file is lost.

mod common;
#[path = "common/way.rs"]
mod way;

use std::{collections::BTreeMap, path::Path};

use common::{CONTAINER, Container, blob_name, day_of, leftovers, record, said, tree};
use flowlog_testkit::fault_proxy::{Fault, Seen};
use way::Way;

const PAGES: [&str; 9] = [
    "<!DOCTYPE html><html><body>Please sign in</body></html>",
    "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x\"><html xmlns=\"http://www.w3.org/1999/xhtml\"><head/><body/></html>",
    "<?xml version=\"1.0\"?><a><EnumerationResults><Blobs /><NextMarker /></EnumerationResults></a>",
    "<?xml version=\"1.0\"?><BlockList><CommittedBlocks /></BlockList>",
    "<Blobs></Blobs>",
    "{\"EnumerationResults\": {\"Blobs\": []}}",
    "hello",
    "",
    "<EnumerationResults><NextMarker /></EnumerationResults>",
];

fn page(code: u16, body: &str) -> Fault {
    Fault::Answer { code, headers: vec![("Content-Type", "text/html".to_owned())], body: body.to_owned() }
}

fn container() -> Container {
    let mut container = Container::new(CONTAINER);
    container.upload_whole(day_of(&["VNET-A"], 3).into_iter().take(4).collect());
    container
}

/// A tree that came over this way before anything went wrong on it.
fn whole_tree(way: &Way, root: &Path) -> BTreeMap<String, Vec<u8>> {
    way.heal();
    let output = way.run(root);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    way.hurt();
    let before = tree(root);
    assert!(!before.is_empty());
    before
}

#[test]
fn a_page_is_no_listing_whatever_is_asked() {
    let container = container();
    std::thread::scope(|scope| {
        for body in PAGES {
            let container = &container;
            scope.spawn(move || {
                let dir = tempfile::tempdir().expect("a temporary folder");
                let (tree_here, nowhere) = (dir.path().join("tree"), dir.path().join("new"));
                let way = Way::new(container, move |_| Some(page(200, body)));
                let before = whole_tree(&way, &tree_here);
                for (root, arguments) in [
                    (&tree_here, &[][..]),
                    (&tree_here, &["--verify"]),
                    (&tree_here, &["--verify=content"]),
                    (&tree_here, &["--last", "7d"]),
                    (&tree_here, &["--doctor"]),
                    (&nowhere, &[]),
                    (&nowhere, &["--follow", "1s"]),
                ] {
                    let output = way.tool(root).args(arguments).output().expect("a run");
                    let said = said(&output);
                    assert_eq!(output.status.code(), Some(1), "{body} {arguments:?}: {said}");
                    assert!(
                        !said.contains('<') && !said.contains("is complete"),
                        "{body} {arguments:?}: {said}"
                    );
                    assert_eq!(said.contains("FAILED  access"), arguments == ["--doctor"], "{said}");
                }
                assert_eq!(tree(&tree_here), before, "{body}");
            });
        }
    });
}

#[test]
fn a_byte_order_mark_before_a_listing_is_none_of_this() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let container = container();
    let marked = ("<?xml".to_owned(), "\u{feff}<?xml".to_owned());
    let way = Way::new(&container, move |seen| seen.is_list().then(|| Fault::Replace(vec![marked.clone()])));
    let output = way.run(dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    common::assert_same_tree(&tree(dir.path()), &container.expected());
}

#[cfg(unix)]
#[test]
fn following_waits_until_the_service_is_back() {
    use std::{
        io::{BufRead as _, BufReader},
        process::{Command, Stdio},
    };
    let mut container = container();
    let way = Way::new(&container, |_| Some(page(200, PAGES[0])));
    let dir = tempfile::tempdir().expect("a temporary folder");
    whole_tree(&way, dir.path());
    way.heal();
    let mut tool = way.tool(dir.path());
    let started = tool.args(["--follow", "1s"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut process = started.expect("started");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let mut wait_for = |words: &str| {
        let line = lines.by_ref().take(60).find(|line| line.contains(words));
        assert!(line.is_some(), "no line with {words}");
    };
    wait_for("4 unchanged");
    way.hurt();
    wait_for("not from Azure Storage (200 without EnumerationResults)");
    common::assert_same_tree(&tree(dir.path()), &container.expected());
    let name = blob_name("VNET-A", 6, 9, 0);
    container.upload_whole(vec![(name.clone(), vec![record(&name, 0)])]);
    way.heal();
    wait_for("1 fetched");
    let ended = Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill runs");
    assert!(ended.success());
    wait_for("Downloaded");
    assert_eq!(process.wait().expect("ended").code(), Some(0));
    common::assert_same_tree(&tree(dir.path()), &container.expected());
}

/// Each blob is newer in the container than in the tree, and somebody else answers for its bytes.
#[test]
fn a_page_replaces_no_file() {
    let html = "<html>blocked by policy</html>";
    let other = |name| Fault::Headers(vec![(name, Some("\"0x8D00000000000\"".to_owned()))]);
    let cases: [(&str, Fault); 8] = [
        ("a page", page(200, html)),
        ("a page for a range", page(206, html)),
        ("a page of the right length", Fault::PageOfRightLength(html)),
        ("an empty page", page(200, "")),
        ("no page at all", page(204, "")),
        ("another ETag", other("etag")),
        ("no ETag", Fault::Headers(vec![("etag", None)])),
        ("other bytes", Fault::Headers(vec![("content-range", Some("bytes 1-20/21".to_owned()))])),
    ];
    std::thread::scope(|scope| {
        for (what, fault) in cases {
            scope.spawn(move || {
                let dir = tempfile::tempdir().expect("a temporary folder");
                let mut container = container();
                let way = Way::new(&container, move |seen: &Seen| {
                    (seen.is_content() || seen.method == "HEAD").then(|| fault.clone())
                });
                let before = whole_tree(&way, dir.path());
                let names: Vec<String> = container.blobs.keys().cloned().collect();
                let grown = |name: &String| (name.clone(), (0..5).map(|n| record(name, n)).collect());
                container.upload_whole(names.iter().map(grown).collect());
                let output = way.run(dir.path());
                assert_eq!(output.status.code(), Some(3), "{what}: {}", said(&output));
                assert_eq!(tree(dir.path()), before, "{what}: a good file is gone");
                assert_eq!(leftovers(dir.path()), Vec::<std::path::PathBuf>::new(), "{what}");
                let said = said(&output);
                assert!(
                    said.contains("4 blobs:") && !said.contains("html"),
                    "{what}: one line a cause: {said}"
                );

                way.heal();
                let healed = way.run(dir.path());
                assert_eq!(healed.status.code(), Some(0), "{what}: {}", common::said(&healed));
                common::assert_same_tree(&tree(dir.path()), &container.expected());
            });
        }
    });
}

/// Azure's way of writing: blocks, a version after the other.
fn growing() -> (Container, String) {
    let mut container = Container::new(CONTAINER);
    let name = blob_name("VNET-A", 5, 9, 0);
    container.upload(vec![(name.clone(), vec![record(&name, 0)])]);
    (container, name)
}

#[test]
fn a_page_about_one_blob_is_not_the_services_word() {
    let (container, _) = growing();
    for (what, code, arguments) in [
        ("properties", 404, "--verify"),
        ("properties", 200, "--verify"),
        ("content", 404, "--verify=content"),
        ("content", 412, "--verify=content"),
        ("content", 416, "--verify=content"),
        ("content", 200, "--verify=content"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let way = Way::new(&container, move |seen| {
            let hit = if what == "content" { seen.is_content() } else { seen.method == "HEAD" };
            hit.then(|| page(code, "<html>no</html>"))
        });
        whole_tree(&way, dir.path());
        let output = way.tool(dir.path()).arg(arguments).output().expect("a run");
        assert_eq!(output.status.code(), Some(1), "{what} {code}: {}", said(&output));
        assert!(said(&output).contains("not from Azure Storage"), "{what} {code}: {}", said(&output));
    }
}

#[test]
fn a_blob_that_grew_is_spliced_from_the_service_alone() {
    let list = "<BlockList><CommittedBlocks><Block><Name>AAAA</Name><Size>1</Size></Block></CommittedBlocks></BlockList>";
    for (what, body) in [("blocks", "<html/>"), ("blocks", list), ("blocks", "{}"), ("content", "<html/>")] {
        let (mut container, name) = growing();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let way = Way::new(&container, move |seen| match what {
            "blocks" => seen.target.contains("comp=blocklist").then(|| page(200, body)),
            _ => seen.is_content().then_some(Fault::PageOfRightLength(body)),
        });
        for count in [2, 3] {
            whole_tree(&way, dir.path());
            container.upload(vec![(name.clone(), (0..count).map(|n| record(&name, n)).collect())]);
        }
        let before = whole_tree(&way, dir.path());
        container.upload(vec![(name.clone(), (0..5).map(|n| record(&name, n)).collect())]);
        let output = way.run(dir.path());
        if what == "blocks" {
            // Without a block list that can be believed, the blob is fetched whole.
            assert_eq!(output.status.code(), Some(0), "{body}: {}", said(&output));
            common::assert_same_tree(&tree(dir.path()), &container.expected());
        } else {
            assert_eq!(output.status.code(), Some(3), "{}", said(&output));
            assert_eq!(tree(dir.path()), before);
        }
    }
}
