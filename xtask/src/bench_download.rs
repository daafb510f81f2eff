//! The downloader beside rclone and the Azure CLI, on one Azurite: wall time and peak memory.
//!
//! Peers that are not installed are left out and named. Runs alternate, each into an empty folder; the
//! median of the runs counts. Blobs are made of blocks, as Azure writes flow logs.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::shell::{cargo, target};

/// What is downloaded: a name, blobs, bytes of each.
const SETS: [(&str, usize, usize); 2] =
    [("128 blobs of 8.5 MB", 128, 8_500_000), ("5,000 blobs of 60 KB", 5_000, 60_000)];
const ACCOUNT: &str = "devstoreaccount1";
/// The emulator's key: public knowledge, the same everywhere.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const CONTAINER: &str = "insights-logs-flowlogflowevent";

/// A program that downloads a container into a folder.
struct Tool {
    name: &'static str,
    program: PathBuf,
}

/// One run: seconds and the most memory in MiB.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    mib: f64,
}

/// Measures and writes a Markdown table.
pub(crate) fn run(rounds: usize, out: &mut impl Write) -> anyhow::Result<()> {
    cargo(&["build", "--release", "-p", "flowlog-download", "--bins", "--example", "container"])?;
    let target = target()?;
    let release = target.join("release");
    let tools = tools(&release, out)?;
    for (set, blobs, bytes) in SETS {
        let work = target.join("bench-download");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work)?;
        let service = Service::start(&release, blobs, bytes)?;
        let mut runs: Vec<Vec<Run>> = tools.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds {
            for (tool, runs) in tools.iter().zip(&mut runs) {
                let folder = work.join(format!("{}-{round}", tool.name.replace(' ', "-")));
                runs.push(measure(tool, &service.endpoint, &folder, &work)?);
                let (files, sum) = contents(&folder)?;
                ensure!(
                    files == blobs && sum == (blobs * bytes) as u64,
                    "{} brought {files} files, {sum} bytes",
                    tool.name
                );
                fs::remove_dir_all(&folder)?;
            }
        }
        write_table(set, &tools, &runs, out)?;
    }
    Ok(())
}

fn write_table(set: &str, tools: &[Tool], runs: &[Vec<Run>], out: &mut impl Write) -> anyhow::Result<()> {
    let medians: Vec<Run> = runs.iter().map(|runs| median(runs)).collect();
    let fastest = medians.iter().skip(1).map(|run| run.seconds).fold(f64::INFINITY, f64::min);
    writeln!(out, "\n{set}, median of {} runs:\n", runs.first().map_or(0, Vec::len))?;
    writeln!(out, "| tool | seconds | all runs | peak memory, MiB |\n|---|---:|---|---:|")?;
    for ((tool, run), all) in tools.iter().zip(&medians).zip(runs) {
        let all: Vec<String> = all.iter().map(|run| format!("{:.2}", run.seconds)).collect();
        writeln!(out, "| {} | {:.2} | {} | {:.0} |", tool.name, run.seconds, all.join(" "), run.mib)?;
    }
    if let (Some(ours), true) = (medians.first(), fastest.is_finite()) {
        writeln!(out, "\nratio to the faster peer: {:.2}", ours.seconds / fastest)?;
    }
    Ok(())
}

/// The middle run by time, with the largest memory of all.
fn median(runs: &[Run]) -> Run {
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    Run {
        seconds: seconds.get(seconds.len() / 2).copied().unwrap_or_default(),
        mib: runs.iter().map(|run| run.mib).fold(0.0, f64::max),
    }
}

fn tools(release: &Path, out: &mut impl Write) -> anyhow::Result<Vec<Tool>> {
    let mut tools = vec![Tool {
        name: "flowlog-download",
        program: release.join("flowlog-download").with_extension(env::consts::EXE_EXTENSION),
    }];
    for name in ["rclone", "az"] {
        let program =
            env::var_os(format!("BENCH_{}", name.to_uppercase())).map_or_else(|| name.into(), PathBuf::from);
        let version = Command::new(&program).arg("version").stderr(Stdio::null()).output();
        match version {
            Ok(output) if output.status.success() => {
                let text = String::from_utf8_lossy(&output.stdout);
                writeln!(
                    out,
                    "{name}: {}",
                    text.lines().find(|line| line.contains('.')).unwrap_or_default().trim()
                )?;
                tools.push(Tool { name: if name == "az" { "az" } else { "rclone" }, program });
            }
            _ => writeln!(
                out,
                "{name} is not installed: left out (BENCH_{} names its program)",
                name.to_uppercase()
            )?,
        }
    }
    Ok(tools)
}

/// Runs a tool under GNU time, which knows the peak memory of a process and its children.
fn measure(tool: &Tool, endpoint: &str, folder: &Path, work: &Path) -> anyhow::Result<Run> {
    fs::create_dir_all(folder)?;
    let memory = work.join("memory");
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M", "-o"]).arg(&memory).arg(&tool.program);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).stdin(Stdio::null());
    match tool.name {
        "rclone" => {
            command.args(["copy", &format!(":azureblob:{CONTAINER}")]).arg(folder).args([
                "--azureblob-account",
                ACCOUNT,
                "--azureblob-key",
                KEY,
                "--azureblob-endpoint",
                endpoint,
                "--transfers",
                "16",
                "--checkers",
                "16",
            ]);
        }
        "az" => {
            let connection = format!(
                "DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
            );
            command
                .args([
                    "storage",
                    "blob",
                    "download-batch",
                    "--only-show-errors",
                    "--no-progress",
                    "-s",
                    CONTAINER,
                    "-d",
                ])
                .arg(folder)
                .args(["--connection-string", &connection]);
        }
        _ => {
            command.args(["--endpoint", endpoint, "--download-path"]).arg(folder).env("AZ_STORAGE_KEY", KEY);
        }
    }
    let begun = Instant::now();
    let output = command.output().context("/usr/bin/time cannot be run: install GNU time")?;
    let seconds = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        bail!("{} failed: {}", tool.name, String::from_utf8_lossy(&output.stderr));
    }
    let text = fs::read_to_string(&memory)?;
    let kib: f64 = text.trim().parse().with_context(|| format!("GNU time said {text}"))?;
    Ok(Run { seconds, mib: kib / 1024.0 })
}

/// Files and their bytes below a folder, without the tool's own record.
fn contents(folder: &Path) -> anyhow::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if entry.file_name() != ".flowlog" {
                let (more, sum) = contents(&entry.path())?;
                files += more;
                bytes += sum;
            }
        } else {
            files += 1;
            bytes += entry.metadata()?.len();
        }
    }
    Ok((files, bytes))
}

/// A filled container, alive as long as this value.
struct Service {
    process: std::process::Child,
    endpoint: String,
}

impl Service {
    fn start(release: &Path, blobs: usize, bytes: usize) -> anyhow::Result<Self> {
        let program = release.join("examples/container").with_extension(env::consts::EXE_EXTENSION);
        let mut process = Command::new(program)
            .args([blobs.to_string(), bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the example container cannot be started")?;
        let output = process.stdout.take().context("no output")?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
        let endpoint = line.trim().to_owned();
        // What was written to disk for the last set should not be written during this one.
        std::thread::sleep(Duration::from_secs(1));
        ensure!(endpoint.starts_with("http"), "the container could not be filled");
        Ok(Self { process, endpoint })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
