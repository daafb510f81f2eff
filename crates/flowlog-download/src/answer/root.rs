//! The name of an XML document's root.

use quick_xml::{Reader, events::Event};

/// The root's name; `None` if the text does not begin as XML does. What follows the root's first tag is
/// not looked at.
pub(super) fn of(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event().ok()? {
            Event::Start(root) | Event::Empty(root) => {
                return std::str::from_utf8(root.name().as_ref()).ok().map(str::to_owned);
            }
            Event::Text(text) if !text.iter().all(u8::is_ascii_whitespace) => return None,
            Event::Decl(_) | Event::Comment(_) | Event::DocType(_) | Event::PI(_) | Event::Text(_) => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_root_is_found_behind_what_may_stand_before_it() {
        for (text, root) in [
            ("<a/>", Some("a")),
            ("\u{feff}<?xml version=\"1.0\"?>\r\n<!-- <b/> --><a x='<b>'>", Some("a")),
            ("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML\"><html>", Some("html")),
            ("hello <a/>", None),
            ("{\"a\":\"<EnumerationResults/>\"}", None),
            ("", None),
            ("<", None),
            ("<![CDATA[<a/>]]>", None),
        ] {
            assert_eq!(of(text.as_bytes()).as_deref(), root, "{text}");
        }
        assert_eq!(of(b"\xff\xfe<\0a\0"), None);
    }
}
