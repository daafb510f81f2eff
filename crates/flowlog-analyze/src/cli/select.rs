//! Options that say which connections are asked for.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowlog_core::enrich::AddressBook;
use flowlog_core::select::when::{Asked, parse_from, parse_span, parse_to};
use flowlog_core::select::{Field, Filter, FilterError, ValueError, Window};
use flowlog_core::text::escape;
use unicode_width::UnicodeWidthStr as _;

use super::Cli;
use super::Whom;
use crate::book::resolved;
use crate::known::KnownError;

/// Which part of time, and which connections of it.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectArgs {
    /// Only flows since this time, e.g. 2025-10-05T09:30
    ///
    /// UTC, or with an offset such as +02:00; a date alone means its beginning.
    #[arg(long, value_name = "TIME", value_parser = parse_from, help_heading = "Time")]
    pub from: Option<Asked>,

    /// Only flows before this time
    ///
    /// A date alone means up to the end of that day.
    #[arg(long, value_name = "TIME", value_parser = parse_to, help_heading = "Time")]
    pub to: Option<Asked>,

    /// Only the last 30m, 6h, 7d, ...
    ///
    /// Before now, by this machine's clock.
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with_all = ["from", "to"])]
    #[arg(help_heading = "Time")]
    pub last: Option<TimeDelta>,

    /// Only the last 30m, 6h, 7d, ... of the data
    ///
    /// Before its newest tuple.
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with_all = ["from", "to", "last"])]
    #[arg(help_heading = "Time")]
    pub last_of_data: Option<TimeDelta>,

    /// Only connections of this host or network
    ///
    /// As initiator or as responder; NAME is one of --names, with * and ? as wildcards. As with all filters, several values are alternatives, and what several options
    /// ask for must all hold.
    #[arg(long, value_name = "IP|CIDR|NAME,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Host, "host"))]
    pub host: Vec<Condition>,

    /// Only connections from this initiator
    #[arg(long, value_name = "IP|CIDR|NAME,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Source, "source"))]
    pub source: Vec<Condition>,

    /// Only connections to this responder
    #[arg(long, value_name = "IP|CIDR|NAME,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Destination, "destination"))]
    pub destination: Vec<Condition>,

    /// Only connections to this port, e.g. 22, 8000-8080 or 53/udp
    #[arg(long, value_name = "PORT,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Port, "port"))]
    pub port: Vec<Condition>,

    /// Only this IP protocol, e.g. tcp, esp or 50
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Protocol, "protocol"))]
    pub protocol: Vec<Condition>,

    /// Only what the NIC saw coming in, or going out
    #[arg(long, value_name = "in|out", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Direction, "direction"))]
    pub direction: Vec<Condition>,

    /// Only connections that went so, e.g. denied
    ///
    /// completed, began-before, open, begun-only (or incomplete), stateless, unanswered, refused, denied; allowed is
    /// all but denied.
    #[arg(long, value_name = "OUTCOME,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Outcome, "outcome"))]
    pub outcome: Vec<Condition>,

    /// Only what this rule decided
    ///
    /// With or without the log's prefix; * and ? are wildcards.
    #[arg(long, value_name = "GLOB", help_heading = "Filters", value_parser = of(Field::Rule, "rule"))]
    pub rule: Vec<Condition>,

    /// Only what this network security group decided
    ///
    /// By its name or, with a slash in it, by its id; * and ? are wildcards.
    #[arg(long, value_name = "GLOB", help_heading = "Filters", value_parser = of(Field::Nsg, "nsg"))]
    pub nsg: Vec<Condition>,

    /// Only what the NIC with this MAC address logged
    #[arg(long, value_name = "MAC,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Mac, "mac"))]
    pub mac: Vec<Condition>,

    /// Only connections with an address of this class
    ///
    /// private, nat, public, platform, link-local, loopback, multicast, broadcast, documentation, reserved.
    #[arg(long, value_name = "CLASS,...", value_delimiter = ',', help_heading = "Filters")]
    #[arg(value_parser = of(Field::Class, "class"))]
    pub class: Vec<Condition>,

    /// Only this, e.g. 'port in [22, 3389] and bytes > 1m'
    ///
    /// Conditions on all fields with and, or, not and parentheses: docs/filters.md.
    #[arg(long = "where", value_name = "EXPR", help_heading = "Filters", value_parser = expression)]
    pub filter: Option<Condition>,
}

/// A condition, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    filter: Filter,
    text: String,
}

/// What is asked for, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// Part of time.
    pub window: Window,
    /// So long before the newest tuple; then `window` is all time.
    pub last_of_data: Option<TimeDelta>,
    /// Condition; `None`: every connection.
    pub filter: Option<Filter>,
    /// The same as an expression of `--where`.
    pub text: Option<String>,
    /// Hosts, networks and names of `--host`, each once.
    pub hosts: Vec<Whom>,
}

impl SelectArgs {
    /// What the options ask for at the time `now`.
    ///
    /// # Errors
    /// Usage errors: no time is left.
    pub fn check(self, now: DateTime<Utc>) -> Result<Select, clap::Error> {
        if let (Some(from), Some(to)) = (&self.from, &self.to)
            && from.time >= to.time
        {
            return Err(Cli::command().error(ErrorKind::ValueValidation, empty(from, to)));
        }
        let since = self.last.and_then(|span| now.checked_sub_signed(span));
        let from = self.from.as_ref().map(|from| from.time).or(since);
        let window =
            Window { from_ms: from.map(first_ms), to_ms: self.to.as_ref().map(|to| first_ms(to.time)) };
        let last_of_data = self.last_of_data;
        let mut hosts: Vec<Whom> = Vec::new();
        // Behind the field's name stands the value.
        let values = self.host.iter().filter_map(|asked| asked.text.strip_prefix("host "));
        for host in values.filter_map(|text| text.trim_matches('"').parse().ok()) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let (filter, text) = self.condition().map(|all| (all.filter, all.text)).unzip();
        Ok(Select { window, last_of_data, filter, text, hosts })
    }

    /// Any value of each option, and all options.
    fn condition(self) -> Option<Condition> {
        let Self {
            host, source, destination, port, protocol, direction, outcome, rule, nsg, mac, class, ..
        } = self;
        let options = [host, source, destination, port, protocol, direction, outcome, rule, nsg, mac, class];
        let given = options.into_iter().filter_map(Condition::any).chain(self.filter);
        given.reduce(|all, one| Condition {
            filter: all.filter.and(one.filter),
            text: format!("{} and {}", all.text, one.text),
        })
    }
}

impl Condition {
    /// One of several values; `None` without any.
    fn any(values: Vec<Self>) -> Option<Self> {
        let (filters, texts): (Vec<_>, Vec<_>) = values.into_iter().map(|one| (one.filter, one.text)).unzip();
        let text = match texts.as_slice() {
            [] => return None,
            [one] => one.clone(),
            several => format!("({})", several.join(" or ")),
        };
        Some(Self { filter: Filter::any(filters), text })
    }
}

impl Select {
    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        self.window.is_all() && self.last_of_data.is_none() && self.filter.is_none()
    }
}

impl Select {
    /// The same with the answers of files about addresses.
    ///
    /// # Errors
    /// What they do not tell.
    pub fn resolved(&self, book: &AddressBook) -> Result<Self, KnownError> {
        let filter = self.filter.as_ref().map(|filter| resolved(filter, book)).transpose()?;
        Ok(Self { filter, ..self.clone() })
    }
}

/// The first whole millisecond that is not before `time`.
fn first_ms(time: DateTime<Utc>) -> i64 {
    let begun = !time.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    time.timestamp_millis().saturating_add(i64::from(begun))
}

/// No time lies between the two: most often they were swapped.
fn empty(from: &Asked, to: &Asked) -> String {
    let (from_text, to_text) = (&from.text, &to.text);
    if from.time == to.time {
        format!("--from {from_text} is the same moment as --to {to_text}: no time lies between them")
    } else {
        format!(
            "--from {from_text} is later than --to {to_text}: no time lies between them; the other way round?"
        )
    }
}

/// Reads a value of `field`, whose name in expressions is `word`.
fn of(
    field: Field,
    word: &'static str,
) -> impl Fn(&str) -> Result<Condition, ValueError> + Clone + Send + Sync + 'static {
    move |text| {
        let filter = Filter::of(field, text)?;
        let plain = |char: char| char.is_ascii_alphanumeric() || "._-:/*?".contains(char);
        let quoted = if text.chars().all(plain) { text.to_owned() } else { format!("\"{text}\"") };
        Ok(Condition { filter, text: format!("{word} {quoted}") })
    }
}

fn expression(text: &str) -> Result<Condition, WhereError> {
    parse_where(text).map(|filter| Condition { filter, text: format!("({text})") })
}

/// Reads an expression of `--where`.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse_where(text: &str) -> Result<Filter, WhereError> {
    Filter::parse(text).map_err(|cause| WhereError { text: text.to_owned(), cause })
}

/// What is wrong with an expression, and a line below it that points there.
#[derive(Debug)]
pub struct WhereError {
    text: String,
    cause: FilterError,
}

impl std::error::Error for WhereError {}

impl fmt::Display for WhereError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        // A long line wraps in a terminal, and nobody finds the place by a mark below it.
        if self.text.chars().count() > MOST_SHOWN || self.text.contains('\n') {
            return Ok(());
        }
        let width = |from: usize, count: usize| {
            let part: String = self.text.chars().skip(from).take(count).collect();
            escape(&part, false).width()
        };
        let (before, marks) = (self.cause.column() - 1, self.cause.width());
        let (indent, marks) = (width(0, before), width(before, marks).max(1));
        write!(f, "\n  {}\n  {:indent$}{:^<marks$}", escape(&self.text, false), "", "")
    }
}

/// Characters of an expression that fit a line.
const MOST_SHOWN: usize = 100;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        select: SelectArgs,
    }

    fn at_noon() -> DateTime<Utc> {
        parse_from("2025-10-05T12:00").unwrap().time
    }

    fn select(args: &[&str]) -> Result<Select, clap::Error> {
        Only::try_parse_from(std::iter::once("x").chain(args.iter().copied()))?.select.check(at_noon())
    }

    fn error(args: &[&str]) -> String {
        let error = select(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    fn filter(args: &[&str]) -> Option<Filter> {
        select(args).unwrap().filter
    }

    #[test]
    fn without_options_nothing_is_left_out() {
        assert!(select(&[]).unwrap().is_all());
        assert!(!select(&["--port", "22"]).unwrap().is_all() && !select(&["--last", "1h"]).unwrap().is_all());
    }

    #[test]
    fn hosts_are_known_beside_the_filter() {
        let hosts = |args: &[&str]| {
            let hosts = select(args).unwrap().hosts;
            hosts.iter().map(|host| host.text().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(hosts(&["--host", "10.0.0.4,fd00::/8", "--host", "10.0.0.4"]), ["10.0.0.4", "fd00::/8"]);
        assert_eq!(hosts(&["--host", "db01", "--host", "a b"]), ["db01", "a b"]);
        assert_eq!(hosts(&["--source", "10.0.0.4"]), Vec::<String>::new());
    }

    #[test]
    fn time_is_given_by_its_ends_or_by_its_length() {
        let ms = |text: &str| Some(parse_from(text).unwrap().time.timestamp_millis());
        let window = |args: &[&str]| select(args).unwrap().window;
        let day = window(&["--from", "2025-10-05", "--to", "2025-10-05"]);
        assert_eq!((day.from_ms, day.to_ms), (ms("2025-10-05"), ms("2025-10-06")));
        let since = window(&["--from", "2025-10-05T04:00+02:00"]);
        assert_eq!((since.from_ms, since.to_ms), (ms("2025-10-05T02:00"), None));
        let last = window(&["--last", "90m"]);
        assert_eq!((last.from_ms, last.to_ms), (ms("2025-10-05T10:30"), None));
        let within = window(&["--from", "2025-10-05T02:00:00.0005", "--to", "2025-10-05T02:00:00.001"]);
        assert_eq!(
            (within.from_ms, within.to_ms),
            (ms("2025-10-05T02:00:00.001"), ms("2025-10-05T02:00:00.001"))
        );
        let data = select(&["--last-of-data", "1h"]).unwrap();
        assert_eq!((data.last_of_data, data.window), (Some(TimeDelta::hours(1)), Window::default()));
    }

    #[test]
    fn what_is_asked_for_is_told_as_an_expression_that_asks_the_same() {
        let asked = select(&[
            "--host",
            "10.0.0.4,10.1.0.0/16",
            "--rule",
            "my rule*",
            "--where",
            "bytes > 1m or denied",
            "--port",
            "53/udp",
        ]);
        let Select { filter, text, .. } = asked.unwrap();
        let text = text.unwrap();
        assert_eq!(
            text,
            "(host 10.0.0.4 or host 10.1.0.0/16) and port 53/udp and rule \"my rule*\" and (bytes > 1m or denied)"
        );
        assert_eq!(filter, Some(Filter::parse(&text).unwrap()));
    }

    #[test]
    fn values_of_an_option_are_alternatives_and_options_add_up() {
        let expression = |text| Some(Filter::parse(text).unwrap());
        assert_eq!(
            filter(&["--port", "22,3389/tcp", "--port", "8000-8080", "--outcome", "denied,unanswered"]),
            expression("(port 22 or port 3389/tcp or port 8000-8080) and outcome in [denied, unanswered]")
        );
        assert_eq!(
            filter(&[
                "--source",
                "10.0.0.0/8,fd00::/8",
                "--destination",
                "203.0.113.9",
                "--host",
                "10.0.0.4"
            ]),
            expression("host 10.0.0.4 and src in [10.0.0.0/8, fd00::/8] and dst 203.0.113.9")
        );
        assert_eq!(
            filter(&["--rule", "Allow*", "--rule", "Deny*", "--nsg", "web", "--mac", "00-0D-3A-1B-2C-3D"]),
            expression("(rule Allow* or rule Deny*) and nsg web and mac 000D3A1B2C3D")
        );
        assert_eq!(
            filter(&[
                "--protocol",
                "esp,6",
                "--direction",
                "in",
                "--class",
                "public",
                "--where",
                "bytes > 1m or denied"
            ]),
            expression("protocol in [50, tcp] and inbound and class internet and (bytes > 1m or denied)")
        );
    }

    #[test]
    fn slips_are_usage_errors_in_a_sentence() {
        assert!(error(&["--port", "https"]).contains("expected a port such as 443"));
        assert!(error(&["--host", "10.0.0.4,10.0.0.300"]).contains("'10.0.0.300'"));
        assert!(error(&["--direction", "up"]).contains("expected in or out"));
        assert!(error(&["--last", "1h", "--from", "2025-10-05"]).contains("cannot be used with"));
        assert!(error(&["--last", "1h", "--last-of-data", "1h"]).contains("cannot be used with"));
        assert!(error(&["--from", "2025-10-06", "--to", "2025-10-05T12:00"]).contains("is later than"));
        assert!(
            error(&["--from", "2025-10-05T01:00", "--to", "2025-10-05T01:00Z"])
                .contains("is the same moment as")
        );
        assert!(error(&["--rule", ""]).contains("--rule"));
    }

    #[test]
    fn a_slip_in_an_expression_is_pointed_at() {
        let message = error(&["--where", "port 22 andd denied"]);
        let lines: Vec<&str> = message.lines().collect();
        assert!(lines[0].ends_with(r#"column 9: expected and, or or the end, found "andd""#), "{message}");
        assert_eq!((lines[1], lines[2]), ("  port 22 andd denied", "          ^^^^"));
        let wide = error(&["--where", "rule \u{1b}\u{6f22} x"]);
        assert!(wide.contains("\n  rule \\u{1b}\u{6f22} x\n                ^\n"), "{wide}");
        let end = error(&["--where", "port"]);
        assert!(end.contains("\n  port\n      ^\n"), "{end}");
        let long = error(&["--where", &"port 22 or ".repeat(20)]);
        assert!(long.contains("column 221") && !long.contains('^'), "{long}");
    }
}
