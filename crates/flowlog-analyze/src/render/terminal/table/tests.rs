use super::*;
use crate::render::style::Style;

fn render(width: usize, table: &Table) -> String {
    let mut page = Page::new(Style { width, ..Style::PLAIN });
    table.write(&mut page);
    page.into_text()
}

fn table() -> Table {
    let mut table = Table::new([names("Rule", 10), numbers("Tuples"), words("Last").spare()]);
    table.push(vec!["DefaultRule_AllowVnetInBound".into(), Cell::count(1_234_567), "2025-12-01".into()]);
    table.push(vec!["ssh".into(), Cell::count(1), "2025-12-02".into()]);
    table
}

#[test]
fn columns_are_aligned() {
    let expected = concat!(
        "  Rule                             Tuples  Last\n",
        "  DefaultRule_AllowVnetInBound  1,234,567  2025-12-01\n",
        "  ssh                                   1  2025-12-02\n"
    );
    assert_eq!(render(80, &table()), expected);
}

/// Two long addresses, two short ones, and what is told of them.
fn of_addresses() -> Table {
    let columns = [words("Last").of_less_worth(), addresses("Source"), addresses("Destination")];
    let mut table = Table::new(columns.into_iter().chain([words("Port"), numbers("Bytes")]));
    let long = ["2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"];
    for [source, destination] in [long, ["10.0.0.4", "203.0.113.200"], [long[0], "10.0.0.4"]] {
        let cells = ["10:59:38", source, destination, "443/tcp", "13.4 MiB"];
        table.push(cells.map(Cell::from).into());
    }
    table
}

#[test]
fn addresses_stay_whole_and_their_row_takes_more_lines() {
    let expected = "  \
  Last     Source                 Destination            Port       Bytes
  10:59:38 2001:db8:1111:2222:3333:4444:5555:6666
                                  2001:db8:aaaa:bbbb:cccc:dddd:eeee:1
                                                         443/tcp 13.4 MiB
  10:59:38 10.0.0.4               203.0.113.200          443/tcp 13.4 MiB
  10:59:38 2001:db8:1111:2222:3333:4444:5555:6666 10.0.0.4
                                                         443/tcp 13.4 MiB
";
    assert_eq!(render(73, &of_addresses()), expected);
}

#[test]
fn no_width_costs_an_address_a_letter() {
    for width in 50..130 {
        let text = render(width, &of_addresses());
        for whole in
            ["2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", "13.4 MiB"]
        {
            assert!(text.contains(whole), "{width}: {whole} in {text}");
        }
        assert_eq!(text.contains("10:59:38"), width >= 59, "{width}: {text}");
        for line in text.lines() {
            assert!(text::width(line) <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn columns_move_together_before_a_row_takes_two_lines() {
    let two = |width| render(width, &of_addresses()).lines().count() > 4;
    assert!(!two(106) && render(106, &of_addresses()).contains("10:59:38  2001"));
    assert!(!two(102) && render(102, &of_addresses()).contains("10:59:38 2001"));
    assert!(two(101));
}

#[test]
fn names_are_cut_then_spare_columns_go_then_names_are_cut_harder() {
    assert!(render(45, &table()).contains("  DefaultRu…netInBound  1,234,567  2025-12-01\n"));
    assert!(render(30, &table()).contains("  DefaultR…tInBound  1,234,567\n"));
    assert!(render(20, &table()).contains("  Def…ound 1,234,567\n"));
    for width in 20..90 {
        for line in render(width, &table()).lines() {
            assert!(text::width(line) <= width, "{width}: {line:?}");
        }
    }
}

#[test]
fn a_name_narrower_than_its_limit_is_left_whole() {
    let mut table = Table::new([names("Source", 20), words("Text").spare()]);
    table.push(vec!["10.0.0.4".into(), "x".repeat(30).into()]);
    assert!(render(20, &table).contains("10.0.0.4"));
}
