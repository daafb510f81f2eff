// Opens a page in a real browser, uses it, and prints what is wrong as a JSON list: nothing, if all is well.
//
//   node check.mjs CHROMIUM PAGE FOLDER [used]
//
// Screenshots and the printed page go to FOLDER. With `used`, the page must have everything: charts, tables with rows,
// findings, and several spans of time.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium_path, file, folder, used] = process.argv.slice(2);
// The packages are where the tests have installed them, not beside this file.
const require = createRequire(join(process.cwd(), "index.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(file).href;
const problems = [];
const wrong = (what) => problems.push(what);
const expect = (condition, what) => condition || wrong(what);

const SIZES = { desktop: { width: 1366, height: 900 }, phone: { width: 390, height: 844 } };

const browser = await chromium.launch({ executablePath: chromium_path, args: ["--no-sandbox"] });

async function opened(name, colorScheme) {
  const phone = name === "phone";
  const context = await browser.newContext({
    viewport: SIZES[name], colorScheme, isMobile: phone, hasTouch: phone, acceptDownloads: true,
  });
  // Whatever the policy refuses is told to the page, too.
  await context.addInitScript(() => {
    globalThis.refused = [];
    addEventListener("securitypolicyviolation", (event) =>
      globalThis.refused.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`));
    globalThis.hacked = () => globalThis.refused.push("text of a log was run");
  });
  const page = await context.newPage();
  const at = `${name}, ${colorScheme}`;
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong(`${at}: console: ${message.text()}`));
  page.on("pageerror", (error) => wrong(`${at}: ${error.stack}`));
  page.on("dialog", (dialog) => { wrong(`${at}: dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => request.url() === address || request.url().startsWith("blob:")
    || wrong(`${at}: asks for ${request.url()}`));
  await page.goto(address);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true", null, { timeout: 60000 });
  // Charts are drawn when they come into view.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height; y += 800) {
    await page.evaluate((to) => scrollTo(0, to), y);
    await page.waitForTimeout(20);
  }
  await page.waitForFunction(() => [...document.querySelectorAll(".chart")].every((chart) => chart.querySelector("svg path")),
    null, { timeout: 60000 }).catch(() => wrong(`${at}: a chart is not drawn`));
  await page.evaluate(() => scrollTo(0, 0));
  return { page, at };
}

async function closed({ page, at }) {
  for (const refused of await page.evaluate(() => globalThis.refused)) wrong(`${at}: refused ${refused}`);
  await page.context().close();
}

async function accessible({ page, at }) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, nodes } of violations) {
    wrong(`${at}: axe: ${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(" | ")}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, `${at}: the page is ${wide} pixels too wide`);
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const numbers = async (page, selector) => (await texts(page, selector)).map((text) => Number(text.replace(/[^0-9]/g, "")));

async function sorts(page) {
  const button = page.locator("#t-rules thead button").nth(3);
  const cells = "#t-rules tbody tr td:nth-child(4)";
  const ordered = (list, sign) => list.every((value, place) => place === 0 || sign * (list[place - 1] - value) >= 0);
  await button.click();
  expect(ordered(await numbers(page, cells), 1), "sorting by a number does not put the largest first");
  await button.click();
  const up = await numbers(page, cells);
  expect(up.length > 1 && ordered(up, -1), "sorting again does not turn the order round");
  expect(await page.locator("#t-rules th[aria-sort=ascending]").count() === 1, "the order is not told");
}

async function filters(page) {
  const port = (await texts(page, "#t-ports tbody th"))[0];
  const before = await page.locator("#t-ports tbody tr").count();
  await page.locator("#t-ports input").fill(port);
  await page.waitForFunction((rows) => document.querySelectorAll("#t-ports tbody tr").length < rows, before);
  expect((await texts(page, "#t-ports tbody tr")).every((row) => row.includes(port)), "the filter lets others through");
  await page.locator("#t-ports input").fill("");
  await page.waitForFunction((rows) => document.querySelectorAll("#t-ports tbody tr").length === rows, before);
}

async function saves(page) {
  const asked = page.waitForEvent("download");
  await page.locator("#t-rules .tools button").click();
  const download = await asked;
  expect(download.suggestedFilename() === "rules.csv", `a file ${download.suggestedFilename()} is saved`);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\r\n");
  const all = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent)
    .tables.find(({ id }) => id === "rules").rows.length);
  expect(lines.length === all + 1, `${lines.length} lines are saved of ${all} rows`);
  expect(lines.every((line) => !/(^|,)"?[=+@-]/.test(line)), "a saved cell is a formula");
}

async function shows_more(page) {
  const [rows, all] = [await page.locator("#t-denied tbody tr").count(), await page.locator("#t-denied > button").isVisible()];
  if (!all) return;
  await page.locator("#t-denied > button").click();
  expect(await page.locator("#t-denied tbody tr").count() > rows, "no more rows are shown");
}

async function narrows(page) {
  const hosts = () => texts(page, "#t-hosts tbody tr");
  const told = () => page.locator(".controls output").textContent();
  const whole = await hosts();
  // With the pointer, over the middle of the chart.
  await page.locator("#time .chart").scrollIntoViewIfNeeded();
  const box = await page.locator("#time .chart").boundingBox();
  const y = box.y + 100;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, y, { steps: 5 });
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector(".controls output").textContent !== "", null, { timeout: 10000 })
    .catch(() => wrong("a span drawn over the chart narrows nothing"));
  expect(String(await hosts()) !== String(whole), "a span drawn over the chart leaves the hosts as they were");
  const ends = async () => [await page.locator(".controls input").nth(0).inputValue(), await page.locator(".controls input").nth(1).inputValue()];
  const [from, to] = await ends();
  await page.locator(".controls button").click();
  expect(await told() === "" && String(await hosts()) === String(whole), "the whole time does not come back");
  // The same span by the fields.
  await page.locator(".controls input").nth(0).fill(from);
  await page.locator(".controls input").nth(1).fill(to);
  await page.locator(".controls input").nth(1).dispatchEvent("change");
  expect(String(await ends()) === String([from, to]) && await told() !== "", "times typed narrow nothing");
  await page.locator(".controls button").click();
  // The slider zooms: its left end, drawn to the right.
  const x = box.x + 66;
  const bottom = box.y + box.height - 18;
  await page.mouse.move(x, bottom);
  await page.mouse.down();
  await page.mouse.move(x + 200, bottom, { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector(".controls output").textContent !== "", null, { timeout: 10000 })
    .catch(() => wrong("the slider narrows nothing"));
  await page.locator(".controls button").click();
}

async function tells_on_hover(page) {
  const chart = page.locator("#time .chart");
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  const before = (await texts(page, "#time .chart svg text")).length;
  await page.mouse.move(box.x + box.width / 2, box.y + 90);
  await page.waitForTimeout(300);
  expect((await texts(page, "#time .chart svg text")).length > before, "nothing is told where the pointer is");
  expect(await chart.locator("div div").count() === 0 || !(await chart.innerHTML()).includes("position: absolute; display: block"),
    "a tooltip is markup");
}

async function switches(page) {
  for (const button of await page.locator(".choice button:last-child").all()) {
    await button.click();
    expect(await button.getAttribute("aria-pressed") === "true", "a measure cannot be chosen");
  }
}

const desktop = await opened("desktop", "light");
await accessible(desktop);
await desktop.page.screenshot({ path: join(folder, `${basename(file)}.desktop.png`), fullPage: true });
if (used) {
  const { page } = desktop;
  expect(await page.locator(".chart svg").count() >= 4, `${await page.locator(".chart svg").count()} charts are drawn`);
  expect(await page.locator(".group").count() > 0 && await page.locator(".finding").count() > 0, "no findings are shown");
  for (const step of [sorts, filters, saves, shows_more, tells_on_hover, narrows, switches]) {
    await step(page).catch((error) => wrong(`${step.name}: ${error.message}`));
  }
  await accessible(desktop);
}
const printed = await desktop.page.pdf({ path: join(folder, `${basename(file)}.pdf`), printBackground: true });
expect(printed.subarray(0, 5).toString() === "%PDF-" && printed.length > 10000, "the page is not printed");
await closed(desktop);
for (const [size, colours] of [["phone", "light"], ["desktop", "dark"]]) {
  const one = await opened(size, colours);
  await accessible(one);
  await one.page.screenshot({ path: join(folder, `${basename(file)}.${size}-${colours}.png`), fullPage: true });
  await closed(one);
}
await browser.close();
console.log(JSON.stringify(problems));
