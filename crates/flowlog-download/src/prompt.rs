//! Questions to a person at a terminal. Without one, nothing here is called.

use std::io::{self, BufRead, Write};

/// What to do with a file name that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Shorten this one.
    Shorten,
    /// Shorten this one and all that follow.
    ShortenAll,
    /// Leave this blob out.
    Skip,
    /// End the run.
    Stop,
}

/// Asks a yes/no question; just Enter means yes, the end of input means no.
pub fn confirm(input: &mut dyn BufRead, output: &mut dyn Write, question: &str) -> io::Result<bool> {
    loop {
        let Some(answer) = ask(input, output, &format!("{question} [Y/n] "))? else { return Ok(false) };
        match answer.as_str() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => writeln!(output, "answer y or n")?,
        }
    }
}

/// Asks what to do about one path that is too long; the end of input means stop.
pub fn too_long(
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    path: &str,
    max_path: usize,
) -> io::Result<Choice> {
    writeln!(
        output,
        "this path is too long ({} characters, {max_path} allowed):\n  {path}",
        path.chars().count()
    )?;
    let question = "1 shorten it, 2 shorten all, 3 skip it, 4 stop [2] ";
    loop {
        let Some(answer) = ask(input, output, question)? else { return Ok(Choice::Stop) };
        match answer.as_str() {
            "1" => return Ok(Choice::Shorten),
            "" | "2" => return Ok(Choice::ShortenAll),
            "3" => return Ok(Choice::Skip),
            "4" => return Ok(Choice::Stop),
            _ => writeln!(output, "answer 1, 2, 3 or 4")?,
        }
    }
}

fn ask(input: &mut dyn BufRead, output: &mut dyn Write, question: &str) -> io::Result<Option<String>> {
    write!(output, "{question}")?;
    output.flush()?;
    let mut line = String::new();
    let read = input.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> bool {
        confirm(&mut text.as_bytes(), &mut Vec::new(), "Download?").expect("memory")
    }

    #[test]
    fn enter_is_yes_and_the_end_of_input_is_no() {
        assert!(answer("\n") && answer("Y\n") && answer("what\nyes\n"));
        assert!(!answer("") && !answer("n\n") && !answer("what\n"));
    }

    #[test]
    fn each_choice_has_its_number() {
        let choice = |text: &str| too_long(&mut text.as_bytes(), &mut Vec::new(), "p", 5).expect("memory");
        assert_eq!(choice("1\n"), Choice::Shorten);
        assert_eq!(choice("\n"), Choice::ShortenAll);
        assert_eq!(choice("9\n3\n"), Choice::Skip);
        assert_eq!(choice("4\n"), Choice::Stop);
        assert_eq!(choice(""), Choice::Stop);
    }
}
