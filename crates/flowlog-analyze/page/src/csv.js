// A table as a CSV file, made and kept in the browser.

import { time } from "./format.js";

/** Programs for tables run a cell that begins like a formula: an apostrophe stops them. */
function field(kind, value) {
  if (value === null || value === undefined) return "";
  if (kind === "time") return `${time(value, true).replace(" ", "T")}Z`;
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(columns, rows) {
  const lines = [columns.map((column) => field("text", column.name)).join(",")];
  for (const row of rows) lines.push(columns.map((column, place) => field(column.kind, row[place])).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** Hands a file to the person. */
export function save(name, text) {
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
