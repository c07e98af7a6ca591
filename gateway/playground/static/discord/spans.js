// What stands within a line of Discord's Markdown -> DOM: marks, code, links, mentions, times, spoilers.
//
// Half-written marks stay text. `where`: {store, names (of the mentions, by token)}.

import { h, link } from "../lib/dom.js";
import { trimUrl } from "../lib/markdown.js";
import { stamp } from "./stamps.js";

export const MAX_DEPTH = 6;

/** The marks, longest first: each with the element it makes. */
/** @type {[string, keyof HTMLElementTagNameMap | null][]} */
const MARKS = [["**", "strong"], ["__", "u"], ["~~", "del"], ["||", null], ["*", "em"], ["_", "em"]];
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const URL_START = /https?:\/\/[^\s<>]+/y;
const WORD = /[\p{L}\p{N}_]/u;
const EVERYONE = /@(?:everyone|here)\b/y;

function sticky(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The nodes for a text in which nothing but spans is interpreted, such as an embed's title. */
export function spans(text, where, depth = 0) {
  const out = [];
  let plain = "";
  const put = (node, end) => {
    if (plain) out.push(plain);
    plain = "";
    out.push(node);
    at = end;
  };
  const hopeless = new Set(); // marks with no closing one from here on
  let at = 0;
  while (at < text.length) {
    const c = text[at];
    const found = depth < MAX_DEPTH ? special(c, text, at, where, depth, hopeless) : c === "\n" ? { node: h("br"), end: at + 1 } : null;
    if (found) put(found.node, found.end);
    else if (c === "\\" && PUNCTUATION.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += c;
      at += 1;
    }
  }
  if (plain) out.push(plain);
  return out;
}

/** What begins at a character, as {node, end}; null where it is text. */
function special(c, text, at, where, depth, hopeless) {
  switch (c) {
    case "\n":
      return { node: h("br"), end: at + 1 };
    case "`":
      return code(text, at);
    case "<":
      return angle(text, at, where);
    case "[":
      return masked(text, at, where, depth);
    case "h": {
      const url = WORD.test(text[at - 1] ?? "") ? null : sticky(URL_START, text, at);
      const shown = url && trimUrl(url[0]);
      return shown && { node: link(shown, shown), end: at + shown.length };
    }
    case "@": {
      const all = sticky(EVERYONE, text, at);
      return all && { node: h("span", { class: "mention me" }, all[0]), end: at + all[0].length };
    }
    case "*":
    case "_":
    case "~":
    case "|":
      return marked(text, at, where, depth, hopeless);
    default:
      return null;
  }
}

function code(text, at) {
  const run = backticks(text, at);
  const end = closingTicks(text, at + run.length, run.length);
  if (end <= at + run.length) return { node: run, end: at + run.length };
  return { node: h("code", {}, text.slice(at + run.length, end).trim()), end: end + run.length };
}

function closingTicks(text, from, count) {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) if (run[0].length === count) return run.index;
  return -1;
}

/** The backticks that stand at `at`, at most 64. */
const backticks = (text, at) => /^`*/.exec(text.slice(at, at + 64))?.[0] ?? "";

function marked(text, at, where, depth, hopeless) {
  for (const [mark, tag] of MARKS) {
    if (!text.startsWith(mark, at) || hopeless.has(mark)) continue;
    const from = at + mark.length;
    if (mark === "*" && /\s/.test(text[from] ?? " ")) continue;
    if (mark === "_" && WORD.test(text[at - 1] ?? "")) continue;
    const close = closing(text, from, mark);
    if (close < 0) {
      hopeless.add(mark);
      continue;
    }
    const inner = spans(text.slice(from, close), where, depth + 1);
    return { node: tag ? h(tag, {}, inner) : spoiler(inner), end: close + mark.length };
  }
  return null;
}

/** Where a mark is closed: not within code, not escaped, and a single one not by a half of a double one. */
function closing(text, from, mark) {
  const [c] = mark;
  let at = from;
  while (at < text.length) {
    if (text[at] === "\\") at += 2;
    else if (text[at] === "`") {
      const run = backticks(text, at).length;
      const end = closingTicks(text, at + run, run);
      at = end < 0 ? at + run : end + run;
    } else if (text[at] === c) {
      let end = at;
      while (text[end] === c) end += 1;
      const count = end - at;
      const fits = mark.length === 2 ? count >= 2 : count % 2 === 1;
      if (fits && end - mark.length > from && closes(mark, text, at, end)) return end - mark.length;
      at = end;
    } else at += 1;
  }
  return -1;
}

function closes(mark, text, start, end) {
  if (mark === "*") return !/\s/.test(text[start - 1] ?? " ");
  if (mark === "_") return !WORD.test(text[end] ?? "");
  return true;
}

/** Covered until it is asked for, for the eye and for a screen reader alike. */
export function spoiler(inner, label = "Spoiler") {
  const covered = h("span", { class: "spoiler-inside", inert: true }, inner);
  const open = (event) => {
    if (node.dataset.open || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    node.dataset.open = "true";
    covered.inert = false;
    for (const name of ["role", "aria-label", "tabindex"]) node.removeAttribute(name);
  };
  const node = h("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": `${label}: show it`, on: { click: open, keydown: open } }, covered);
  return node;
}

function masked(text, at, where, depth) {
  const found = sticky(/\[((?:\\.|[^\]\\\n]){1,1000})\]\(<?(https?:\/\/(?:[^\s()<>]|\([^\s()<>]*\))+)>?(?: +"[^"\n]*")?\)/y, text, at);
  return found && { node: link(found[2], spans(found[1], where, depth + 1)), end: at + found[0].length };
}

/** `<…>`: mentions, times, emoji, links without a preview. */
function angle(text, at, where) {
  const end = text.indexOf(">", at);
  if (end < 0 || end - at > 2100) return null;
  const token = text.slice(at, end + 1);
  const node = angled(token, where);
  return node && { node, end: end + 1 };
}

function angled(token, { store, names = {} }) {
  const mention = /^<(@!?|@&|#)(\d{1,20})>$/.exec(token);
  if (mention) {
    const [, kind, id] = mention;
    // The store knows what people are called in this server.
    const known = (kind === "#" ? store.channelName(id) : kind === "@&" ? null : store.mentionName(id)) ?? names[token];
    const mine = kind !== "#" && kind !== "@&" && id === store.me;
    return h("span", { class: mine ? "mention me" : "mention" }, known ?? (kind === "#" ? "#unknown" : "@unknown"));
  }
  const command = /^<\/([^:>]{1,100}):\d{1,20}>$/.exec(token);
  if (command) return h("span", { class: "mention" }, `/${command[1]}`);
  const custom = /^<a?(:\w{2,32}:)\d{1,20}>$/.exec(token);
  if (custom) return h("span", { class: "custom-emoji" }, custom[1]);
  const time = /^<t:(-?\d{1,17})(?::([tTdDfFR]))?>$/.exec(token);
  if (time) return stamp(Number(time[1]), time[2] ?? "f");
  const url = /^<(https?:\/\/[^\s<>]+)>$/.exec(token);
  return url ? link(url[1], url[1]) : null;
}
