//! A real Azurite (Microsoft's storage emulator) for tests: it checks signatures, versions and ranges.
//!
//! Azurite comes from npm, once, into `target/azurite`; several test binaries may ask at the same
//! time. It runs in memory on a port of its own choosing and ends with the [`Azurite`] value, also
//! when a test panics.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::npm::npm;

/// The version the tests were written against.
pub const VERSION: &str = "3.35.0";
/// What Azurite prints, before its address, when it can be used.
const READY: &str = "successfully listens on ";
/// Installing takes seconds; starting, on a busy machine, some more.
const START_WAIT: Duration = Duration::from_secs(120);

/// A running blob service of one account, without TLS. Dropping it ends it.
#[derive(Debug)]
pub struct Azurite {
    process: Child,
    address: String,
}

impl Azurite {
    /// The account every emulator has.
    pub const ACCOUNT: &'static str = "devstoreaccount1";
    /// Its key: public knowledge, the same everywhere.
    pub const KEY: &'static str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// Installs Azurite if needed and starts it, empty.
    ///
    /// # Panics
    /// If npm or node are missing or Azurite does not start: a test that needs it must fail.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Like [`Azurite::start`], with further arguments (certificates, `--oauth basic`).
    ///
    /// # Panics
    /// As [`Azurite::start`] does.
    pub fn start_with(arguments: &[&str]) -> Self {
        let script =
            installed().unwrap_or_else(|error| panic!("Azurite {VERSION} cannot be installed: {error}"));
        let mut process = Command::new("node")
            .arg(script)
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"])
            .args(["--silent", "--skipApiVersionCheck", "--disableTelemetry"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("node cannot be run, install Node.js: {error}"));
        let address = wait_until_ready(&mut process);
        Self { process, address }
    }

    /// The blob endpoint, path-style: `http://127.0.0.1:<port>/devstoreaccount1`.
    pub fn endpoint(&self) -> String {
        format!("{}/{}", self.address, Self::ACCOUNT)
    }

    /// The number of its process, for those who measure what it takes.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// A connection string with account, key and endpoint.
    pub fn connection_string(&self) -> String {
        let protocol = self.address.split(':').next().unwrap_or("http");
        format!(
            "DefaultEndpointsProtocol={protocol};AccountName={};AccountKey={};BlobEndpoint={};",
            Self::ACCOUNT,
            Self::KEY,
            self.endpoint()
        )
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // An error means that it ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait_until_ready(process: &mut Child) -> String {
    let Some(output) = process.stdout.take() else { panic!("the standard output of Azurite was not piped") };
    let (sender, receiver) = mpsc::channel();
    // The thread lives as long as the process, so that its pipe never fills up.
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once(READY) {
                let _ = sender.send(address.trim().to_owned());
            }
        }
    });
    receiver.recv_timeout(START_WAIT).unwrap_or_else(|error| {
        let _ = process.kill();
        panic!("Azurite did not start: {error}")
    })
}

/// The script of an installed Azurite; installs it first if it is not there.
fn installed() -> io::Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join("azurite");
    let script = folder.join("node_modules/azurite/dist/src/blob/main.js");
    let mark = folder.join(format!("installed-{VERSION}"));
    fs::create_dir_all(&folder)?;
    // Test binaries run side by side; one installs, the others wait for it here.
    let lock = File::create(target.join("azurite.lock"))?;
    lock.lock()?;
    if mark.exists() && script.exists() {
        return Ok(script);
    }
    let prefix = folder.to_string_lossy();
    npm(&folder, &["install", "--prefix", &prefix, &format!("azurite@{VERSION}")])?;
    if !script.exists() {
        return Err(io::Error::other(format!("npm made no {}", script.display())));
    }
    File::create(mark)?;
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    #[test]
    fn it_answers_while_it_lives_and_is_gone_when_dropped() {
        let azurite = Azurite::start();
        let host = azurite.address.trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(&host).expect("a listening port");
        let request = format!("GET /{}?comp=list HTTP/1.0\r\nHost: {host}\r\n\r\n", Azurite::ACCOUNT);
        connection.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.contains("403") && answer.contains("Azurite-Blob"), "{answer}");
        drop(azurite);
        assert!(TcpStream::connect(&host).is_err());
    }
}
