use super::*;

/// Hands out `step` bytes a read, so that every boundary falls everywhere.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(self.0.len()).min(out.len());
        let (now, later) = self.0.split_at(length);
        out.get_mut(..length).unwrap().copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

fn frames(text: &str) -> (Vec<String>, Option<String>) {
    let whole = frames_by(text, usize::MAX);
    for step in [1, 2, 3, 7] {
        assert_eq!(frames_by(text, step), whole, "read {step} bytes at a time");
    }
    whole
}

fn frames_by(text: &str, step: usize) -> (Vec<String>, Option<String>) {
    let mut buffer = Buffer::default();
    let mut framer = Framer::new(Drip(text.as_bytes(), step), &mut buffer);
    let mut found = Vec::new();
    let mut noted = None;
    loop {
        let next = framer.next(&mut Walker::off()).map(|framed| {
            let framed = framed?;
            let words = std::str::from_utf8(framed.bytes).unwrap();
            let at = usize::try_from(framed.offset).unwrap();
            assert!(text.get(at..).unwrap().starts_with(words), "the offset points at the record");
            let ending = match framed.ending {
                Ending::Complete => "",
                Ending::NextRecord => " (another)",
                Ending::Input => " (cut)",
            };
            Some((framed.place, format!("{words}{ending}")))
        });
        noted = noted.or(framer.take_note().map(|note| note.to_string()));
        match next {
            Ok(Some((Place::Record, words))) => found.push(words),
            Ok(Some(_)) => {}
            Ok(None) => return (found, noted),
            Err(error) => return (found, noted.or(Some(error.to_string()))),
        }
    }
}

#[test]
fn every_shape_gives_the_same_records() {
    let two = vec![r#"{"a":"}"}"#.to_owned(), r#"{"b":{"c":[1]}}"#.to_owned()];
    for text in [
        r#"{"records":[{"a":"}"},{"b":{"c":[1]}}]}"#,
        r#"{ "x" : {"y":["]"]}, "records" : [ {"a":"}"} , {"b":{"c":[1]}} ] , "z": 1 }"#,
        "\u{feff}{\"records\":[{\"a\":\"}\"},{\"b\":{\"c\":[1]}}]}\n",
        r#"[{"a":"}"},{"b":{"c":[1]}}]"#,
        "{\"a\":\"}\"}\n{\"b\":{\"c\":[1]}}\n",
        r#",{"a":"}"},{"b":{"c":[1]}}"#,
        r#"{"a":"}"},{"b":{"c":[1]}}]}"#,
        r#"{"Records":[{"a":"}"}]}{"records":[{"b":{"c":[1]}}]}"#,
        r#"{"records":[null,{"a":"}"},"s",[{}],1,{"b":{"c":[1]}}]}"#,
    ] {
        assert_eq!(frames(text), (two.clone(), None), "{text}");
    }
}

#[test]
fn strings_hide_brackets_and_escapes_hide_quotes() {
    let text = r#"{"a\"{":"\\","b":"[{\"\\\""}"#;
    assert_eq!(frames(text), (vec![text.to_owned()], None));
}

#[test]
fn a_cut_is_told_from_an_end() {
    assert_eq!(frames(r#"{"records":[{"a":1},{"b":"#).0, [r#"{"a":1}"#, r#"{"b": (cut)"#]);
    let (found, error) = frames(r#"{"records":[{"a":1}"#);
    assert_eq!(found, [r#"{"a":1}"#]);
    assert!(error.unwrap().starts_with("truncated: ends at byte 19"));
    assert!(frames(r#"{"records":[{"a":1}]"#).1.unwrap().starts_with("truncated"));
    assert_eq!(frames(r#"{"records":[]}"#), (vec![], None));
    assert_eq!(frames(""), (vec![], None));
}

#[test]
fn what_is_no_json_is_named() {
    assert!(frames("<!DOCTYPE html>").1.unwrap().contains("HTML"));
    assert!(frames("\u{feff}<html>").1.unwrap().contains("HTML"));
    assert!(frames("hello").1.unwrap().contains("not JSON"));
    assert!(frames("{\"a\":1} what").1.unwrap().starts_with("unexpected 'w' at byte 8"));
}

#[test]
fn a_cut_record_ends_where_the_next_one_begins() {
    let cut = r#"{"time":1,"a":[{"b":"x"#;
    for next in ["\n{\"time\":2}", "{\"records\":[{\"time\":2}]}", "\n  { \"macAddress\":2}"] {
        let (found, error) = frames(&format!("{cut}{next}"));
        assert_eq!(found.len(), 2, "{next}: {found:?}");
        assert!(found.first().is_some_and(|first| first.starts_with(cut) && first.ends_with("(another)")));
        assert_eq!(error, None);
    }
}

#[test]
fn what_lies_between_records_is_passed_over_and_noted() {
    let record = r#"{"time":1}"#;
    for (text, words) in [
        (format!("{record} what {record}"), "unexpected 'w' at byte 11"),
        (format!("10.0.0.1\"]}}]}}\n{record}{record}"), "unexpected '1' at byte 0"),
        (format!("{{\"records\":[{record}]{{\"records\":[{record}]}}"), "unexpected '{' at byte 23"),
        (format!("{record},,{record}"), "unexpected ',' at byte 11"),
        (format!("{record}{record}]}}]"), "unexpected ']' at byte 22"),
        (format!("]{record}{record}"), "unexpected ']' at byte 0"),
    ] {
        let (found, error) = frames(&text);
        assert_eq!(found, [record, record], "{text}");
        assert!(error.as_deref().is_some_and(|error| error.starts_with(words)), "{text}: {error:?}");
    }
}

#[test]
fn what_a_file_is_does_not_hang_on_how_much_of_it_came_at_once() {
    for (text, words) in
        [("PK\u{3}\u{4}rest", "ZIP"), ("x\0y\0", "UTF-16"), ("<html>", "HTML"), ("x", "not JSON")]
    {
        let (found, noted) = frames(text);
        assert!(found.is_empty() && noted.is_some_and(|noted| noted.contains(words)), "{text:?}");
    }
}
