//! What is made of a command's definition for other programs: completions and manual pages.

use std::path::Path;
use std::{fs, io};

use clap::Command;
pub use clap_complete::Shell;

/// The script that makes a shell complete the words of a command.
pub(crate) fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let subcommands: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name.clone(), &mut script);
    match (shell, String::from_utf8(script)) {
        (Shell::Bash, Ok(script)) => joined(&script, &name).into_bytes(),
        (Shell::Zsh, Ok(script)) => dispatched(&script, &name, &subcommands.join("|")).into_bytes(),
        (Shell::Fish, Ok(script)) => unfinished(&script).into_bytes(),
        (_, Ok(script)) => script.into_bytes(),
        (_, Err(error)) => error.into_bytes(),
    }
}

/// The script for bash calls a program with a hyphen in its name by two names (`clap_complete` 4.6), and offers nothing behind its
/// subcommands: it gets one.
fn joined(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// The script for zsh (`clap_complete` 4.6) takes a subcommand for the first of the files that may stand in its place, and offers
/// the program's own options behind it: the first word is to decide, before anything else is looked at. Nor does it offer options
/// behind the first of several files: one colon too many takes the options' words away.
fn dispatched(script: &str, name: &str, subcommands: &str) -> String {
    let script = script.replace("\n'*::", "\n'*:");
    let arguments = "    _arguments \"${_arguments_options[@]}\" : \\\n";
    let rest = format!("\":: :_{name}_commands\" \\\n\"*::: :->{name}\" \\\n&& ret=0\n");
    let shifted = "        words=($line[2] \"${words[@]}\")\n        (( CURRENT += 1 ))\n";
    let parts = script.split_once(arguments).and_then(|(head, tail)| Some((head, tail.split_once(&rest)?)));
    let Some((head, (options, tail))) = parts else { return script };
    let Some((options, files)) = options.trim_end().rsplit_once('\n') else { return script };
    if !files.starts_with("'::") {
        return script;
    }
    let tail = tail.replacen(shifted, "", 1).replace("$line[2]", "$words[1]");
    let (commands, either) = (format!("(( $+functions[_{name}_commands] )) ||\n"), format!("_{name}_words"));
    let either = format!("{either}() {{\n    (( CURRENT == 2 )) && _{name}_commands\n    _files\n}}\n\n");
    let tail = tail.replacen(&commands, &(either + &commands), 1);
    format!(
        "{head}    if (( CURRENT > 2 )) && [[ $words[2] == ({subcommands}) ]]; then
        shift words
        (( CURRENT -= 1 ))
        state={name}
    else
{arguments}{options}
'*: :_{name}_words' \\
&& ret=0
    fi
{tail}"
    )
}

/// The script for fish knows no word of a line whose last option still lacks its value, and offers files for any: it reads it
/// with a value.
fn unfinished(script: &str) -> String {
    let read = |name: &str, word: &str| format!("    argparse -s ({name}) -- $cmd{word} 2>/dev/null\n");
    let Some((_, tail)) = script.split_once("    argparse -s (") else { return script.to_owned() };
    let Some((name, _)) = tail.split_once(')') else { return script.to_owned() };
    let or_with_value = read(name, "") + &read(name, " value").replacen("    ", "    or ", 1);
    script.replacen(&read(name, ""), &or_with_value, 1)
}

/// Writes the manual pages of a command and its subcommands to a folder, which is made if it is missing. Pages of
/// the same names are replaced.
///
/// # Errors
/// A folder or file that cannot be written.
pub(crate) fn manual(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
