// Values as people read them. Times are UTC throughout.

import { data, say } from "./data.js";

const numbers = new Intl.NumberFormat(data.lang, { useGrouping: "always" });
const tenths = new Intl.NumberFormat(data.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

export const count = (value) => numbers.format(value);

/** Rounded down, as in the terminal. */
export function bytes(value) {
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  if (unit === 0) return `${count(value)} B`;
  return `${tenths.format(Math.floor(rest * 10 + 1e-9) / 10)} ${UNITS[unit]}`;
}

/** A count in little room. */
export function brief(value) {
  const letters = ["", "k", "M", "G", "T", "P"];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < letters.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const shown = unit === 0 || rest >= 100 ? Math.floor(rest) : Math.floor(rest * 10) / 10;
  return `${new Intl.NumberFormat(data.lang).format(shown)}${unit ? ` ${letters[unit]}` : ""}`;
}

const pad = (value, digits = 2) => String(value).padStart(digits, "0");

/** `2025-12-01 07:14:30`, or to the minute. */
export function time(ms, seconds = false) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return `${ms} ms`;
  const day = `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
  return seconds ? `${day} ${clock}:${pad(date.getUTCSeconds())}` : `${day} ${clock}`;
}

/** First and last, the day only once. */
export function period(from, to) {
  const [first, last] = [time(from), time(to)];
  if (first === last) return first;
  return first.slice(0, 10) === last.slice(0, 10) ? `${first} – ${last.slice(11)}` : `${first} – ${last}`;
}

/** `5 min`, `1 h`, `2 d`. */
export function span(ms) {
  const units = [["d", 86400000], ["h", 3600000], ["min", 60000], ["s", 1000]];
  const parts = [];
  let rest = ms;
  for (const [unit, length] of units) {
    const number = Math.floor(rest / length);
    if (number > 0 && parts.length < 2) parts.push(`${count(number)} ${unit}`);
    rest -= number * length;
  }
  return parts.join(" ") || `${count(ms)} ms`;
}

/** A cell as text. */
export function cell(kind, value) {
  if (value === null || value === undefined || value === "") return "";
  switch (kind) {
    case "count": return count(value);
    case "bytes": return bytes(value);
    case "time": return time(value);
    case "span": return span(value);
    case "flag": return value ? say("yes") : "";
    default: return String(value);
  }
}

/** Whether a kind of cell is a number, and stands to the right. */
export const isNumber = (kind) => kind === "count" || kind === "bytes" || kind === "span";
