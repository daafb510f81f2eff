//! A filter's text to its tree: `or` of `and` of conditions, `not` and parentheses.

use super::FilterError;
use super::field::{self, Compare, Field};
use super::token::{Kind, Token, tokens};
use super::tree::{Node, Test};
use super::value;

/// Parentheses within parentheses.
const MOST_NESTED: usize = 64;
/// Bytes of a filter's text.
const MOST_BYTES: usize = 64 << 10;

const CONDITION: &str = "a condition such as host 10.0.0.4, port 443 or denied";
const FIELD: &str = "host, source, destination, port, protocol, direction, outcome, rule, nsg, resource, mac, class, \
                     encryption, country, as, threat, bytes, packets, duration, tuples, or a word such as denied, tcp or inbound";

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    if text.len() > MOST_BYTES {
        let end = (0..=MOST_BYTES).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
        return Err(FilterError::new(text, end, text.len(), "no more than 65,536 bytes"));
    }
    let tokens = tokens(text);
    let mut parser = Parser { text, tokens: &tokens, place: 0, nested: 0 };
    let node = parser.any()?;
    match parser.peek() {
        Kind::End => Ok(node),
        Kind::Comma => Err(parser.wrong("brackets around several values, such as port in [22, 3389]")),
        _ => Err(parser.wrong("and, or or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    /// The last one is the end.
    tokens: &'t [Token],
    place: usize,
    nested: usize,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token {
        let end = self.text.len();
        self.tokens.get(self.place).copied().unwrap_or(Token { kind: Kind::End, start: end, end })
    }

    fn peek(&self) -> Kind {
        self.token().kind
    }

    fn peek_behind(&self) -> Kind {
        self.tokens.get(self.place + 1).map_or(Kind::End, |token| token.kind)
    }

    /// Takes the next one if it is of this kind.
    fn take(&mut self, kind: Kind) -> bool {
        let is = self.peek() == kind;
        self.place += usize::from(is);
        is
    }

    fn wrong(&self, expected: &str) -> FilterError {
        let Token { kind, start, end } = self.token();
        let expected = if let Kind::Wrong(expected) = kind { expected } else { expected };
        FilterError::new(self.text, start, end, expected)
    }

    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while self.take(Kind::Or) {
            nodes.push(self.all()?);
        }
        Ok(Node::any(nodes))
    }

    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.part()?];
        while self.take(Kind::And) {
            nodes.push(self.part()?);
        }
        Ok(Node::all(nodes))
    }

    fn part(&mut self) -> Result<Node, FilterError> {
        let mut is_negated = false;
        while self.take(Kind::Not) {
            is_negated = !is_negated;
        }
        let node = if self.peek() == Kind::Open { self.nested()? } else { self.condition()? };
        Ok(if is_negated { node.negated() } else { node })
    }

    fn nested(&mut self) -> Result<Node, FilterError> {
        if self.nested == MOST_NESTED {
            return Err(self.wrong("no more than 64 parentheses within each other"));
        }
        self.place += 1;
        self.nested += 1;
        let node = self.any()?;
        if !self.take(Kind::Close) {
            return Err(self.wrong("and, or or a closing parenthesis"));
        }
        self.nested -= 1;
        Ok(node)
    }

    /// The next word, if one is there.
    fn word(&mut self) -> Option<&'t str> {
        let Token { kind, start, end } = self.token();
        let word = match kind {
            Kind::Word => self.text.get(start..end)?,
            Kind::Quoted => self.text.get(start + 1..end - 1)?,
            _ => return None,
        };
        self.place += 1;
        Some(word)
    }

    fn condition(&mut self) -> Result<Node, FilterError> {
        if self.peek() != Kind::Word {
            return Err(self.wrong(CONDITION));
        }
        let before = self.place;
        let word = self.word().unwrap_or_default();
        if let Some(node) = alone(word) {
            return Ok(node);
        }
        let field = match (value::find(field::ENDS, word), value::find(field::WORDS, word)) {
            (Some(end), _) => self.of_end(end),
            (None, Some(field)) => field,
            (None, None) => {
                self.place = before;
                return Err(self.wrong(FIELD));
            }
        };
        let is_value = matches!(self.peek(), Kind::Word | Kind::Quoted | Kind::Compare(_) | Kind::In)
            || self.peek() == Kind::Not && self.peek_behind() == Kind::In;
        match field.alone() {
            Some(node) if !is_value => Ok(node),
            _ => self.values(field),
        }
    }

    /// `src` alone, or before the word of a field that both ends have.
    fn of_end(&mut self, end: Field) -> Field {
        let Token { kind, start, end: to } = self.token();
        let word = self.text.get(start..to).filter(|_| kind == Kind::Word).unwrap_or_default();
        match value::find(field::WORDS, word).and_then(|field| field.of_end(end)) {
            Some(field) => {
                self.place += 1;
                field
            }
            None => end,
        }
    }

    /// What stands behind a field: a value, a comparison with one, or one of several.
    fn values(&mut self, field: Field) -> Result<Node, FilterError> {
        let is_negated = self.peek() == Kind::Not && self.peek_behind() == Kind::In;
        self.place += usize::from(is_negated);
        // `direction in` has a value, no list.
        let is_value = field == Field::Direction && !is_negated && self.peek_behind() != Kind::OpenList;
        if self.peek() == Kind::In && !is_value {
            self.place += 1;
            let node = if self.take(Kind::OpenList) {
                self.list(field)?
            } else {
                self.value(field, Compare::Equal)?
            };
            return Ok(if is_negated { node.negated() } else { node });
        }
        let Kind::Compare(compare) = self.peek() else { return self.value(field, Compare::Equal) };
        if !matches!(compare, Compare::Equal | Compare::NotEqual) && !field.is_ordered() {
            return Err(self.wrong("= or !=, since these values have no order"));
        }
        self.place += 1;
        self.value(field, compare)
    }

    /// Values between brackets, with commas or blanks between them.
    fn list(&mut self, field: Field) -> Result<Node, FilterError> {
        let mut nodes = vec![self.value(field, Compare::Equal)?];
        loop {
            if self.take(Kind::CloseList) {
                return Ok(Node::any(nodes));
            }
            let is_next = self.take(Kind::Comma);
            if !is_next && matches!(self.peek(), Kind::End | Kind::Close | Kind::And | Kind::Or) {
                return Err(self.wrong("a comma or a closing bracket"));
            }
            nodes.push(self.value(field, Compare::Equal)?);
        }
    }

    fn value(&mut self, field: Field, compare: Compare) -> Result<Node, FilterError> {
        let before = self.place;
        let word = if field == Field::Direction && self.take(Kind::In) { Some("in") } else { self.word() };
        let node = word.and_then(|word| field.compares(compare, word));
        node.ok_or_else(|| {
            self.place = before;
            self.wrong(field.expected_of(compare))
        })
    }
}

/// The condition of a word that needs no value.
fn alone(word: &str) -> Option<Node> {
    if word.eq_ignore_ascii_case("any") {
        return Some(Node::Const(true));
    }
    let direction = || match word.to_ascii_lowercase().as_str() {
        "inbound" | "outbound" => value::direction(word).map(Test::Direction),
        _ => None,
    };
    let test = value::outcomes(word).map(Test::Outcome).or_else(direction);
    test.map(Node::test).or_else(|| field::plain_protocol(word))
}
