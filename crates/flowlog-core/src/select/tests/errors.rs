//! What is said of texts that are no filter.

use crate::select::Filter;

/// The text, a line with carets, and the message.
fn shown(text: &str) -> String {
    let error = Filter::parse(text).expect_err(text);
    let (before, marks) = (" ".repeat(error.column() - 1), "^".repeat(error.width()));
    format!("{text}\n{before}{marks}\n{error}\n\n")
}

#[test]
fn a_slip_is_told_with_its_column_and_what_was_expected() {
    let slips = [
        "",
        "   ",
        "prot 443",
        "port",
        "port 443 and",
        "port https",
        "port 70000",
        "port 443-80",
        "port 22,3389",
        "port in [22, 3389",
        "port in [22, ssh]",
        "port in []",
        "port not 22",
        "port < 443/tcp",
        "host 10.0.0.0/33",
        "host 10.0.0.300 or port 22",
        "host < 10.0.0.4",
        "host 10.0.0.4 port 22",
        "src dst 10.0.0.4",
        "(port 22 or (port 23)",
        "port 22)",
        "()",
        "\u{e9}t\u{e9} = 1",
        "protocol tpc",
        "direction up",
        "outcome lost",
        "rule",
        "rule ''",
        "rule 'Allow HTTPS",
        "nsg and",
        "mac 000D3A",
        "mac 000D3A1B2C3G",
        "class home",
        "encryption maybe",
        "bytes > 1x",
        "bytes > 0.5",
        "bytes > 99999999999t",
        "packets > 1KB",
        "duration > 5",
        "bytes 512 MiB",
        "denied & port 22",
        "port 22 | port 23",
        "rule \u{1b}[31m",
    ];
    insta::assert_snapshot!(slips.map(shown).concat());
}

#[test]
fn neither_depth_nor_length_takes_more_than_its_limit() {
    let nested = |depth: usize| format!("{}any{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(64)).is_ok());
    let error = Filter::parse(&nested(65)).unwrap_err();
    assert_eq!((error.column(), error.expected()), (65, "no more than 64 parentheses within each other"));
    assert!(Filter::parse(&"(".repeat(60_000)).is_err());
    assert!(Filter::parse(&("not ".repeat(16_000) + "denied")).is_ok());
    assert!(Filter::parse(&("not(".repeat(16_000) + "denied")).is_err());
    let long = format!("port in [{}]", "443 ".repeat(16_000));
    assert!(Filter::parse(&long).is_ok());
    let error = Filter::parse(&(long + &" ".repeat(2_000))).unwrap_err();
    assert_eq!((error.column(), error.expected()), (65_537, "no more than 65,536 bytes"));
    let long = format!("port {}", "x".repeat(60_000));
    assert!(Filter::parse(&long).unwrap_err().to_string().len() < 200);
}
