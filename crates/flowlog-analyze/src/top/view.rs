//! Model -> screen.

use flowlog_core::finding::{Finding, Severity};
use flowlog_core::flows::{FlowRow, FlowTable, Value};
use flowlog_core::select::Window;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style as Look};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::columns::{Column, Kind, table};
use super::follow::Picture;
use super::model::{Model, Pane, sort_label};
use crate::render::Style;
use crate::render::text::{self, counted, escape, period, shorten, wrap};
use crate::render::{names, time};

/// From so many lines on, the head is shown.
const HEAD_FROM: u16 = 9;
/// From so many lines on, the selected finding is explained.
const EXPLAINED_FROM: usize = 12;
/// Lines of that.
const EXPLAINED: usize = 5;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, style: &Style) {
    let area = frame.area();
    let (width, height) = (usize::from(area.width), area.height);
    let view = View { width, style: *style };
    let head = if height >= HEAD_FROM { view.head(model) } else { Vec::new() };
    let foot = view.foot(model, usize::from(height));
    let used = head.len() + 1 + foot.len();
    let room = usize::from(height).saturating_sub(used);
    let middle = view.middle(model, room);
    let mut lines = head;
    lines.push(view.panes(model));
    lines.extend(middle.into_iter().take(room));
    lines.resize(usize::from(height).saturating_sub(foot.len()), Line::default());
    lines.extend(foot);
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines), Rect { height, ..area });
    if let Some(prompt) = &model.prompt {
        let column = view.prompt(&prompt.text).chars().count();
        let column = u16::try_from(column.min(width.saturating_sub(1))).unwrap_or(0);
        frame.set_cursor_position((column, height.saturating_sub(1)));
    }
}

struct View {
    width: usize,
    style: Style,
}

impl View {
    fn look(&self, color: Color) -> Look {
        if self.style.color { Look::new().fg(color) } else { Look::new() }
    }

    /// Text from outside, harmless and no wider than the screen.
    fn plain(&self, text: &str) -> String {
        shorten(&escape(text, self.style.ascii), self.width, self.style.ascii).into_owned()
    }

    /// Two texts at the two ends of a line, the first cut if there is no room.
    fn ends(&self, left: &str, right: &str) -> String {
        let room = self.width.saturating_sub(text::width(right) + 2);
        let left = shorten(left, room, self.style.ascii);
        let gap = self.width.saturating_sub(text::width(&left) + text::width(right));
        format!("{left}{}{right}", " ".repeat(gap))
    }

    /// What is followed, what is asked for, and its sums.
    fn head(&self, model: &Model) -> Vec<Line<'static>> {
        let state = match (&model.picture, model.paused, model.reading) {
            (_, true, false) => "paused".to_owned(),
            (_, _, true) => "reading".to_owned(),
            (Some(picture), ..) => format!("read {}", picture.read.0.format("%H:%M:%S UTC")),
            (None, ..) => "waiting".to_owned(),
        };
        let name = escape(&model.inputs, self.style.ascii).into_owned();
        let bold = Look::new().add_modifier(Modifier::BOLD);
        let mut lines = vec![Line::styled(self.ends(&name, &state), bold)];
        let window = model.picture.as_ref().map_or_else(String::new, |picture| window(picture.window));
        let typed = Some(&model.typed).filter(|typed| !typed.is_empty());
        let conditions: Vec<&str> = model.asked.iter().chain(typed).map(String::as_str).collect();
        let asked = [window, conditions.join(" and ")];
        let asked: Vec<String> = asked.into_iter().filter(|text| !text.is_empty()).collect();
        lines.push(Line::raw(self.plain(&asked.join("; "))));
        lines.push(Line::raw(self.plain(&model.picture.as_ref().map_or_else(String::new, sums))));
        if let Some(problem) = &model.problem {
            let line = self.plain(problem.lines().next().unwrap_or_default());
            lines.push(Line::styled(line, self.look(Color::Yellow)));
        }
        lines
    }

    /// The names of the panes with their numbers; and the order.
    fn panes(&self, model: &Model) -> Line<'static> {
        let many = |pane| {
            let (Pane::Connections | Pane::Denied | Pane::Findings) = pane;
            model.picture.as_ref().map(|picture| match pane {
                Pane::Connections => picture.connections,
                Pane::Denied => picture.denied,
                Pane::Findings => picture.findings.len() as u64,
            })
        };
        let short = self.width < 50;
        let mut spans = Vec::new();
        for (place, pane) in Pane::ALL.into_iter().enumerate() {
            let name = match (pane, short) {
                (Pane::Connections, false) => "Connections",
                (Pane::Connections, true) => "Conn",
                (Pane::Denied, _) => "Denied",
                (Pane::Findings, false) => "Findings",
                (Pane::Findings, true) => "Find",
            };
            let many = many(pane).filter(|_| !short).map(|many| format!(" {}", text::count(many)));
            let label = format!(" {} {name}{} ", place + 1, many.unwrap_or_default());
            let label = if short { format!("{}{name} ", place + 1) } else { label };
            let is_shown = pane == model.pane;
            let look = if is_shown { Look::new().add_modifier(Modifier::REVERSED) } else { Look::new() };
            spans.push(Span::styled(label, look));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let order = if model.pane == Pane::Findings { "gravest first" } else { sort_label(model.sort) };
        if used + order.len() + 2 <= self.width {
            let gap = " ".repeat(self.width - used - order.len());
            spans.push(Span::styled(format!("{gap}{order}"), DIM));
        }
        Line::from(spans)
    }

    /// The rows of the pane, in `room` lines.
    fn middle(&self, model: &mut Model, room: usize) -> Vec<Line<'static>> {
        let Some(picture) = &model.picture else {
            let why = if model.problem.is_some() { "Nothing to show yet." } else { "Reading..." };
            return vec![Line::raw(self.plain(why))];
        };
        let explained = if model.pane == Pane::Findings && room >= EXPLAINED_FROM { EXPLAINED } else { 0 };
        // Below the heads of the columns.
        let rows = room.saturating_sub(1 + explained);
        let selected = model.selected();
        let first = (selected + 1).saturating_sub(rows);
        let mut lines = match model.pane {
            Pane::Connections => self.flows(&picture.newest, first, rows, selected),
            Pane::Denied => self.flows(&picture.refused, first, rows, selected),
            Pane::Findings => self.findings(&picture.findings, first, rows, selected),
        };
        if model.rows(model.pane) == 0 {
            let none = match model.pane {
                Pane::Connections => "No connection is like that.",
                Pane::Denied => "Nothing was denied.",
                Pane::Findings => "No findings.",
            };
            lines = vec![Line::raw(self.plain(none))];
        } else if explained > 0
            && let Some(finding) = picture.findings.get(selected)
        {
            lines.resize(rows + 1, Line::default());
            lines.extend(self.explained(finding));
        }
        model.screen = rows;
        lines
    }

    fn flows(&self, flows: &FlowTable, first: usize, rows: usize, selected: usize) -> Vec<Line<'static>> {
        let is_wide = flows.rows.iter().map(|row| row.sums.last_ms.div_euclid(DAY_MS));
        let days = is_wide.clone().min() != is_wide.max();
        let shown: Vec<&FlowRow> = flows.rows.iter().skip(first).take(rows).collect();
        let told = |address: &str| {
            let facts = flows.hosts.get(address).map(names::host_label);
            [Some(address.to_owned()), facts].into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let cell = |kind| {
            let cells = shown
                .iter()
                .map(|row| escape(&text_of(row, kind, &told, days), self.style.ascii).into_owned());
            cells.collect::<Vec<_>>()
        };
        let mut columns = vec![
            Column::new("Last (UTC)", Kind::Fixed, 5, cell(Cell::Last)),
            Column::new("Source", Kind::Wide, 9, cell(Cell::Source)),
            Column::new("Destination", Kind::Wide, 9, cell(Cell::Destination)),
            Column::new("Port", Kind::Fixed, 8, cell(Cell::Port)),
            Column::new("Outcome", Kind::Fixed, 3, cell(Cell::Outcome)),
            Column::new("Rule", Kind::Wide, 1, cell(Cell::Rule)),
            Column::new("Conns", Kind::Number, 2, cell(Cell::Connections)),
            Column::new("Bytes", Kind::Number, 4, cell(Cell::Bytes)),
        ];
        // Of what was denied there is one outcome, and no bytes; its rule is what one wants to know.
        if flows.by.len() < WITH_OUTCOME {
            columns.retain(|column| !matches!(column.title, "Outcome" | "Bytes"));
            columns.iter_mut().filter(|column| column.title == "Rule").for_each(|rule| rule.worth = 7);
            columns
                .iter_mut()
                .filter(|column| column.title == "Conns")
                .for_each(|tries| tries.title = "Tries");
        }
        self.drawn(columns, selected.checked_sub(first))
    }

    fn findings(
        &self,
        findings: &[Finding],
        first: usize,
        rows: usize,
        selected: usize,
    ) -> Vec<Line<'static>> {
        let shown: Vec<&Finding> = findings.iter().skip(first).take(rows).collect();
        let cells = |text: &dyn Fn(&Finding) -> String| {
            let cells = shown.iter().map(|finding| escape(&text(finding), self.style.ascii).into_owned());
            cells.collect::<Vec<_>>()
        };
        let columns = vec![
            Column::new("Severity", Kind::Fixed, 8, cells(&|finding| finding.severity.to_string())),
            Column::new(
                "Last (UTC)",
                Kind::Fixed,
                2,
                cells(&|finding| finding.last_time_ms.map_or_else(|| "-".to_owned(), |ms| clock(ms, true))),
            ),
            Column::new("Finding", Kind::Wide, 9, cells(&|finding| finding.title.clone())),
        ];
        let mut lines = self.drawn(columns, selected.checked_sub(first));
        for (line, finding) in lines.iter_mut().skip(1).zip(&shown) {
            let color = match finding.severity {
                Severity::High => Color::Red,
                Severity::Medium => Color::Yellow,
                _ => continue,
            };
            line.style = line.style.patch(self.look(color));
        }
        lines
    }

    fn drawn(&self, columns: Vec<Column>, selected: Option<usize>) -> Vec<Line<'static>> {
        let mut texts = table(columns, self.width, self.style.ascii).into_iter();
        let bold = Look::new().add_modifier(Modifier::BOLD);
        let mut lines: Vec<Line<'static>> =
            texts.next().map(|head| Line::styled(head, bold)).into_iter().collect();
        lines.extend(texts.enumerate().map(|(place, text)| {
            let is_selected = selected == Some(place);
            Line::styled(
                text,
                if is_selected { Look::new().add_modifier(Modifier::REVERSED) } else { Look::new() },
            )
        }));
        lines
    }

    /// Why a finding was raised, and what to do.
    fn explained(&self, finding: &Finding) -> Vec<Line<'static>> {
        let safe = |text: &str| escape(text, self.style.ascii).into_owned();
        let text = format!("{} {}", safe(&finding.reason.to_string()), safe(finding.next_step.words()));
        let rule = if self.style.ascii { "-" } else { "\u{2500}" };
        let rule = Line::styled(rule.repeat(self.width), DIM);
        let lines = wrap(&text, self.width).into_iter().take(EXPLAINED - 1);
        std::iter::once(rule).chain(lines.map(|line| Line::raw(self.plain(&line)))).collect()
    }

    fn prompt(&self, text: &str) -> String {
        let whole = format!("/{}", escape(text, self.style.ascii));
        // The end is where one types.
        let over = whole.chars().count().saturating_sub(self.width.saturating_sub(1));
        whole.chars().skip(over).collect()
    }

    /// The keys; or what is typed, below what is wrong with it.
    fn foot(&self, model: &Model, height: usize) -> Vec<Line<'static>> {
        if let Some(prompt) = &model.prompt {
            let most = height.saturating_sub(2).min(6);
            let error = prompt.error.as_deref().unwrap_or_default();
            let lines = error.lines().flat_map(|line| self.wrapped(line)).take(most);
            let mut lines: Vec<_> = lines.map(|line| Line::styled(line, self.look(Color::Yellow))).collect();
            lines.push(Line::raw(self.prompt(&prompt.text)));
            return lines;
        }
        let keys = [
            ("q", "quit"),
            ("/", "filter"),
            ("Tab", "pane"),
            ("p", if model.paused { "go on" } else { "pause" }),
            ("s", "order"),
            ("arrows", "scroll"),
        ];
        let mut spans = Vec::new();
        let mut used = 0;
        for (key, word) in keys {
            let wide = key.len() + word.len() + 1;
            if used + wide > self.width {
                break;
            }
            used += wide + 2;
            spans.push(Span::styled(key, Look::new().add_modifier(Modifier::BOLD)));
            spans.push(Span::raw(format!(" {word}  ")));
        }
        vec![Line::from(spans)]
    }

    /// A line that keeps its blanks at the beginning: marks below it point at a place in the line above.
    fn wrapped(&self, line: &str) -> Vec<String> {
        if line.starts_with(' ') { vec![self.plain(line)] } else { wrap(line, self.width) }
    }
}

const DIM: Look = Look::new().add_modifier(Modifier::DIM);
const DAY_MS: i64 = 86_400_000;
/// Fields of a table of connections: one more than what was denied has.
const WITH_OUTCOME: usize = 6;

/// What stands in a column.
#[derive(Clone, Copy)]
enum Cell {
    Last,
    Source,
    Destination,
    Port,
    Outcome,
    Rule,
    Connections,
    Bytes,
}

fn text_of(row: &FlowRow, cell: Cell, told: &dyn Fn(&str) -> String, days: bool) -> String {
    let value = |place: usize| row.values.get(place);
    match cell {
        Cell::Last => clock(row.sums.last_ms, days),
        Cell::Source | Cell::Destination => match value(usize::from(matches!(cell, Cell::Destination))) {
            Some(Value::Address(address)) => told(&address.to_string()),
            _ => String::new(),
        },
        Cell::Port => match (value(2), value(3)) {
            (Some(Value::Port(port)), Some(Value::Protocol(protocol))) => {
                names::port_label(*port, protocol.0)
            }
            _ => String::new(),
        },
        Cell::Rule => match value(4) {
            Some(Value::Name(rule)) => rule.clone(),
            _ => String::new(),
        },
        Cell::Outcome => match value(5) {
            Some(Value::Outcome(outcome)) => outcome.name().to_owned(),
            _ => String::new(),
        },
        Cell::Connections => text::count(row.sums.connections),
        Cell::Bytes => text::bytes(row.sums.counters.bytes()),
    }
}

/// The clock's time, and the day before it if there are several.
fn clock(ms: i64, days: bool) -> String {
    let time = time(ms);
    // `2026-01-15 09:00:02`
    time.get(if days { 5 } else { 11 }..).unwrap_or(&time).to_owned()
}

fn window(window: Window) -> String {
    match (window.from_ms, window.to_ms) {
        (Some(from), Some(to)) => format!("{} UTC", period(from, to)),
        (Some(from), None) => format!("since {} UTC", time(from)),
        (None, Some(to)) => format!("before {} UTC", time(to)),
        (None, None) => String::new(),
    }
}

fn sums(picture: &Picture) -> String {
    let [sent, received] = picture.bytes.map(text::bytes);
    let mut parts = vec![
        counted(picture.tuples, "tuple", "tuples"),
        format!("{sent} sent, {received} received"),
        counted(picture.files, "file", "files"),
    ];
    if picture.broken > 0 {
        parts.push(format!("{} not read whole", text::count(picture.broken)));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use flowlog_core::finding::FindingOptions;
    use flowlog_core::flow::OwnNetworks;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::cli::{ColorChoice, Task};
    use crate::render::Surroundings;
    use crate::top::follow::{Follower, News};
    use crate::top::keys::Action;
    use crate::top::model::Prompt;

    /// The last hour of the samples.
    fn model() -> Model {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/container");
        let words = ["flowlog-analyze", "top", "--no-config", samples.to_str().unwrap()];
        let Ok(Task::Top(config)) = Task::parse(words, Path::new(".")) else { panic!("{words:?}") };
        let follower =
            Follower::new(&config, Arc::default(), FindingOptions::default(), OwnNetworks::default());
        let mut picture = follower.picture().unwrap();
        picture.read.0 = chrono::DateTime::from_timestamp(1_768_474_800, 0).unwrap();
        let mut model = Model { inputs: "FlowLogs".to_owned(), ..Model::default() };
        model.hear(News::Picture(Box::new(picture)));
        model
    }

    fn drawn(model: &mut Model, (width, height): (u16, u16), ascii: bool) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let style = Style::new(
            ColorChoice::Never,
            ascii,
            false,
            0,
            &Surroundings { unicode: true, ..Surroundings::default() },
        );
        terminal.draw(|frame| draw(frame, model, &style)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_panes_at_80_columns() {
        let mut model = model();
        let mut all = Vec::new();
        for _ in Pane::ALL {
            all.push(drawn(&mut model, (80, 24), false));
            model.act(Action::NextPane);
        }
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn the_panes_at_120_columns_in_ascii() {
        let mut model = model();
        model.asked = Some("host 10.10.1.4".to_owned());
        model.typed = "bytes > 1k".to_owned();
        let mut all = Vec::new();
        for _ in Pane::ALL {
            model.act(Action::Rows(2));
            all.push(drawn(&mut model, (120, 40), true));
            model.act(Action::NextPane);
        }
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn any_size_is_drawn_and_a_slip_is_told_above_what_was_typed() {
        let mut model = model();
        model.problem = Some("no file is of that time".to_owned());
        for pane in Pane::ALL {
            model.act(Action::Pane(pane));
            for (width, height) in [(1, 1), (20, 5), (21, 9), (40, 12), (300, 80)] {
                drawn(&mut model, (width, height), false);
                model.act(Action::Last);
            }
        }
        model.act(Action::Pane(Pane::Connections));
        let text = "port 22 and byts > 1";
        let error = crate::cli::parse_where(text).unwrap_err().to_string();
        model.prompt = Some(Prompt { text: text.to_owned(), error: Some(error) });
        let small = drawn(&mut model, (20, 5), false);
        model.prompt.as_mut().unwrap().error = None;
        let rest = [drawn(&mut model, (20, 5), false), drawn(&mut Model::default(), (40, 10), false)];
        insta::assert_snapshot!([&[small][..], &rest].concat().join("\n"));
    }

    #[test]
    fn colour_is_never_alone() {
        let mut model = model();
        model.act(Action::Pane(Pane::Findings));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let around =
            Surroundings { unicode: true, terminal: true, no_color: true, ..Surroundings::default() };
        let style = Style::new(ColorChoice::Auto, false, false, 0, &around);
        terminal.draw(|frame| draw(frame, &mut model, &style)).unwrap();
        let plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(terminal.backend().buffer().content().iter().all(plain));
    }

    #[test]
    fn text_of_a_log_cannot_drive_the_terminal() {
        let mut model = model();
        model.inputs = "a\u{1b}[2Jb".to_owned();
        if let Some(Value::Name(rule)) =
            model.picture.as_mut().and_then(|picture| picture.refused.rows.first_mut()?.values.get_mut(4))
        {
            "\u{1b}]0;x\u{7}\u{202e}rule".clone_into(rule);
        }
        model.act(Action::Pane(Pane::Denied));
        let screen = drawn(&mut model, (160, 24), false);
        assert!(screen.contains("a\\u{1b}[2Jb") && screen.contains("\\u{202e}rule"), "{screen}");
        assert!(!screen.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    }
}
