//! A real Chromium for tests of pages.
//!
//! The browser is the machine's own: Chromium, Chrome or Edge. On a Debian without one, as in a container, it is
//! installed. What drives it comes from npm, once, into `target/browser`.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::npm::npm;

/// Where a browser is named that is not found by itself.
const VARIABLE: &str = "FLOWLOG_CHROMIUM";
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const PLACES: [&str; 5] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];

/// Runs a script with node in a folder that has the packages of the lock file beside it; its first argument is the
/// browser. Returns what it prints.
///
/// # Panics
/// If node, npm or a browser is missing, or the script fails: a test that needs it must fail.
pub fn run(script: &Path, arguments: &[&Path]) -> String {
    let packages = script.parent().expect("a script stands in a folder");
    let (folder, browser) =
        installed(packages).unwrap_or_else(|error| panic!("no browser can be driven: {error}"));
    let output = Command::new("node")
        .current_dir(folder)
        .arg(fs::canonicalize(script).expect("the script is there"))
        .arg(browser)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("node cannot be run, install Node.js: {error}"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// The folder with the packages, and the browser; installs what is missing.
fn installed(packages: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser");
    fs::create_dir_all(&folder)?;
    // Test binaries run side by side; one installs, the others wait for it here.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let mark = folder.join("installed");
    let names = ["package.json", "package-lock.json"];
    let mut same = mark.exists();
    for name in names {
        let wanted = fs::read(packages.join(name))?;
        same &= fs::read(folder.join(name)).is_ok_and(|there| there == wanted);
        fs::write(folder.join(name), wanted)?;
    }
    if !same {
        fs::remove_file(&mark).ok();
        npm(&folder, &["ci"])?;
        File::create(mark)?;
    }
    Ok((folder, browser()?))
}

fn browser() -> io::Result<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Ok(named.into());
    }
    if let Some(found) = found() {
        return Ok(found);
    }
    // Packages of Debian: for root alone.
    for arguments in [&["update", "-q"][..], &["install", "-q", "-y", "--no-install-recommends", "chromium"]]
    {
        let apt = Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).output();
        if !apt.is_ok_and(|output| output.status.success()) {
            break;
        }
    }
    found().ok_or_else(|| {
        io::Error::other(format!("install Chromium, Chrome or Edge, or name one with {VARIABLE}"))
    })
}

fn found() -> Option<PathBuf> {
    let folders: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let named = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    named.chain(PLACES.iter().map(PathBuf::from)).find(|path| path.is_file())
}
