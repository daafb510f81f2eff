// Bytes, connections and denials over time: zoom, hover, and a span drawn with the pointer.

import { chart } from "./chart.js";
import { say } from "./data.js";
import { h } from "./dom.js";
import { brief, bytes, count, period, span as spanText, time } from "./format.js";
import { base, plain } from "./look.js";
import { choose, current, onSpan } from "./span.js";

const HEIGHT = 444;
// Top of each of the three parts, and how high it is.
const PARTS = [[48, 120], [198, 74], [300, 74]];

/** Every span of time from the first to the last: those without anything are left out in the data. */
function filled({ start, width, rows }) {
  const length = rows.length ? rows[rows.length - 1][0] + 1 : 0;
  const columns = [[], [], [], []];
  let next = 0;
  for (let place = 0; place < length; place += 1) {
    const row = rows[next]?.[0] === place ? rows[next++] : null;
    columns.forEach((column, measure) => column.push([start + place * width, row ? row[measure + 1] : 0]));
  }
  return { columns, end: start + length * width };
}

export function overTime(series, withTables = true) {
  const { columns, end } = filled(series);
  const [sent, received, begun, denied] = columns;
  const many = sent.length > 1;

  function option(colours) {
    const line = { lineStyle: { color: colours.line } };
    const xAxis = PARTS.map((_, part) => ({
      type: "time", gridIndex: part, min: series.start, max: end,
      axisLine: line, axisTick: { show: part === 2 },
      axisLabel: { show: part === 2, color: colours.soft, hideOverlap: true },
      splitLine: { show: false },
      axisPointer: { show: true, label: { show: false }, lineStyle: { color: colours.soft } },
    }));
    const yAxis = PARTS.map((_, part) => ({
      type: "value", gridIndex: part, splitNumber: 2, minInterval: part ? 1 : 0,
      axisLabel: { color: colours.soft, formatter: part ? brief : bytes },
      splitLine: line,
    }));
    const area = (name, data, color) => ({
      name, data, type: "line", stack: "bytes", step: false, symbol: many ? "none" : "circle", color,
      areaStyle: { opacity: 0.35 }, lineStyle: { width: 1.25 }, emphasis: { disabled: true },
    });
    const bars = (name, data, color, part) => ({
      name, data, type: "bar", xAxisIndex: part, yAxisIndex: part, color,
      barWidth: many ? undefined : 24, barCategoryGap: "10%", emphasis: { disabled: true },
    });
    const common = base(colours, say("time_label"));
    return {
      ...common,
      grid: PARTS.map(([top, height]) => ({ top, height, left: 66, right: 14 })),
      xAxis, yAxis,
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      legend: { top: 0, left: 0, textStyle: { color: colours.text }, itemHeight: 10, itemWidth: 16 },
      tooltip: { ...common.tooltip, trigger: "axis", formatter: tip },
      dataZoom: [{
        type: "slider", xAxisIndex: [0, 1, 2], bottom: 6, height: 26, left: 66, right: 14, filterMode: "none",
        borderColor: colours.line, textStyle: { color: colours.soft }, showDataShadow: false, brushSelect: false,
        labelFormatter: (value) => time(value),
      }],
      brush: { xAxisIndex: "all", brushLink: "all", toolbox: [], outOfBrush: {}, throttleType: "debounce" },
      series: [
        area(say("sent"), sent, colours.sent), area(say("received"), received, colours.received),
        bars(say("connections"), begun, colours.begun, 1), bars(say("denied"), denied, colours.denied, 2),
      ],
    };
  }

  function tip(points) {
    const place = points[0]?.dataIndex ?? 0;
    const at = sent[place]?.[0] ?? series.start;
    return plain([
      `${time(at)} (${spanText(series.width)})`,
      `${say("sent")}: ${bytes(sent[place][1])}`, `${say("received")}: ${bytes(received[place][1])}`,
      `${say("connections")}: ${count(begun[place][1])}`, `${say("denied")}: ${count(denied[place][1])}`,
    ].join("\n"));
  }

  /** Whole spans of the data; everything is no choice. */
  function asked(from, to) {
    const first = Math.floor((from - series.start) / series.width) * series.width + series.start;
    const last = Math.ceil((to - series.start) / series.width) * series.width + series.start;
    return first <= series.start && last >= end ? null : [Math.max(first, series.start), Math.min(last, end)];
  }

  function ready(drawn) {
    if (!withTables) return;
    const zoom = (span) => drawn.dispatchAction({
      type: "dataZoom", startValue: span ? span[0] : series.start, endValue: span ? span[1] : end,
    });
    drawn.on("datazoom", () => {
      const { startValue, endValue } = drawn.getOption().dataZoom[0];
      choose(asked(startValue, endValue), "zoom");
    });
    drawn.on("brushEnd", ({ areas }) => {
      const [from, to] = areas[0]?.coordRange ?? [0, 0];
      drawn.dispatchAction({ type: "brush", areas: [] });
      if (to > from) choose(asked(from, to), "brush");
    });
    onSpan((span, by) => { if (by !== "zoom") zoom(span); });
    // A finger that moves over the chart moves the page: it has the slider and the fields.
    if (many && matchMedia("(pointer: fine)").matches) {
      drawn.dispatchAction({
        type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "lineX", brushMode: "single" },
      });
    }
  }

  const { element } = chart(say("time_label"), HEIGHT, option, ready);
  if (!withTables) return element;
  return h("div", {}, element, many && controls(series, end, asked));
}

/** The same by keyboard: from, to, everything. */
function controls(series, end, asked) {
  const text = (ms) => new Date(ms).toISOString().slice(0, 16);
  const field = (name) => h("input", {
    type: "datetime-local", "aria-label": say(name), min: text(series.start), max: text(end), onchange: read,
  });
  const [from, to] = [field("from"), field("to")];
  const all = h("button", { type: "button", class: "quiet", onclick: () => choose(null, "button") }, say("whole"));
  const told = h("output", { class: "told" });

  function read() {
    const [first, last] = [from, to].map((input) => Date.parse(`${input.value}Z`));
    if (last > first) choose(asked(first, last), "fields");
  }
  function show() {
    const span = current();
    from.value = text(span ? span[0] : series.start);
    to.value = text(span ? span[1] : end);
    all.disabled = !span;
    told.textContent = span ? say("narrowed", { span: period(...span) }) : "";
  }
  onSpan(show);
  show();
  return h("div", { class: "controls" },
    h("label", {}, say("from"), " ", from), h("label", {}, say("to"), " ", to), all, told,
    h("p", { class: "note" }, say("time_help")));
}
