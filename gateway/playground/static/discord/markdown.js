// Discord's own flavour of Markdown -> DOM: what its client draws and nothing else (no tables, no rules, no images).
//
// Line breaks and empty lines stay. What stands within a line is spans.js's; `where` is as there.

import { h } from "../lib/dom.js";
import { known } from "../lib/match.js";
import { MAX_DEPTH, spans } from "./spans.js";

const HEADING = /^(#{1,3}) +(\S.*)$/;
const SUBTEXT = /^-# +(\S.*)$/;
const ITEM = /^( *)([-*]|\d{1,9}\.) +(\S.*)$/;
const QUOTE = /^> (.*)$/;
const QUOTE_REST = /^>>> /;

/** The nodes for a message's text. */
export function markdown(text, where) {
  return blocks(text.replace(/\r\n?/g, "\n"), where, 0);
}

/** Code first, because nothing in it is interpreted; then what stands between, line by line. */
function blocks(text, where, depth) {
  const out = [];
  let at = 0;
  for (const block of fencedOrQuoted(text, depth)) {
    out.push(...lines(text.slice(at, block.start).replace(/\n$/, ""), where, depth, out.length > 0));
    out.push(block.fence !== undefined ? fence(block) : h("blockquote", {}, blocks(block.inside, where, depth + 1)));
    at = block.end;
  }
  out.push(...lines(text.slice(at), where, depth, out.length > 0));
  return out;
}

/**
 * Where code blocks and quotes stand.
 * @returns {Generator<{start: number, end: number, fence: string, language: string} | {start: number, end: number, fence?: undefined, inside: string}>}
 */
function* fencedOrQuoted(text, depth) {
  const opening = /```|^>>> |^> /gm;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const start = found.index;
    if (found[0] === "```") {
      const close = text.indexOf("```", start + 3);
      if (close < 0 || !text.slice(start + 3, close).trim()) continue;
      const [, language = "", body] = known(/^(?:([\w+.#-]*)\n)?([^]*)$/, text.slice(start + 3, close));
      yield { start, end: close + 3, fence: body.replace(/^\n+|\n+$/g, ""), language };
      opening.lastIndex = close + 3;
    } else if (depth < MAX_DEPTH) {
      const end = QUOTE_REST.test(found[0]) ? text.length : endOfQuote(text, start);
      const inside = QUOTE_REST.test(found[0]) ? text.slice(start + 4) : text.slice(start, end).split("\n").map((line) => QUOTE.exec(line)?.[1] ?? "").join("\n");
      yield { start, end, inside };
      opening.lastIndex = end;
    }
  }
}

function endOfQuote(text, start) {
  let end = start;
  for (;;) {
    const next = text.indexOf("\n", end);
    if (next < 0) return text.length;
    if (!text.startsWith("> ", next + 1)) return next;
    end = next + 1;
  }
}

function fence({ fence: body, language }) {
  return h("pre", { class: "code", tabindex: 0, "data-language": language || null }, h("code", {}, body));
}

/** Headings, small text and lists; all lines between them are one text. A block takes the line break after it along. */
function lines(text, where, depth, afterBlock) {
  const out = [];
  let plain = [];
  const shut = () => {
    if (plain.length) out.push(...spans(plain.join("\n"), where, depth));
    plain = [];
  };
  const all = (afterBlock ? text.replace(/^\n/, "") : text).split("\n");
  for (let at = 0; at < all.length; at += 1) {
    const heading = HEADING.exec(all[at]);
    const subtext = SUBTEXT.exec(all[at]);
    if (heading) {
      shut();
      out.push(h("p", { class: `heading heading-${heading[1].length}`, role: "heading", "aria-level": heading[1].length + 2 }, spans(heading[2], where, depth)));
    } else if (subtext) {
      shut();
      out.push(h("p", { class: "subtext" }, spans(subtext[1], where, depth)));
    } else if (ITEM.test(all[at])) {
      shut();
      const [node, next] = list(all, at, where, depth, 0);
      out.push(node);
      at = next - 1;
    } else plain.push(all[at]);
  }
  if (plain.length === 1 && !plain[0]) plain = [];
  shut();
  return out;
}

/** A list and those within it, from line `at`; returns its node and the line after it. */
function list(all, at, where, depth, level) {
  const [, spaces, mark] = known(ITEM, all[at]);
  const indent = spaces.length;
  const ordered = /\d/.test(mark);
  const items = [];
  let next = at;
  while (next < all.length) {
    const found = ITEM.exec(all[next]);
    if (!found || found[1].length < indent) break;
    if (found[1].length > indent + 1 && items.length && level < MAX_DEPTH) {
      const [inner, after] = list(all, next, where, depth, level + 1);
      items[items.length - 1].append(inner);
      next = after;
      continue;
    }
    if (/\d/.test(found[2]) !== ordered) break;
    items.push(h("li", {}, spans(found[3], where, depth)));
    next += 1;
  }
  const start = ordered ? Number.parseInt(mark, 10) : null;
  return [h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null }, items), next];
}
