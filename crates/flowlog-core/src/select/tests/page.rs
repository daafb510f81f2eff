//! docs/filters.md against what is read.

use super::super::{field, value};
use super::*;

fn page() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/filters.md");
    std::fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

/// The first cells of the table below a heading.
fn first_cells(page: &str, heading: &str) -> Vec<String> {
    let table = page.split(&format!("## {heading}\n")).nth(1).unwrap().lines();
    let rows = table.skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| line.replace("\\|", "\u{0}"));
    rows.map(|row| row.split('|').nth(1).unwrap().trim().replace('\u{0}', "|")).collect()
}

/// Spans of code.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_example_of_the_page_is_a_filter() {
    let page = page();
    let mut examples: Vec<String> = first_cells(&page, "Examples");
    examples = examples.iter().map(|cell| cell.trim_matches('`').to_owned()).collect();
    let fenced = page.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("filter\n"));
    examples.extend(fenced.flat_map(str::lines).map(str::to_owned));
    assert!(examples.len() > 10);
    for example in &examples {
        let filter = filter(example);
        let every = filter.bind(&PLACE).is_everything();
        assert!(!every || filter.needs_connection(), "{example} asks for everything");
    }
}

#[test]
fn the_page_names_every_word_and_no_other() {
    let page = page();
    let cells = first_cells(&page, "Fields");
    let named: Vec<&str> = cells.iter().flat_map(|cell| code(cell)).collect();
    for (word, _) in field::WORDS.iter().chain(field::ENDS) {
        assert!(named.contains(word), "{word} is not named");
    }
    for words in named {
        let is_field = match Filter::parse(words) {
            // A condition without a value, too: what is wrong with one that is empty is the value.
            Ok(_) => Filter::parse(&format!("{words} = ''")),
            without_value => without_value,
        };
        assert!(is_field.is_err_and(|error| error.column() > words.len()), "{words} is no field");
    }
    let all = code(&page);
    let values = value::CLASSES.iter().map(|(word, _)| *word).chain(Outcome::ALL.map(Outcome::name));
    for word in values.chain(["allowed", "incomplete", "any"]).chain(field::ALONE) {
        assert!(all.contains(&word), "{word} is not named");
    }
    for word in field::ALONE {
        assert_eq!(filter(word), filter(&format!("protocol = {word}")));
    }
}
