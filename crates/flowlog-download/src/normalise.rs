//! How each file name is spelled: in full, or shortened where the path would be too long.

use std::io::{self, BufRead, Write};

use flowlog_core::blob_path::{Form, LocalName};

use crate::{
    plan::{Fit, Job, fit},
    progress::shown,
    prompt::{Choice, too_long},
};

/// Who decides about names that are too long.
pub enum Decider<'a> {
    /// `--auto-shorten`, `--force`, or nobody to ask: shorten all.
    Shorten,
    /// A person, question by question.
    Person {
        /// Their answers.
        input: &'a mut dyn BufRead,
        /// The questions.
        output: &'a mut dyn Write,
    },
}

/// What became of the jobs.
#[derive(Debug, Default)]
pub struct Spelled {
    /// Jobs with their spelling.
    pub jobs: Vec<Job>,
    /// Names shortened.
    pub shortened: u64,
    /// Blobs the person left out.
    pub skipped: u64,
    /// Blobs whose path is too long even when shortened.
    pub impossible: Vec<Job>,
    /// The person ended the run.
    pub stopped: bool,
}

/// Chooses the spelling of every job's file name below `root`, at most `max_path` characters in all.
pub fn spell(jobs: Vec<Job>, root: &str, max_path: usize, mut decider: Decider<'_>) -> io::Result<Spelled> {
    let mut spelled = Spelled::default();
    let root_chars = root.chars().count();
    for mut job in jobs {
        // A blob keeps the path it has: a second file under another name would count twice.
        if job.kept_path().is_some() {
            spelled.jobs.push(job);
            continue;
        }
        match fit(&job.blob, root_chars, max_path) {
            Fit::Full => spelled.jobs.push(job),
            Fit::Never => spelled.impossible.push(job),
            Fit::Short => {
                let choice = match &mut decider {
                    Decider::Shorten => Choice::ShortenAll,
                    Decider::Person { input, output } => {
                        let path = format!("{root}/{}", LocalName::new(&job.blob.name).path(Form::Full, ""));
                        too_long(*input, *output, &shown(&path), max_path)?
                    }
                };
                match choice {
                    Choice::Skip => {
                        spelled.skipped += 1;
                        continue;
                    }
                    Choice::Stop => {
                        spelled.stopped = true;
                        return Ok(spelled);
                    }
                    Choice::ShortenAll => decider = Decider::Shorten,
                    Choice::Shorten => {}
                }
                job.form = Form::Short;
                spelled.shortened += 1;
                spelled.jobs.push(job);
            }
        }
    }
    Ok(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{listing::Listed, plan::Why};

    fn jobs(count: usize) -> Vec<Job> {
        let name = |i| format!("exports/a-name-that-is-much-longer-than-its-short-form-of-{i}.json");
        let blob = |i| Listed { id: name(i), name: name(i), version: "v".into(), length: 1, file: None };
        (0..count).map(|i| Job { blob: blob(i), why: Why::New, prior: None, form: Form::Full }).collect()
    }

    fn ask(answers: &str) -> Spelled {
        let decider = Decider::Person { input: &mut answers.as_bytes(), output: &mut Vec::new() };
        spell(jobs(4), "/tree", 60, decider).expect("memory")
    }

    #[test]
    fn a_person_decides_one_by_one_until_all() {
        let spelled = ask("1\n3\n2\n");
        assert_eq!((spelled.shortened, spelled.skipped, spelled.jobs.len()), (3, 1, 3));
        assert!(spelled.jobs.iter().all(|job| job.form == Form::Short));
        assert!(ask("1\n4\n").stopped);
    }

    #[test]
    fn long_roots_leave_no_room_at_all() {
        let spelled = spell(jobs(2), &"x".repeat(80), 90, Decider::Shorten).expect("memory");
        assert_eq!(spelled.impossible.len(), 2);
        let roomy = spell(jobs(2), "/tree", 4096, Decider::Shorten).expect("memory");
        assert_eq!((roomy.shortened, roomy.jobs.len()), (0, 2));
    }
}
