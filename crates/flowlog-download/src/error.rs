//! Why a run ended early, in one sentence, with a hint and an exit code.

/// The kinds of end that scripts tell apart, each with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Network, disk or state in the way: exit code 1.
    Failed,
    /// The command line or environment makes no sense: exit code 2.
    Usage,
    /// The service refused the identity or key: exit code 4.
    NotAuthorised,
    /// Account, container or folder not found, or nothing in it: exit code 5.
    NotFound,
    /// Ended by Ctrl-C, or the user said no: exit code 130.
    Interrupted,
}

impl Kind {
    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotAuthorised => 4,
            Self::NotFound => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Why a run could not go on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What scripts see.
    pub kind: Kind,
    /// What failed, on what; one sentence without a final full stop.
    pub message: String,
    /// What was tried, each on its own line.
    pub details: Vec<String>,
    /// What to do about it, each on its own line.
    pub hints: Vec<String>,
    /// The hints name the cause, and it is not the credential: nothing about it is to be added.
    pub settled: bool,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), hints: Vec::new(), settled: false }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// The first line says that it failed, the others what each identity answered.
pub(crate) fn login_failed(error: &azure_core::Error) -> Failure {
    let text = causes(error).join("\n");
    let mut failure = Failure::new(Kind::NotAuthorised, "login failed: no identity gave a token");
    // Each answer ends in an advertisement of a help page that says no more.
    let answers = text.lines().filter_map(|line| line.strip_prefix("  "));
    let brief = answers.map(|line| line.split("; To troubleshoot").next().unwrap_or(line));
    failure.details = brief.map(crate::auth::scrub).collect();
    failure
        .hint("log in with 'az login' (the identity needs the role 'Storage Blob Data Reader'), or set AZ_STORAGE_KEY")
}

/// An error and its causes on one line, without secrets.
pub fn chain(error: &dyn std::error::Error) -> String {
    crate::auth::scrub(&causes(error).join(": ").replace('\n', "; "))
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        current = error.source();
    }
    parts
}
