// The span of time that the page is narrowed to, and who wants to know.

const listeners = [];
let chosen = null;

/** `[from, to)` in Unix ms, or null: the whole time. */
export const current = () => chosen;

export function choose(span, by) {
  if (chosen === span || (chosen && span && chosen[0] === span[0] && chosen[1] === span[1])) return;
  chosen = span;
  for (const listener of listeners) listener(chosen, by);
}

export const onSpan = (listener) => listeners.push(listener);
