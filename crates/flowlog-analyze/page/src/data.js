// What the page shows: written by flowlog-analyze, read once.

export const data = JSON.parse(document.getElementById("data").textContent);

const missing = new Set();

/** A text of the page in its language, with `{name}` replaced. */
export function say(key, values = {}) {
  const text = data.words[key];
  if (text === undefined) {
    missing.add(key);
    throw new Error(`no text ${key}`);
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
