//! Text within Markdown as GitHub reads it: every word that could be markup, a link or a mention is set as code, where
//! nothing is.

/// `text`, which shows as it stands: in a paragraph, a list or a table's cell. Line ends and runs of blanks become one.
pub(crate) fn text(text: &str) -> String {
    let words = text.split_whitespace().enumerate();
    let shown: Vec<String> = words
        .map(|(place, word)| match word {
            // What the report parts things with.
            "|" => "\u{b7}".to_owned(),
            word if is_plain(word, place == 0) => word.to_owned(),
            word => code(word),
        })
        .collect();
    shown.join(" ")
}

/// True if a word can mean nothing but itself.
fn is_plain(word: &str, first: bool) -> bool {
    let safe =
        |c: char| c.is_alphanumeric() || (!c.is_ascii() && !c.is_control()) || ".,;%()/+-'\"?! ".contains(c);
    // Between digits, as in a time, and at the end a colon is one; elsewhere it may begin a link or a picture.
    let bare = word.trim_end_matches([':', ',', ';', '.']);
    let digits = |c: &str| c.bytes().all(|byte| byte.is_ascii_digit());
    let clock = !bare.contains(':') || bare.split([':', '-']).all(|part| !part.is_empty() && digits(part));
    // At the beginning of a line these begin a list or a rule.
    let mark = first && (word.starts_with(['-', '+']) || is_number_of_list(word));
    let link = word.to_ascii_lowercase().contains("www.");
    let issue = word.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("gh-"));
    clock && !mark && !link && !issue && bare.chars().all(|c| safe(c) || (c == ':' && clock))
}

fn is_number_of_list(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A word as code. What would end it, or the cell it stands in, is shown as other control characters are.
fn code(word: &str) -> String {
    let end = word.trim_end_matches([',', '.', ':']).len();
    let (word, end) = if end == 0 { (word, "") } else { word.split_at(end) };
    format!("`{}`{end}", word.replace('`', "\\u{60}").replace('|', "\\u{7c}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_and_whatever_could_be_markup_is_code() {
        for plain in [
            "10.0.0.4",
            "443/tcp",
            "1,234,567",
            "2025-12-01 07:14-08:30,",
            "33.3 %",
            "Denied: 3 tuples (of 5).",
            "none, says who?",
        ] {
            assert_eq!(text(plain), plain);
        }
        for (from, to) in [
            ("allow *all*", "allow `*all*`"),
            ("[x](http://e)", "`[x](http://e)`"),
            ("<img src=x onerror=alert(1)>", "`<img` src=x onerror=alert(1)>"),
            ("https://evil.example", "`https://evil.example`"),
            ("www.evil.example", "`www.evil.example`"),
            ("@team", "`@team`"),
            ("a@b.example", "`a@b.example`"),
            ("#1", "`#1`"),
            (":smile:", "`:smile`:"),
            ("2001:db8::1", "`2001:db8::1`"),
            ("a|b", "`a\\u{7c}b`"),
            ("``", "`\\u{60}\\u{60}`"),
            ("a\\", "`a\\`"),
            ("snake_case", "`snake_case`"),
            ("-", "`-`"),
            ("1. one", "`1`. one"),
            ("x - y", "x - y"),
            ("x | a_b,", "x \u{b7} `a_b`,"),
            ("~~gone~~", "`~~gone~~`"),
            ("&lt;", "`&lt;`"),
            ("one\n\n# two", "one `#` two"),
            ("$x$", "`$x$`"),
        ] {
            let to = to.replace(" src=x onerror=alert(1)>", " `src=x` `onerror=alert(1)>`");
            assert_eq!(text(from), to);
        }
    }
}
