// Who did how much when: a map of rows by time.

import { chart } from "./chart.js";
import { say } from "./data.js";
import { h } from "./dom.js";
import { brief, bytes, count, span, time } from "./format.js";
import { base, plain } from "./look.js";

const ROW = 20;

/** `measures`: name and kind of each number of a row's cells. With `gaps`, a cell without anything is told apart. */
export function heat(map, label, measures, gaps = false) {
  const { start, width, length, rows } = map;
  const height = rows.length * ROW + 74;
  let shown = 0;

  function option(colours) {
    const cells = [];
    const empty = [];
    rows.forEach((row, y) => row.values[shown].forEach((value, x) => {
      if (value > 0) cells.push([x, y, Math.log10(value + 1), value]);
      else if (gaps) empty.push([x, y, 0, 0]);
    }));
    const most = Math.max(1, ...cells.map((cell) => cell[2]));
    const least = Math.min(most, ...cells.map((cell) => cell[2]));
    const common = base(colours, label);
    const day = 86400000;
    const mark = (x) => {
      const text = time(start + x * width);
      return width >= day ? text.slice(0, 10) : length * width > day ? text.slice(5) : text.slice(11);
    };
    const series = { type: "heatmap", progressive: 0, itemStyle: { borderColor: colours.surface, borderWidth: 1 } };
    return {
      ...common,
      grid: { left: 138, right: 14, top: 8, bottom: 62 },
      xAxis: {
        type: "category", data: Array.from({ length }, (_, x) => mark(x)), splitLine: { show: false },
        axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false },
        axisLabel: { color: colours.soft, hideOverlap: true },
      },
      yAxis: {
        type: "category", data: rows.map((row) => row.name), inverse: true, axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colours.text, interval: 0, width: 128, overflow: "truncate", fontSize: 11 },
      },
      tooltip: { ...common.tooltip, formatter: tip },
      visualMap: {
        type: "continuous", min: least, max: most > least ? most : least + 1, dimension: 2, calculable: false,
        orient: "horizontal", left: 138, bottom: 4, itemWidth: 10, itemHeight: 120, seriesIndex: 0,
        inRange: { color: colours.heat }, textStyle: { color: colours.soft },
        text: [most > 1 || cells.length ? amount(10 ** most - 1) : "", amount(cells.length ? 10 ** least - 1 : 0)],
      },
      series: [
        { ...series, data: cells },
        { ...series, data: empty, itemStyle: { color: colours.gap, borderColor: colours.surface, borderWidth: 1 } },
      ],
    };
  }

  const amount = (value) => (measures[shown].kind === "bytes" ? bytes : brief)(Math.round(value));

  function tip({ value: [x, y, , value] }) {
    const row = rows[y];
    const { name, kind } = measures[shown];
    const told = kind === "bytes" ? bytes(value) : count(value);
    return plain(`${row.name}${row.more ? `\n${row.more}` : ""}\n${time(start + x * width)} (${span(width)})\n${name}: ${told}`);
  }

  const drawn = chart(label, height, option);
  if (measures.length < 2) return drawn.element;
  return h("div", {}, choice(measures, (place) => { shown = place; drawn.redraw(); }), drawn.element);
}

/** One of several measures. */
export function choice(measures, choose) {
  const buttons = measures.map(({ name }, place) => h("button", {
    type: "button", "aria-pressed": place === 0 ? "true" : "false",
    onclick: () => {
      buttons.forEach((button, other) => button.setAttribute("aria-pressed", other === place ? "true" : "false"));
      choose(place);
    },
  }, name));
  return h("div", { class: "choice", role: "group", "aria-label": say("measure") }, buttons);
}
