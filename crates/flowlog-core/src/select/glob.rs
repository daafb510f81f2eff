//! Names with wildcards: `*` for any characters, `?` for one. Case does not matter.

/// A pattern for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// In lower case.
    pattern: Box<[char]>,
}

impl Glob {
    /// Any text is one; `*` and `?` are wildcards.
    pub fn new(pattern: &str) -> Self {
        Self { pattern: lower(pattern.chars()).collect() }
    }

    /// Whether the whole of `name` is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_chars(name.chars())
    }

    pub(super) fn matches_chars(&self, name: impl Iterator<Item = char> + Clone) -> bool {
        let mut rest = lower(name);
        let mut place = 0;
        // Behind the latest star, and the name from where that star ends: one character later with each try.
        let mut star = None;
        loop {
            let before = rest.clone();
            let next = rest.next();
            match (self.pattern.get(place), next) {
                (Some('*'), _) => {
                    place += 1;
                    star = Some((place, before.clone()));
                    rest = before;
                }
                (None, None) => return true,
                (Some(&expected), Some(found)) if expected == '?' || expected == found => place += 1,
                _ => {
                    let Some((behind, from)) = &mut star else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    place = *behind;
                    rest = from.clone();
                }
            }
        }
    }

    /// Whether it is meant for a path and not for the path's last part.
    pub(super) fn has(&self, wanted: char) -> bool {
        self.pattern.contains(&wanted)
    }
}

/// Character by character, so that both sides are treated alike.
fn lower(chars: impl Iterator<Item = char> + Clone) -> impl Iterator<Item = char> + Clone {
    chars.flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_and_for_one_character() {
        for (pattern, name, matches) in [
            ("web", "WEB", true),
            ("web", "web1", false),
            ("web*", "web", true),
            ("*web", "my-web", true),
            ("*web", "web-my", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("a*bc", "abcabcbc", true),
            ("a*bc", "abcabcb", false),
            ("?", "", false),
            ("?", "é", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("**", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("ÄÖ*", "äöü", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), matches, "{pattern} {name}");
        }
    }
}
