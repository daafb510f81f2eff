//! Numbers in Spanish sentences.

/// A count and what is counted.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A duration in the unit that fits: `45 s`, `12 min`, `5.5 horas`, `3.0 días`.
pub(super) fn duration(seconds: i64) -> String {
    number(&flowlog_core::finding::duration_in(seconds, "horas", "días"))
}

/// `22`, `22 y 3389`, `22, 445 y 3389`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} y {last}", first.join(", ")),
    }
}

/// A number as English has it, in Spanish: `1,234.5` is `1.234,5`, as on the page.
pub(super) fn number(english: &str) -> String {
    let swap = |char| match char {
        ',' => '.',
        '.' => ',',
        other => other,
    };
    english.chars().map(swap).collect()
}

/// Rounded to so many digits behind the comma.
pub(super) fn decimal(value: f64, digits: usize) -> String {
    number(&format!("{value:.digits$}"))
}

/// A limit as it is set.
pub(super) fn plain(value: f64) -> String {
    number(&value.to_string())
}

/// A count.
pub(super) fn count(value: u64) -> String {
    number(&flowlog_core::text::count(value))
}

/// A number of bytes.
pub(super) fn bytes(value: u64) -> String {
    number(&flowlog_core::text::bytes(value))
}

/// Without accents, as one writes where there are none.
pub(super) fn in_ascii(text: &str) -> String {
    let plain = |char| match char {
        'á' => Some('a'),
        'é' => Some('e'),
        'í' => Some('i'),
        'ó' => Some('o'),
        'ú' | 'ü' => Some('u'),
        'ñ' => Some('n'),
        'Á' => Some('A'),
        'É' => Some('E'),
        'Í' => Some('I'),
        'Ó' => Some('O'),
        'Ú' | 'Ü' => Some('U'),
        'Ñ' => Some('N'),
        '¿' | '¡' => None,
        other => Some(other),
    };
    text.chars().filter_map(plain).collect()
}
