// A chart in its frame: drawn when it comes into view, drawn anew when size or colours change.

import { BarChart, HeatmapChart, LineChart, SankeyChart } from "echarts/charts";
import {
  AriaComponent, BrushComponent, DataZoomComponent, GridComponent, LegendComponent, TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

import { h, later } from "./dom.js";
import { look } from "./look.js";

echarts.use([
  AriaComponent, BarChart, BrushComponent, DataZoomComponent, GridComponent, HeatmapChart, LabelLayout, LegendComponent,
  LineChart, SankeyChart, SVGRenderer, TooltipComponent, VisualMapComponent,
]);

const all = [];

/** A chart that is `height` pixels high and shows what `option(colours)` says. `ready(chart)` hears of it once. */
export function chart(label, height, option, ready = () => {}) {
  const element = h("div", { class: "chart", role: "img", "aria-label": label });
  element.style.height = `${height}px`;
  const one = { element, option, chart: null, height, ready };
  all.push(one);
  watch.observe(element);
  return { element, redraw: () => draw(one) };
}

function draw(one) {
  if (!one.chart) return;
  one.chart.setOption(one.option(look()), { notMerge: false, replaceMerge: ["series", "yAxis"] });
}

function start(one) {
  one.chart = echarts.init(one.element, null, { renderer: "svg", height: one.height });
  // ECharts adds a description of the data to the label.
  draw(one);
  one.ready(one.chart);
}

const watch = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const one = all.find((other) => other.element === target);
    if (isIntersecting && one && !one.chart) start(one);
  }
}, { rootMargin: "300px" });

/** Draws all that is not drawn yet: paper has no view. */
function everything() {
  for (const one of all) {
    if (!one.chart) start(one);
    one.chart.resize({ height: one.height });
    draw(one);
  }
}

const fit = later(() => all.forEach((one) => one.chart?.resize({ height: one.height })));
addEventListener("resize", fit);
addEventListener("beforeprint", everything);
addEventListener("afterprint", everything);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all.forEach(draw));
matchMedia("print").addEventListener("change", everything);
