//! File-name parts that every file system accepts.

/// Names Windows keeps for devices, with or without an extension.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Turns any text into one path component of at most `max_chars` ASCII characters.
///
/// Letters, digits and `. - _ =` stay; every other character becomes `_`. No result is empty, `.` or
/// `..`, begins or ends in a dot, or is a Windows device name, so the component stays in its folder
/// on Windows, macOS and Linux alike. Different texts may give the same component: callers add a hash.
pub fn safe_component(text: &str, max_chars: usize) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    let mut safe: String =
        text.chars().take(max_chars.max(1)).map(|c| if allowed(c) { c } else { '_' }).collect();
    // A leading dot hides the file from people and from analysers; Windows drops a trailing one.
    if safe.starts_with('.') {
        safe.replace_range(..1, "_");
    }
    if safe.ends_with('.') {
        safe.pop();
        safe.push('_');
    }
    if safe.is_empty() {
        return "_".to_owned();
    }
    if is_device(&safe) {
        safe.insert(0, '_');
        safe.truncate(max_chars.max(2));
    }
    safe
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_would_leave_the_folder_or_break_windows_become_harmless() {
        for (text, safe) in [
            ("..", "__"),
            (".", "_"),
            ("", "_"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("C:\\Windows", "C__Windows"),
            ("nul.json", "_nul.json"),
            ("COM7", "_COM7"),
            ("COMMON", "COMMON"),
            ("a\u{1b}[31m\n", "a__31m_"),
            ("tail. ", "tail._"),
            ("trailing.", "trailing_"),
            (".flowlog", "_flowlog"),
            ("plain-name_1.json", "plain-name_1.json"),
        ] {
            assert_eq!(safe_component(text, 100), safe, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_gives_one_plain_component(text in ".{0,200}", max in 0usize..120) {
            let safe = safe_component(&text, max);
            prop_assert!(!safe.is_empty() && safe.len() <= max.max(2));
            prop_assert!(!safe.starts_with('.') && !safe.ends_with('.'));
            prop_assert!(safe.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-=".contains(&b)));
            prop_assert!(!is_device(&safe));
        }
    }
}
