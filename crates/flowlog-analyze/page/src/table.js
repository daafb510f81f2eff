// One table: sorted, filtered, narrowed to a span of time, a few rows at first, all of them as a file.

import { csv, save } from "./csv.js";
import { h, later } from "./dom.js";
import { say } from "./data.js";
import { cell, count, isNumber, period } from "./format.js";
import { current, onSpan } from "./span.js";

const FIRST = 10;
const MORE = 100;

const order = new Intl.Collator("en", { numeric: true }).compare;

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" && typeof b === "number" ? a - b : order(String(a), String(b));
}

/** What a row holds of a span, where the table has sums by time; otherwise the row, if it is of that time. */
function narrowed(table, span) {
  if (!span) return table.rows;
  const { times, series } = table;
  if (times) {
    const [first, last] = times;
    const isIn = (row) => row[first] === null || (row[first] < span[1] && row[last] >= span[0]);
    return table.rows.filter(isIn);
  }
  if (series) {
    const inside = (place) => {
      const start = series.start + place * series.width;
      return start < span[1] && start + series.width > span[0];
    };
    const sum = (values) => values.reduce((all, value, place) => (inside(place) ? all + value : all), 0);
    const rows = table.rows.map((row, place) => {
      const copy = [...row];
      series.columns.forEach((column, measure) => { copy[column] = sum(series.rows[place][measure]); });
      return copy;
    });
    return rows.filter((row) => series.columns.some((column) => row[column] > 0));
  }
  return table.rows;
}

/** The table of a model; its title is a heading of `level`, and `label` names it where there are several of one title. */
export function table(model, level = 3, label = model.title) {
  const { columns } = model;
  const state = { sort: null, down: false, filter: "", shown: FIRST, rows: model.rows };
  const body = h("tbody");
  const heads = columns.map((column, place) => head(column, place));
  const told = h("p", { class: "told", role: "status" });
  const more = h("button", { type: "button", class: "quiet", onclick: () => show(state.shown + MORE) });
  const filter = h("input", {
    type: "search", "aria-label": say("filter_of", { table: label }), placeholder: say("filter"),
    oninput: later(() => { state.filter = filter.value; state.shown = FIRST; update(); }),
  });
  const download = h("button", {
    type: "button", class: "quiet", onclick: () => save(`${model.id}.csv`, csv(columns, state.rows)),
    "aria-label": say("save_of", { table: label }),
  }, say("save"));
  const tools = model.rows.length > 0 && h("div", { class: "tools" }, model.rows.length > 3 && filter, download);
  const element = h("figure", { class: "table", id: `t-${model.id}` },
    h("div", { class: "top" }, h(`h${level}`, {}, model.title), tools),
    model.note && h("p", { class: "note" }, model.note),
    told,
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
      h("table", {},
        h("caption", {}, label),
        h("thead", {}, h("tr", {}, heads)),
        body)),
    more);

  function head(column, place) {
    const button = h("button", { type: "button", onclick: () => sort(place) }, column.name);
    return h("th", { scope: "col", class: isNumber(column.kind) ? "number" : null }, button);
  }

  function sort(place) {
    // Numbers: the largest first; and the other way round at the second time.
    const down = state.sort === place ? !state.down : isNumber(columns[place].kind) || columns[place].kind === "time";
    Object.assign(state, { sort: place, down });
    heads.forEach((one, other) => {
      if (other === place) one.setAttribute("aria-sort", down ? "descending" : "ascending");
      else one.removeAttribute("aria-sort");
    });
    update();
  }

  function matches(row, words) {
    const text = row.map((value, place) => `${value ?? ""} ${cell(columns[place].kind, value)}`).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  }

  function show(rows) {
    state.shown = rows;
    draw();
  }

  function draw() {
    const bars = columns.map((column, place) =>
      column.bar ? Math.max(1, ...state.rows.map((row) => Number(row[place]) || 0)) : 0);
    body.replaceChildren(...state.rows.slice(0, state.shown).map((row) => line(row, bars)));
    const hidden = Math.max(0, state.rows.length - state.shown);
    more.textContent = say("more", { n: count(Math.min(hidden, MORE)) });
    more.hidden = hidden === 0;
    told.textContent = tell();
    told.hidden = told.textContent === "";
  }

  function line(row, bars) {
    return h("tr", {}, columns.map((column, place) => {
      const text = cell(column.kind, row[place]);
      const tag = place === 0 ? h("th", { scope: "row" }) : h("td");
      if (isNumber(column.kind)) tag.className = "number";
      if (column.kind === "code" || column.kind === "time") tag.className = column.kind;
      const content = h("bdi", {}, text);
      tag.append(content);
      if (bars[place] > 0) {
        const bar = h("span", { class: "bar" });
        bar.style.setProperty("--part", Number(row[place]) / bars[place]);
        tag.append(bar);
      }
      return tag;
    }));
  }

  function tell() {
    const parts = [];
    const span = current();
    if (span && (model.times || model.series)) parts.push(say("only_span", { span: period(...span) }));
    else if (span && model.rows.length > 0) parts.push(say("whole_span"));
    if (state.filter || (span && model.times)) {
      parts.push(say("rows_of", { n: count(state.rows.length), all: count(model.rows.length) }));
    }
    if (model.total > model.rows.length) {
      parts.push(say("cut", { n: count(model.rows.length), all: count(model.total) }));
    }
    if (model.rows.length === 0) parts.push(say("none"));
    return parts.join(" · ");
  }

  function update() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    let rows = narrowed(model, current());
    if (words.length > 0) rows = rows.filter((row) => matches(row, words));
    const span = current();
    const [place, down] = state.sort === null && span && model.series
      ? [model.series.columns[0], true] : [state.sort, state.down];
    if (place !== null) {
      rows = [...rows].sort((a, b) => (down ? compare(b[place], a[place]) : compare(a[place], b[place])));
    }
    state.rows = rows;
    draw();
  }

  onSpan(() => { state.shown = FIRST; update(); });
  update();
  return element;
}
