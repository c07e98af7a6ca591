// `rich_text` blocks: sections, lists, quotes, preformatted; and the styled runs within.

import { h, link } from "../lib/dom.js";
import { emoji } from "../lib/emoji.js";
import { mention } from "./mrkdwn.js";

/** The nodes of a rich_text block. */
export function richText(block, store) {
  const out = [];
  let open = []; // lists still open, by their indent
  for (const element of block.elements ?? []) {
    if (element.type === "rich_text_list") {
      place(element, out, open, store);
      continue;
    }
    open = [];
    const runs = (element.elements ?? []).map((run) => inlineRun(run, store));
    if (element.type === "rich_text_quote") out.push(h("blockquote", {}, runs.map(breaks)));
    else if (element.type === "rich_text_preformatted") out.push(h("pre", { class: "code", tabindex: 0 }, h("code", {}, runs.map((run) => (typeof run === "string" ? run : run.textContent)))));
    else out.push(h("p", {}, runs.map(breaks)));
  }
  return out;
}

/** Slack sends nested lists one after the other with an indent; they nest again here. */
function place(element, out, open, store) {
  const indent = Math.min(element.indent ?? 0, 8);
  const items = (element.elements ?? []).map((section) => h("li", {}, (section.elements ?? []).map((run) => inlineRun(run, store)).map(breaks)));
  while (open.length && open.at(-1).indent > indent) open.pop();
  const last = open.at(-1);
  const tag = element.style === "ordered" ? "ol" : "ul";
  if (last && last.indent === indent && last.node.tagName.toLowerCase() === tag) {
    last.node.append(...items);
    return;
  }
  if (last && last.indent === indent) open.pop();
  const start = tag === "ol" && element.offset ? element.offset + 1 : null;
  const node = h(tag, { start, class: element.border ? "bordered" : null }, items);
  const parent = open.at(-1)?.node.lastElementChild;
  if (parent) parent.append(node);
  else out.push(node);
  open.push({ indent, node });
}

function breaks(run) {
  if (typeof run !== "string") return run;
  return run.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

function inlineRun(run, store) {
  switch (run.type) {
    case "text":
      return styled(String(run.text ?? ""), run.style);
    case "link":
      return styledNode(link(String(run.url ?? ""), run.text || run.url), run.style);
    case "emoji":
      return emoji(run.name ?? "") ?? `:${run.name}:`;
    case "user":
      return mention(run.user_id, store);
    case "channel":
      return h("span", { class: "mention" }, `#${store.channels.get(run.channel_id)?.name ?? run.channel_id}`);
    case "usergroup":
      return h("span", { class: "mention" }, `@${run.usergroup_id}`);
    case "broadcast":
      return h("span", { class: "mention me" }, `@${run.range}`);
    case "date":
      return run.fallback ?? new Date((run.timestamp ?? 0) * 1000).toLocaleString();
    case "color":
      return String(run.value ?? "");
    default:
      return String(run.text ?? "");
  }
}

function styled(text, style) {
  if (!style || !Object.values(style).some(Boolean)) return text;
  return styledNode(text.includes("\n") ? h("span", {}, breaks(text)) : text, style);
}

/** @type {[string, keyof HTMLElementTagNameMap][]} */
const STYLES = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "del"], ["underline", "u"]];

function styledNode(content, style = {}) {
  let node = content;
  for (const [name, tag] of STYLES) {
    if (style?.[name]) node = h(tag, {}, node);
  }
  return node;
}
