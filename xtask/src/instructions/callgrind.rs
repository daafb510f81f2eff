//! Reads what callgrind writes: <https://valgrind.org/docs/manual/cl-format.html>, with lines as positions.

use std::collections::HashMap;

/// What one function takes.
#[derive(Debug, Default)]
pub(super) struct Function {
    /// Instructions of its own, by the source file of their line: what was inlined has another than the function.
    pub(super) files: HashMap<String, u64>,
    /// Instructions of what it calls, all that is called from there included, by the number of the function.
    pub(super) calls: HashMap<usize, u64>,
}

/// A run, function by function.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) functions: Vec<Function>,
    /// All instructions, as callgrind itself sums them up.
    pub(super) total: u64,
}

/// Names are written once, with a number that stands for them from then on.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn get(&mut self, text: &str) -> Option<String> {
        let (number, name) = text.split_once(')')?;
        match name.trim_start() {
            "" => self.0.get(number).cloned(),
            name => {
                self.0.insert(number.to_owned(), name.to_owned());
                Some(name.to_owned())
            }
        }
    }
}

impl Profile {
    /// None if the text is none of callgrind's.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mut files, mut names) = (Names::default(), Names::default());
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut profile = Self::default();
        let (mut file, mut function, mut callee, mut is_call) = (String::new(), None, None, false);
        let mut number = |profile: &mut Self, name: String| {
            let next = profile.functions.len();
            let number = *numbers.entry(name).or_insert(next);
            if number == next {
                profile.functions.push(Function::default());
            }
            number
        };
        for line in text.lines() {
            if let Some((key, value)) = line.split_once('=') {
                match key {
                    "fl" | "fi" | "fe" => file = files.get(value)?,
                    "cfi" | "cfl" => {
                        files.get(value)?;
                    }
                    "fn" => function = Some(number(&mut profile, names.get(value)?)),
                    "cfn" => callee = Some(number(&mut profile, names.get(value)?)),
                    "calls" => is_call = true,
                    _ => {}
                }
                continue;
            }
            if let Some(total) = line.strip_prefix("summary: ") {
                profile.total = total.trim().parse().ok()?;
            }
            // A line number, absolute, relative or as before, and instructions.
            if !line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
                continue;
            }
            let instructions: u64 =
                line.split_once(' ').map_or(Some(0), |(_, count)| count.trim().parse().ok())?;
            let function = &mut profile.functions[function?];
            if std::mem::take(&mut is_call) {
                *function.calls.entry(callee?).or_default() += instructions;
            } else {
                *function.files.entry(file.clone()).or_default() += instructions;
            }
        }
        (!profile.functions.is_empty()).then_some(profile)
    }
}
