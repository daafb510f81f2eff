//! A record whose bytes are not what was written: our own message and hint, never a panic, never a wrong
//! entry believed, and the tree stays as it is.

mod common;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use common::{assert_same_tree, content, day_of, figure, said, tree};
use flowlog_download::{
    error::Kind,
    manifest::{Entry, Manifest, key},
};

const SOURCE: &str = "https://logs1.blob.core.windows.net/logs";

/// `SplitMix64`: the same damage for the same seed, on every system.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).expect("below n")
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

fn store(root: &Path) -> PathBuf {
    root.join(".flowlog/manifest.redb")
}

/// Changes some bytes, in one of the ways disks, copies and people do.
fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) -> &'static str {
    let length = bytes.len();
    let at = rng.index(length);
    let some = 1 + rng.index(8192);
    match rng.below(10) {
        0 => {
            bytes[at] ^= 1 << rng.below(8);
            "a bit"
        }
        1 => {
            for _ in 0..=rng.below(200) {
                let at = rng.index(length);
                bytes[at] = rng.byte();
            }
            "bytes all over"
        }
        2 => {
            // The header, its flags and both slots of roots.
            let at = rng.index(512);
            bytes[at] = rng.byte();
            "a byte of the header"
        }
        3 => {
            let end = (at + some).min(length);
            bytes[at..end].fill(0);
            "a stretch of zeros"
        }
        4 => {
            let end = (at + some).min(length);
            bytes[at..end].iter_mut().for_each(|byte| *byte = rng.byte());
            "a stretch of noise"
        }
        5 => {
            bytes.truncate(at);
            "cut off"
        }
        6 => {
            bytes.extend(std::iter::repeat_n(0xa5, some));
            "something behind it"
        }
        7 => {
            let (one, other) = (page(length, rng), page(length, rng));
            let copy = bytes[one..one + 4096].to_vec();
            bytes[other..other + 4096].copy_from_slice(&copy);
            "a page twice"
        }
        8 => {
            bytes.drain(at..(at + some).min(length));
            "a stretch left out"
        }
        _ => {
            let start = page(length, rng);
            for _ in 0..=rng.below(6) {
                bytes[start + rng.index(64)] = rng.byte();
            }
            "the beginning of a page"
        }
    }
}

fn page(length: usize, rng: &mut Rng) -> usize {
    rng.index(length / 4096) * 4096
}

/// Opening, and all that a run does with an open record. `Ok`: the entries it tells.
fn use_it(root: &Path) -> Result<HashMap<String, Entry>, flowlog_download::error::Failure> {
    drop(Manifest::look(root)?);
    let manifest = Manifest::open(root)?;
    let entries = manifest.entries(SOURCE)?;
    manifest.growths(SOURCE)?;
    for entry in entries.values() {
        manifest.owner(&entry.path)?;
    }
    manifest.claim(&[])?;
    let new = Entry { path: "2025-10-06/00/new.json".into(), ..entry(0) };
    manifest.record(&[(key(SOURCE, "new"), new)], &[], &[])?;
    Ok(entries)
}

fn entry(number: usize) -> Entry {
    Entry {
        version: format!("\"0x8DE{number:09X}\""),
        length: number as u64,
        path: format!("2025-10-05/{:02}/FlowLog_{number}.json", number % 24),
        covered: false,
        content: Some(format!("{number:032x}")),
    }
}

#[test]
fn no_damage_is_believed_and_none_ends_in_a_panic() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    let mut whole = HashMap::new();
    let manifest = Manifest::open(root).expect("a new store");
    for batch in 0..6 {
        let rows: Vec<_> =
            (batch * 100..(batch + 1) * 100).map(|n| (format!("blob {n}"), entry(n))).collect();
        let keyed: Vec<_> = rows.iter().map(|(id, entry)| (key(SOURCE, id), entry.clone())).collect();
        manifest.record(&keyed, &[], &[]).expect("recorded");
        whole.extend(rows);
    }
    drop(manifest);
    let sound = fs::read(store(root)).expect("the store");
    let (mut refused, mut unharmed) = (0, 0);
    for seed in 0..600 {
        let mut rng = Rng(seed);
        let mut bytes = sound.clone();
        let what = damage(&mut bytes, &mut rng);
        fs::write(store(root), &bytes).expect("written");
        match use_it(root) {
            // What is not used may be damaged without harm.
            Ok(entries) => {
                assert!(entries == whole, "{what}, seed {seed}: other entries are believed");
                unharmed += 1;
            }
            Err(failure) => {
                assert_eq!(failure.kind, Kind::Failed, "{what}, seed {seed}");
                assert!(failure.message.contains("is damaged"), "{what}, seed {seed}: {failure}");
                assert!(failure.message.contains(" gone"), "{what}, seed {seed}: {failure}");
                assert!(failure.hints.concat().contains("move it away"), "{failure:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 200 && unharmed > 20, "{refused} refused, {unharmed} unharmed");
}

fn fill(dir: &Path) {
    for (name, records) in day_of(&["VNET-A"], 2) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content(&records)).expect("written");
    }
}

fn run(source: &Path, root: &Path, extra: &[&str]) -> Output {
    common::tool(root).arg("--from-dir").arg(source).args(extra).output().expect("a run")
}

#[test]
fn a_run_tells_of_the_damage_and_the_tree_is_what_it_was() {
    let (source, dir) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let root = dir.path().join("tree");
    fill(source.path());
    assert_eq!(run(source.path(), &root, &[]).status.code(), Some(0));
    let (sound, whole) = (fs::read(store(&root)).expect("the store"), tree(&root));
    let mut told_of = 0;
    for seed in 1000..1060 {
        let mut rng = Rng(seed);
        let mut bytes = sound.clone();
        let what = damage(&mut bytes, &mut rng);
        fs::write(store(&root), &bytes).expect("written");
        let extra = [&[][..], &["--dry-run"], &["--verify"]][rng.index(3)];
        let output = run(source.path(), &root, extra);
        let told = said(&output);
        assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{what}, {seed}: {told}");
        match output.status.code() {
            Some(0) => {}
            Some(1) => {
                assert!(told.contains("72 files in the tree are gone"), "{what}, {seed}: {told}");
                assert!(told.contains("hint: move it away"), "{what}, {seed}: {told}");
                told_of += 1;
            }
            other => panic!("{what}, {seed}: ended with {other:?}: {told}"),
        }
        assert_same_tree(&tree(&root), &whole);
    }
    assert!(told_of > 20, "{told_of}");

    // The hint, followed: everything is recognised.
    fs::rename(store(&root), dir.path().join("damaged")).expect("moved");
    let output = run(source.path(), &root, &[]);
    assert_eq!((output.status.code(), figure(&output, "Failed")), (Some(0), 0), "{}", said(&output));
    assert_same_tree(&tree(&root), &whole);
}

#[test]
fn an_empty_file_and_any_other_are_no_record() {
    let source = tempfile::tempdir().expect("a folder");
    fill(source.path());
    for bytes in [&b""[..], b"x", b"{\"records\":[]}", &[0; 10_000]] {
        let dir = tempfile::tempdir().expect("a folder");
        assert_eq!(run(source.path(), dir.path(), &[]).status.code(), Some(0));
        fs::write(store(dir.path()), bytes).expect("written");
        for extra in [&[][..], &["--dry-run"]] {
            let output = run(source.path(), dir.path(), extra);
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(said(&output).contains("72 files in the tree are gone"), "{}", said(&output));
        }
        assert_eq!(fs::read(store(dir.path())).expect("there"), bytes, "left as it was");
    }
}
