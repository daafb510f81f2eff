// Who talks to whom: initiators' places to the left, responders' to the right.

import { chart } from "./chart.js";
import { say } from "./data.js";
import { h } from "./dom.js";
import { bytes, count } from "./format.js";
import { choice } from "./heat.js";
import { base, plain } from "./look.js";

// Links that are drawn; the table has the others, too.
const DRAWN = 24;
const MEASURES = [["bytes", "bytes"], ["connections", "count"], ["denied", "count"]];

/** `links`: from, to, bytes, connections, denials. */
export function sankey(links) {
  const used = MEASURES.map(([name, kind], place) => ({ name: say(name), kind, place: place + 2 }))
    .filter(({ place }) => links.some((link) => link[place] > 0));
  if (used.length === 0) return null;
  const drawn = (place) => links.filter((link) => link[place] > 0).sort((a, b) => b[place] - a[place]).slice(0, DRAWN);
  const nodes = (some) => Math.max(...[0, 1].map((side) => new Set(some.map((link) => link[side])).size));
  const height = Math.max(200, Math.max(...used.map(({ place }) => nodes(drawn(place)))) * 26 + 60);
  const names = [...new Set(links.flatMap((link) => [link[0], link[1]]))];
  let shown = 0;

  function option(colours) {
    const { kind, place } = used[shown];
    const told = kind === "bytes" ? bytes : count;
    const some = drawn(place);
    const colour = (name) => colours.places[names.indexOf(name) % colours.places.length];
    const node = (side) => [...new Set(some.map((link) => link[side]))].map((name) => ({
      name: `${side}${name}`, depth: side, itemStyle: { color: colour(name), borderWidth: 0 },
      label: { position: side ? "left" : "right" },
    }));
    const common = base(colours, say("sankey_label"));
    return {
      ...common,
      tooltip: {
        ...common.tooltip,
        formatter: ({ dataType, data, value }) => plain(dataType === "edge"
          ? `${data.source.slice(1)} → ${data.target.slice(1)}\n${told(data.value)}`
          : `${data.name.slice(1)}\n${told(value)}`),
      },
      series: [{
        type: "sankey", left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 12, nodeGap: 10, draggable: false,
        emphasis: { focus: "adjacency" }, layoutIterations: 32, labelLayout: { hideOverlap: true },
        label: { color: colours.text, formatter: ({ name }) => name.slice(1), overflow: "truncate", width: 190 },
        lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
        data: [...node(0), ...node(1)],
        links: some.map((link) => ({ source: `0${link[0]}`, target: `1${link[1]}`, value: link[place] })),
      }],
    };
  }

  const picture = chart(say("sankey_label"), height, option);
  if (used.length < 2) return picture.element;
  return h("div", {}, choice(used, (place) => { shown = place; picture.redraw(); }), picture.element);
}
