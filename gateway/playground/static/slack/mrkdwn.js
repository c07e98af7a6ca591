// Slack's own text format: `*bold*`, `<@U…>`, `<url|label>`; and what a person types, to and from it.

import { h, link } from "../lib/dom.js";
import { emoji } from "../lib/emoji.js";
import { markdown, trimUrl } from "../lib/markdown.js";

/** What both of Slack's formats share: mentions and emoji. */
export function hooks(store) {
  return { angle: (content) => token(content, store), emoji };
}

/** Nodes for a `markdown` block. */
export function richMarkdown(text, store) {
  return markdown(text, hooks(store));
}

/** Nodes for a mrkdwn text. */
export function mrkdwn(text, store) {
  const out = [];
  // Fences first: nothing is interpreted within.
  const parts = text.split("```");
  for (const [index, part] of parts.entries()) {
    if (index % 2 && index < parts.length - 1) out.push(h("pre", { class: "code", tabindex: 0 }, h("code", {}, unescape(part.replace(/^\n|\n$/g, "")))));
    else out.push(...lines(index % 2 ? `\`\`\`${part}` : part, store, out.length > 0));
  }
  return out;
}

/** Nodes for a text object of Block Kit. */
export function textObject(object, store) {
  if (!object) return [];
  if (typeof object === "string") return [object];
  return object.type === "mrkdwn" ? mrkdwn(String(object.text ?? ""), store) : [plain(String(object.text ?? ""))];
}

/** A `plain_text`: emoji names become emoji, nothing else happens. */
export function plain(text) {
  return text.replace(/:([a-z0-9_+'-]{1,60}):/g, (whole, name) => emoji(name) ?? whole);
}

function lines(text, store, afterBlock) {
  const out = [];
  let quoted = [];
  const shut = () => {
    if (quoted.length) out.push(h("blockquote", {}, quoted.flatMap((line, index) => [index ? h("br") : null, span(line, store)])));
    quoted = [];
  };
  let fresh = true;
  for (const line of (afterBlock ? text.replace(/^\n/, "") : text).split("\n")) {
    const quote = /^(?:&gt;|>) ?/.exec(line);
    if (quote) quoted.push(line.slice(quote[0].length));
    else {
      const first = fresh || quoted.length > 0;
      shut();
      if (!first) out.push(h("br"));
      out.push(span(line, store));
    }
    fresh = false;
  }
  shut();
  return out.flat();
}

const SPAN = /<([^<>\n]{1,3000})>|`([^`\n]+)`|(?<![\p{L}\p{N}*_~`])([*_~])(?=\S)(.*?\S)\3(?![\p{L}\p{N}*_~`])|:([a-z0-9_+'-]{1,60}):|(?<!\w)(https?:\/\/[^\s<>]+)/gu;
const STYLES = { "*": "strong", _: "em", "~": "del" };

function span(text, store, depth = 0) {
  const out = [];
  let end = 0;
  for (const found of text.matchAll(SPAN)) {
    const [whole, angle, code, mark, inner, name, url] = found;
    let node = null;
    let taken = whole.length;
    if (angle) node = token(angle, store);
    else if (code) node = h("code", {}, unescape(code));
    else if (mark && depth < 3) node = h(STYLES[mark], {}, span(inner, store, depth + 1));
    else if (name) node = emoji(name);
    else if (url) {
      const shown = trimUrl(url);
      node = link(unescape(shown), unescape(shown));
      taken = shown.length;
    }
    if (node === null) continue;
    out.push(unescape(text.slice(end, found.index)), node);
    end = found.index + taken;
  }
  out.push(unescape(text.slice(end)));
  return out;
}

/** `<…>` of either format, null if it is none of Slack's. */
function token(content, store) {
  const [target, label] = content.includes("|") ? [content.slice(0, content.indexOf("|")), content.slice(content.indexOf("|") + 1)] : [content, null];
  if (/^@[UW]\w+$/.test(target)) return mention(target.slice(1), store, label);
  if (/^#[CGD]\w+$/.test(target)) return h("span", { class: "mention" }, `#${label || store.channels.get(target.slice(1))?.name || target.slice(1)}`);
  if (/^!(?:here|channel|everyone)$/.test(target)) return h("span", { class: "mention me" }, `@${target.slice(1)}`);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label || `@${target.slice(9)}`);
  if (target.startsWith("!date^")) return h("span", {}, label || target);
  if (/^(?:https?:\/\/|mailto:)/i.test(target)) return link(unescape(target), label ? span(label, store, 1) : unescape(target.replace(/^mailto:/i, "")));
  return null;
}

/** A user's name as a chip; one's own stands out. */
export function mention(id, store, label = null) {
  return h("span", { class: id === store.me ? "mention me" : "mention" }, `@${store.users.has(id) || id === store.bot.user_id ? handle(id, store) : label || id}`);
}

function handle(id, store) {
  return id === store.bot.user_id ? store.bot.name : (store.users.get(id)?.name ?? id);
}

export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** What a person typed, with `@name` of a known user as `<@U…>`. The platform escapes the rest, as its clients do. */
export function typedToText(typed, store) {
  const names = new Map();
  for (const user of store.users.values()) names.set(user.name.toLowerCase(), user.id);
  names.set(store.bot.name.toLowerCase(), store.bot.user_id);
  const known = [...names.keys()].filter(Boolean).sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!known.length) return typed;
  return typed.replace(new RegExp(`(?<![\\p{L}\\p{N}_@])@(${known.join("|")})(?![\\p{L}\\p{N}_])`, "giu"), (_, name) => `<@${names.get(name.toLowerCase())}>`);
}

/** A message's text as a person would type it, for editing. */
export function textToTyped(text, store) {
  return unescape(text
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (_, id) => `@${handle(id, store)}`)
    .replace(/<#\w+\|([^>]*)>/g, (_, name) => `#${name}`)
    .replace(/<!(here|channel|everyone)>/g, "@$1")
    .replace(/<(https?:[^|>]*)(?:\|[^>]*)?>/g, "$1"));
}
