//! `cargo xtask release`: both programs, laid out by what they do most.
//!
//! A first build of `flowlog-analyze` counts how often each branch is taken while it reads made-up logs in many ways; the
//! second one puts what runs often together and inlines it (profile-guided optimisation). That takes as long as two release
//! builds, and a tenth off each run.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::bench::generate;
use crate::shell::{built, cargo, cargo_command, program, run as succeed, target};

/// What is read while branches are counted. Other logs than those of `cargo xtask bench`, which would measure what was
/// trained for.
const SETS: [(&str, &str, &[&str]); 3] = [
    ("day", "60MB", &["--seed=3", "--hours=24", "--nics=24", "--behaviours=1", "--harmless=1"]),
    (
        "hour",
        "60MB",
        &["--seed=4", "--hours=1", "--nics=32", "--noise=0.125", "--start=2026-02-01T00:00:00Z"],
    ),
    ("nsg", "20MB", &["--seed=3", "--hours=6", "--nics=8", "--format=nsg2"]),
];
/// How it is read. What never runs here would be built to be small, and not to be fast. `OUT` is a folder, in which the
/// first set lies compressed.
const RUNS: [&str; 16] = [
    "day --format json --threads 1",
    "hour --format json --threads 1",
    "day hour nsg --format json",
    "day --full --show-graphs",
    "OUT/packed",
    "hour --format json --max-memory 64MB",
    "nsg --export-csv --output-path OUT",
    "hour --export-tuples OUT/tuples.ndjson",
    "day --export-tuples OUT/hours",
    "day --export-connections OUT/connections.csv --html OUT/page.html",
    "flows day --sort bytes",
    "flows hour --outcome denied --by source",
    "compare day hour",
    "partial day -o OUT/day.state",
    "partial hour -o OUT/hour.state",
    "merge OUT/day.state OUT/hour.state --format json",
];

/// Builds both programs and says where they are.
pub(crate) fn run(talk: &mut impl Write) -> Result<()> {
    let profile = profile(talk)?;
    for name in ["flowlog-analyze", "flowlog-download"] {
        let path = built_by(&profile, name, talk)?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(())
}

/// Builds flowlog-analyze by its profile, and returns where it is.
pub(crate) fn analyze(talk: &mut impl Write) -> Result<PathBuf> {
    built_by(&profile(talk)?, "flowlog-analyze", talk)
}

fn built_by(profile: &Path, name: &str, talk: &mut impl Write) -> Result<PathBuf> {
    let flags = format!("-Cprofile-use={}", profile.display());
    writeln!(talk, "building {name} by the profile (minutes)")?;
    build(&folder()?.join("programs"), &flags, name)
}

/// The profile; made if it is missing or older than the program that counts.
fn profile(talk: &mut impl Write) -> Result<PathBuf> {
    let folder = folder()?;
    let (counts, merged) = (folder.join("counts"), folder.join("merged.profdata"));
    writeln!(talk, "building flowlog-analyze with counters (minutes)")?;
    // As it will be built: counted without optimisation across crates, a third of what a profile brings is left.
    let flags = format!("-Cprofile-generate={}", counts.display());
    let analyze = build(&folder.join("counting"), &flags, "flowlog-analyze")?;
    if is_newer(&merged, &analyze) {
        return Ok(merged);
    }
    if counts.exists() {
        fs::remove_dir_all(&counts).with_context(|| format!("cannot remove {}", counts.display()))?;
    }
    train(&analyze, &folder, talk)?;
    // Renamed when whole: half a profile would be newer than the program, too.
    let unfinished = folder.join("merged.unfinished");
    succeed(Command::new(profdata(talk)?).arg("merge").arg("-o").arg(&unfinished).arg(&counts))?;
    fs::rename(&unfinished, &merged).with_context(|| format!("cannot create {}", merged.display()))?;
    Ok(merged)
}

fn folder() -> Result<PathBuf> {
    let folder = target()?.join("profiled");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Builds a program with flags of its own, and returns where it is.
fn build(folder: &Path, flags: &str, name: &str) -> Result<PathBuf> {
    let host = host()?;
    // Told the host's own name, cargo gives the flags to the program alone, and not to what runs in its build.
    let arguments = ["build", "--release", "--quiet", "--locked", "--target", &host, "--package", name];
    succeed(
        cargo_command()?
            .args(arguments)
            .args(["--bin", name])
            .env("CARGO_TARGET_DIR", folder)
            .env("CARGO_ENCODED_RUSTFLAGS", flags),
    )?;
    Ok(program(&folder.join(host).join("release"), name))
}

/// What the compiler says of itself, as `rustc` with these `arguments` prints it.
fn rustc(arguments: &[&str]) -> Result<String> {
    let output = Command::new("rustc").args(arguments).output().context("rustc cannot be started")?;
    ensure!(output.status.success(), "rustc {} failed: {}", arguments.join(" "), output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The machine that the compiler runs on, such as `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    rustc(&["--print", "host-tuple"])
}

/// The compiler's own program that reads profiles; installed with rustup if it is missing.
fn profdata(talk: &mut impl Write) -> Result<PathBuf> {
    let libraries = PathBuf::from(rustc(&["--print", "target-libdir"])?);
    let program = program(&libraries.with_file_name("bin"), "llvm-profdata");
    if !program.exists() {
        writeln!(talk, "installing llvm-tools, a component of the compiler")?;
        succeed(Command::new("rustup").args(["component", "add", "llvm-tools"]))
            .context("llvm-tools are needed, a component of the compiler that rustup installs")?;
    }
    Ok(program)
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    changed(file).zip(changed(than)).is_some_and(|(file, than)| file > than)
}

/// Has the program do what it does most.
fn train(analyze: &Path, folder: &Path, talk: &mut impl Write) -> Result<()> {
    writeln!(talk, "building flowlog-generate")?;
    cargo(&["build", "--quiet", "--locked", "--package=flowlog-testkit", "--bins"])?;
    let generator = built("debug", "flowlog-generate")?;
    let mut places = Vec::new();
    for (name, size, how) in SETS {
        places.push((name, generate(&generator, folder, name, how, size, talk)?.join("container")));
    }
    let out = folder.join("out");
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    fs::create_dir(&out).with_context(|| format!("cannot create {}", out.display()))?;
    if let Some((_, day)) = places.first() {
        pack_all(day, &out.join("packed"))?;
    }
    writeln!(talk, "counting what it does over {} runs", RUNS.len())?;
    for line in RUNS {
        let arguments = line.split(' ').map(|word| placed(word, &places, &out));
        succeed(Command::new(analyze).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()))
            .with_context(|| format!("flowlog-analyze {line}"))?;
    }
    Ok(())
}

/// A word of a run, with the path that it stands for.
fn placed(word: &str, places: &[(&str, PathBuf)], out: &Path) -> OsString {
    if let Some((_, path)) = places.iter().find(|(name, _)| *name == word) {
        return path.into();
    }
    match word.strip_prefix("OUT") {
        Some(name) => out.join(name.trim_start_matches('/')).into(),
        None => word.into(),
    }
}

/// Compresses all files below `from` to files in one folder.
fn pack_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to).with_context(|| format!("cannot create {}", to.display()))?;
    let (mut folders, mut number) = (vec![from.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let out = File::create_new(to.join(format!("{number}.json.gz")))?;
            let mut out = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            io::copy(&mut File::open(&path)?, &mut out)?;
            out.finish()?;
            number += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_run_are_paths_where_they_name_one() {
        let places = [("day", PathBuf::from("sets/day"))];
        let words = |line: &str| -> Vec<OsString> {
            line.split(' ').map(|word| placed(word, &places, Path::new("o"))).collect()
        };
        let expected = ["partial", "sets/day", "-o"].map(OsString::from);
        let found = words("partial day -o OUT/day.state");
        assert_eq!(found.get(..3), Some(&expected[..]));
        assert_eq!(found.last().map(Path::new), Some(Path::new("o").join("day.state").as_path()));
    }

    #[test]
    fn all_that_is_read_is_there() {
        let sets: Vec<&str> = SETS.iter().map(|(name, ..)| *name).collect();
        for run in RUNS {
            let reads = run.split(' ').any(|word| sets.contains(&word) || word.starts_with("OUT/"));
            assert!(reads, "{run}");
        }
    }
}
