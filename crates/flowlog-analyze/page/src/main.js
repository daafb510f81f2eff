// The report as a page: the data in the file, put together here.

import { data, say } from "./data.js";
import { h } from "./dom.js";
import { findings } from "./findings.js";
import { bytes, count } from "./format.js";
import { heat } from "./heat.js";
import { overTime } from "./overtime.js";
import { sankey } from "./sankey.js";
import { table } from "./table.js";

const shown = { count, bytes };

function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, kind, value, more]) => h("div", {},
    h("dt", {}, name), h("dd", {}, (shown[kind] ?? String)(value), more && h("small", {}, more)))));
}

function section(id, title, note, ...content) {
  const inside = content.flat().filter(Boolean);
  if (inside.length === 0) return null;
  return h("section", { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title), note && h("p", { class: "note" }, note), inside);
}

const tables = (names) => names.map((name) => data.tables.find(({ id }) => id === name)).filter(Boolean).map((one) => table(one));

function host(model, place) {
  return section(`host-${place + 1}`, say("host", { host: model.name }), model.what,
    model.facts.length > 0 && facts(model.facts),
    model.timeline && overTime(model.timeline, false),
    model.findings && model.findings.groups.length > 0 && h("h3", {}, say("findings")),
    model.findings && model.findings.groups.length > 0 && findings(model.findings),
    model.tables.map((one) => table(one, 3, `${one.title}: ${model.name}`)));
}

function sections() {
  const { charts } = data;
  const cells = [["bytes", "bytes"], ["connections", "count"], ["denied", "count"]];
  const measures = cells.map(([name, kind]) => ({ name: say(name), kind }));
  return [
    section("summary", say("summary"), null, facts(data.facts),
      data.remarks.length > 0 && h("div", { class: "remarks" }, h("h3", {}, say("limits")),
        h("ul", {}, data.remarks.map((remark) => h("li", {}, remark))))),
    section("time", say("time"), null, data.timeline.rows.length > 0 && overTime(data.timeline)),
    section("findings", say("findings"), null, findings(data.findings)),
    ...data.hosts.map(host),
    section("talkers", say("talkers"), null, tables(["hosts", "heaviest"]),
      charts.hosts.rows.length > 0 && h("h3", {}, say("host_map")),
      charts.hosts.rows.length > 0 && h("p", { class: "note" }, say("host_map_note")),
      charts.hosts.rows.length > 0 && heat(charts.hosts, say("host_map"), measures)),
    section("ports", say("ports"), null, tables(["ports", "unusual_ports"])),
    section("rules", say("rules"), say("rules_note"), tables(["rules", "never_hit", "not_in_file", "admin_access"])),
    section("between", say("between"), say("between_note"), charts.links.length > 0 && sankey(charts.links),
      tables(["links", "classes", "encryption"])),
    section("denials", say("denials"), null, tables(["denied", "denied_sources", "port_scans"])),
    section("odd", say("odd"), null, tables(["incomplete", "retries", "one_way", "low_payload", "high_volume"])),
    section("coverage", say("coverage"), say("coverage_note"),
      charts.nics.rows.length > 0 && heat(charts.nics, say("nic_map"), [{ name: say("tuples"), kind: "count" }], true),
      charts.nics.hidden > 0 && h("p", { class: "note" }, say("nics_hidden", { n: count(charts.nics.hidden) })),
      tables(["logs", "outcomes", "files", "malformed"])),
  ].filter(Boolean);
}

function page() {
  const parts = sections();
  const links = parts.map((part) => h("li", {}, h("a", { href: `#${part.id}` }, part.querySelector("h2").textContent)));
  document.getElementById("page").replaceChildren(
    h("a", { class: "skip", href: "#summary" }, say("skip")),
    h("header", {}, h("h1", {}, data.title), h("p", { class: "period" }, data.subtitle),
      data.asked && h("p", { class: "asked" }, h("bdi", {}, data.asked))),
    h("nav", { "aria-label": say("contents") }, h("ul", {}, links)),
    h("main", {}, parts),
    h("footer", {}, h("p", {}, say("made_by")), h("p", {}, say("utc"))));
  document.documentElement.dataset.ready = "true";
}

page();
