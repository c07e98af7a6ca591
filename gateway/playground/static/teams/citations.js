// Citations: numbers in the text and a list below it, each opening what is known of its source.

import { h, link } from "../lib/dom.js";
import { popup } from "../lib/popup.js";

/** `find(number)` gives the node for `[number]` in the text, null where nothing is cited under it. */
export function citing(citations) {
  const known = new Map((citations ?? []).map((claim) => [claim.position, claim.appearance ?? {}]));
  return (number) => (known.has(number) ? opener(number, known.get(number), String(number), "cite") : null);
}

/** The list below a message. */
export function references(citations) {
  if (!citations?.length) return null;
  const sorted = [...citations].sort((a, b) => a.position - b.position);
  return h("ul", { class: "references", "aria-label": "References" }, sorted.map(({ position, appearance = {} }) =>
    h("li", {}, opener(position, appearance, [h("span", { class: "reference-number" }, position), h("span", { class: "reference-name" }, appearance.name)], "reference"))));
}

function opener(number, source, label, className) {
  const open = () => {
    const shown = about(source);
    popup(button, shown, { label: `Reference ${number}`, className: "citation" });
    shown[0].querySelector("a")?.focus();
  };
  const button = h("button", {
    type: "button", class: className, "aria-label": `Reference ${number}: ${source.name ?? ""}`, "aria-expanded": "false",
    dataset: { key: `${className} ${number}` }, on: { click: open },
  }, label);
  return button;
}

function about(source) {
  const usage = source.usageInfo;
  return [
    h("p", { class: "citation-name" }, source.url ? link(source.url, source.name) : source.name),
    source.abstract && h("p", { class: "citation-abstract" }, source.abstract),
    source.keywords?.length > 0 && h("ul", { class: "keywords" }, source.keywords.map((word) => h("li", { class: "badge" }, word))),
    usage?.name && h("p", { class: "citation-usage", title: usage.description }, usage.name),
  ];
}
