// Findings, those that concern the same together, each with what it rests on.

import { say } from "./data.js";
import { h } from "./dom.js";
import { count, period } from "./format.js";
import { current, onSpan } from "./span.js";
import { table } from "./table.js";

const when = (times) => (times ? period(...times) : say("time_unknown"));

function one(finding) {
  const evidence = table(finding.evidence, 4, `${finding.evidence.title} (${finding.evidence.id}): ${finding.title}`);
  return h("section", { class: "finding" },
    h("h3", {}, h("bdi", {}, finding.title)),
    h("p", {}, finding.reason),
    h("p", {}, h("strong", {}, `${say("next")}: `), finding.next),
    evidence,
    h("p", { class: "note" }, [finding.rule, when(finding.times), finding.techniques.join(", ")].filter(Boolean).join(" · ")));
}

function group(model) {
  const line = h("summary", {},
    h("span", { class: `severity ${model.severity}` }, model.word),
    h("span", { class: "when" }, when(model.times)),
    h("span", { class: "line" }, h("bdi", {}, model.line)),
    model.findings.length > 1 && h("span", { class: "many" }, count(model.findings.length)));
  const element = h("details", { class: "group" }, line);
  // Evidence is made when somebody looks, and before it is printed.
  const open = () => {
    if (element.childElementCount === 1) element.append(...model.findings.map(one));
  };
  element.addEventListener("toggle", () => element.open && open());
  if (model.open) {
    element.open = true;
    open();
  }
  const inSpan = (span) => !span || !model.times || (model.times[0] < span[1] && model.times[1] >= span[0]);
  return { element, inSpan };
}

export function findings(model) {
  if (!model) return h("p", {}, say("not_looked"));
  const groups = model.groups.map(group);
  const none = h("p", { class: "calm" }, say("no_findings"));
  const told = h("p", { class: "told", role: "status" });
  function update() {
    const span = current();
    let shown = 0;
    for (const { element, inSpan } of groups) {
      element.hidden = !inSpan(span);
      shown += element.hidden ? 0 : 1;
    }
    told.textContent = span ? `${say("only_span", { span: period(...span) })} · ${say("rows_of", { n: shown, all: groups.length })}` : "";
    told.hidden = !span;
  }
  onSpan(update);
  update();
  addEventListener("beforeprint", () => groups.forEach(({ element }) => { element.open = !element.hidden; }));
  return h("div", {}, told,
    groups.length ? groups.map(({ element }) => element) : none,
    model.remarks.map((remark) => h("p", { class: "note" }, remark)));
}
