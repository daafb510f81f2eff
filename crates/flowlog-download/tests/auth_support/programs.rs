//! `az` and `azd` as the tool calls them: programs on the path that note how they were called and
//! print a token.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::now;

/// A folder with the programs, to be put in front of the path.
pub(crate) struct Programs(tempfile::TempDir);

impl Programs {
    /// Programs that say nobody is logged in.
    pub(crate) fn new() -> Self {
        let programs = Self(tempfile::tempdir().expect("a temporary folder"));
        for name in ["az", "azd"] {
            let folder = programs.0.path().display();
            let script = format!(
                "#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >> '{folder}/calls'\nenv >> '{folder}/environment'\n\
                 case \"$*\" in *storage.azure.com*) answer=storage;; *) answer=management;; esac\n\
                 cat '{folder}/{name}-'$answer 2>/dev/null && exit 0\n\
                 echo \"ERROR: Please run '{name} login' to set up an account.\" >&2\nexit 1\n"
            );
            let path = programs.0.path().join(name);
            fs::write(&path, script).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        }
        programs
    }

    /// Lets `az` give `token` for `what`: `storage` or `management`.
    pub(crate) fn az(&self, what: &str, token: &str) {
        let answer = format!(
            r#"{{"accessToken":"{token}","expiresOn":"2099-01-01 00:00:00.000000","expires_on":{},"subscription":"s","tenant":"t","tokenType":"Bearer"}}"#,
            now() + 3600
        );
        fs::write(self.0.path().join(format!("az-{what}")), answer).expect("written");
    }

    /// Lets `azd` give `token` for `what`.
    pub(crate) fn azd(&self, what: &str, token: &str) {
        let answer = format!(r#"{{"token":"{token}","expiresOn":"2099-01-01T00:00:00Z"}}"#);
        fs::write(self.0.path().join(format!("azd-{what}")), answer).expect("written");
    }

    /// Lets `az` fail and say `text` on standard error.
    pub(crate) fn az_babbles(&self, text: &str) {
        let script = format!("#!/bin/sh\necho '{text}' >&2\nexit 1\n");
        fs::write(self.0.path().join("az"), script).expect("written");
    }

    /// Lets `az` note that it was called, and take its time.
    pub(crate) fn az_hangs(&self) {
        let script = format!("#!/bin/sh\necho az >> '{}/calls'\nexec sleep 30\n", self.0.path().display());
        fs::write(self.0.path().join("az"), script).expect("written");
    }

    /// Puts the programs in front of a command's path.
    pub(crate) fn in_front_of(&self, command: &mut Command) {
        let rest = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{rest}", self.0.path().display()));
    }

    /// Each call so far: program and arguments.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.noted("calls").lines().map(str::to_owned).collect()
    }

    /// The environment of all calls.
    pub(crate) fn environment(&self) -> String {
        self.noted("environment")
    }

    fn noted(&self, name: &str) -> String {
        let path: &Path = self.0.path();
        fs::read_to_string(path.join(name)).unwrap_or_default()
    }
}
