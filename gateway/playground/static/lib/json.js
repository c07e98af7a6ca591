// Shows a JSON value as a tree of coloured spans, long strings collapsed.

import { h } from "./dom.js";

const LONG = 160;
const MAX_NODES = 4000;

/** Nodes that print `value`. */
export function jsonTree(value) {
  const budget = { nodes: MAX_NODES };
  return h("pre", { class: "json", tabindex: 0 }, show(parsed(value), "", budget));
}

/** The value as text, for the clipboard. */
export function jsonText(value) {
  return JSON.stringify(parsed(value), null, 2) ?? "";
}

/** JSON within a string is shown as what it says. */
function parsed(value) {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function show(value, indent, budget) {
  if ((budget.nodes -= 1) < 0) return h("span", { class: "json-more" }, "…");
  if (value === null || value === undefined) return h("span", { class: "json-null" }, "null");
  if (typeof value === "string") return string(value);
  if (typeof value !== "object") return h("span", { class: "json-number" }, String(value));
  const list = Array.isArray(value);
  const entries = list ? value.map((item) => [null, item]) : Object.entries(value);
  const [open, close] = list ? "[]" : "{}";
  if (!entries.length) return [open, close];
  const inner = `${indent}  `;
  const lines = entries.map(([key, item], index) => [
    `\n${inner}`,
    key === null ? null : [h("span", { class: "json-key" }, JSON.stringify(key)), ": "],
    show(item, inner, budget),
    index < entries.length - 1 ? "," : null,
  ]);
  return [open, lines, `\n${indent}`, close];
}

function string(value) {
  const whole = JSON.stringify(value);
  if (whole.length <= LONG) return h("span", { class: "json-string" }, whole);
  const text = h("span", { class: "json-string" }, whole.slice(0, LONG));
  const more = h("button", {
    type: "button", class: "json-more",
    on: { click: () => { text.textContent = whole; more.remove(); } },
  }, `… ${(whole.length - LONG).toLocaleString("en")} more characters`);
  return [text, more];
}
