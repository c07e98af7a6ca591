// A small Markdown -> DOM renderer: CommonMark's everyday part, GFM tables, strikethrough and task lists.
//
// It only ever creates the elements named here, and text as text nodes; raw HTML is shown as it was written. Images
// become links: a model's text must not make the browser fetch anything. Half-written Markdown (a stream) renders
// as far as it is clear. `hooks.angle(content)` may claim `<content>`, `hooks.emoji(name)` may claim `:name:`,
// `hooks.cite(number)` may claim `[number]`. `hooks.without` names what a platform leaves as text: "heading", "table",
// "rule", "quote", "fence", "code", "strikethrough"; without "break" a line that ends goes on in the same paragraph.

import { h, link } from "./dom.js";
import { known } from "./match.js";

const MAX_DEPTH = 8;
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`\s]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const DELIMITER_ROW = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** The nodes for a Markdown text. */
export function markdown(text, hooks = {}) {
  return blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), hooks, 0);
}

function blocks(lines, hooks, depth) {
  const out = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at += 1;
      continue;
    }
    const rule = RULES.find((candidate) => candidate.starts(line, lines[at + 1], depth) && !hooks.without?.has(candidate.name));
    const [node, next] = rule ? rule.read(lines, at, hooks, depth) : paragraph(lines, at, hooks, depth);
    out.push(node);
    at = next;
  }
  return out;
}

const RULES = [
  { name: "fence", starts: (line) => FENCE.test(line), read: fence },
  { name: "fence", starts: (line) => /^ {4}/.test(line), read: indented },
  { name: "heading", starts: (line) => HEADING.test(line), read: heading },
  { name: "rule", starts: (line) => RULE.test(line), read: (lines, at) => [h("hr"), at + 1] },
  { name: "quote", starts: (line, _, depth) => QUOTE.test(line) && depth < MAX_DEPTH, read: quote },
  { name: "list", starts: (line, _, depth) => ITEM.test(line) && depth < MAX_DEPTH, read: list },
  { name: "table", starts: (line, next) => isTable(line, next), read: table },
];

function interrupts(line, next, hooks, depth) {
  if (/^ {4}/.test(line)) return false;
  const item = ITEM.exec(line);
  // A number in the middle of a text is a list only when it is 1, so that "in\n2026. It" stays a sentence.
  if (item) return depth < MAX_DEPTH && line.length > item[0].length && !/^ {0,3}(?!1[.)])\d/.test(line);
  return RULES.some((rule) => rule.starts(line, next, depth) && !hooks.without?.has(rule.name));
}

function fence(lines, at) {
  const [, indent, mark, language] = known(FENCE, lines[at]);
  const end = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}[ ]*$`);
  const body = [];
  let next = at + 1;
  while (next < lines.length && !end.test(lines[next])) {
    body.push(lines[next].startsWith(indent) ? lines[next].slice(indent.length) : lines[next].trimStart());
    next += 1;
  }
  return [code(body.join("\n"), language), next + 1];
}

function code(text, language) {
  return h("pre", { class: "code", tabindex: 0, "data-language": language || null }, h("code", {}, text));
}

function indented(lines, at) {
  const body = [];
  let next = at;
  while (next < lines.length && (/^ {4}/.test(lines[next]) || !lines[next].trim())) body.push(lines[next++].slice(4));
  while (body.length && !body[body.length - 1].trim()) body.pop();
  return [code(body.join("\n")), next];
}

function heading(lines, at, hooks) {
  const [, marks, text] = known(HEADING, lines[at]);
  return [h("p", { class: `heading heading-${marks.length}`, role: "heading", "aria-level": Math.min(6, marks.length + 2) }, inline(text ?? "", hooks)), at + 1];
}

function quote(lines, at, hooks, depth) {
  const body = [];
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next])) body.push(lines[next++].replace(QUOTE, ""));
  return [h("blockquote", {}, blocks(body, hooks, depth + 1)), next];
}

function list(lines, at, hooks, depth) {
  const ordered = /\d/.test(known(ITEM, lines[at])[2]);
  const kind = ordered ? known(/[.)]$/, known(ITEM, lines[at])[2])[0] : known(ITEM, lines[at])[2];
  const same = (line) => {
    const found = ITEM.exec(line);
    return found && !RULE.test(line) && (ordered ? /\d/.test(found[2]) && found[2].endsWith(kind) : found[2] === kind);
  };
  const items = [];
  let next = at;
  let loose = false;
  while (next < lines.length && same(lines[next])) {
    const found = known(ITEM, lines[next]);
    const base = found[1].length;
    const width = found[0].length - (found[3].length > 4 ? found[3].length - 1 : 0) + (found[3] ? 0 : 1);
    const body = [lines[next].slice(width)];
    next += 1;
    let blank = false;
    while (next < lines.length) {
      const line = lines[next];
      const indent = known(/^ */, line)[0].length;
      // Two spaces are enough for an inner item, as models write them; CommonMark wants the width of the marker.
      const inside = indent >= width || (indent >= base + 2 && ITEM.test(line.trimStart()));
      if (!line.trim()) blank = true;
      else if (inside) blank = false;
      else if (blank || ITEM.test(line) || interrupts(line, lines[next + 1], hooks, depth)) break;
      body.push(line.slice(Math.min(width, indent)));
      next += 1;
    }
    while (body.length && !body[body.length - 1].trim()) body.pop();
    if (blank && next < lines.length && same(lines[next])) loose = true;
    items.push(body);
  }
  const start = ordered ? Number.parseInt(known(ITEM, lines[at])[2], 10) : null;
  const nodes = items.map((body) => item(body, hooks, depth + 1));
  return [h(ordered ? "ol" : "ul", { class: loose ? "loose" : null, start: ordered && start !== 1 ? start : null }, nodes), next];
}

function item(body, hooks, depth) {
  const task = /^\[([ xX])\] +/.exec(body[0] ?? "");
  if (!task) return h("li", {}, blocks(body, hooks, depth));
  const done = task[1] !== " ";
  const rest = [body[0].slice(task[0].length), ...body.slice(1)];
  return h("li", { class: "task" }, h("input", { type: "checkbox", disabled: true, ".checked": done, "aria-label": done ? "done" : "open" }), blocks(rest, hooks, depth));
}

function isTable(line, next) {
  return line.includes("|") && next !== undefined && next.includes("-") && DELIMITER_ROW.test(next) && cells(line).length === cells(next).length;
}

/** A row's cells; `\|` and pipes within code do not divide. */
function cells(line) {
  const row = line.trim().replace(/^\|/, "");
  const out = [""];
  let ticks = false;
  for (let at = 0; at < row.length; at += 1) {
    const c = row[at];
    if (c === "\\" && row[at + 1] === "|") {
      out[out.length - 1] += "|";
      at += 1;
    } else if (c === "|" && !ticks) out.push("");
    else {
      if (c === "`") ticks = !ticks && row.indexOf("`", at + 1) >= 0;
      out[out.length - 1] += c;
    }
  }
  if (/(?:^|[^\\])\|\s*$/.test(row)) out.pop();
  return out.map((cell) => cell.trim());
}

function table(lines, at, hooks) {
  const head = cells(lines[at]);
  const align = cells(lines[at + 1]).map((cell) => (/^:-+:$/.test(cell) ? "center" : /-:$/.test(cell) ? "right" : null));
  const body = [];
  let next = at + 2;
  while (next < lines.length && lines[next].trim() && lines[next].includes("|")) body.push(cells(lines[next++]));
  const cell = (tag) => (text, column) => h(tag, { scope: tag === "th" ? "col" : null, class: align[column] ? `align-${align[column]}` : null }, inline(text ?? "", hooks));
  const rows = body.map((row) => h("tr", {}, head.map((_, column) => cell("td")(row[column], column))));
  return [tableFrame(h("tr", {}, head.map(cell("th"))), rows), next];
}

/** A table that scrolls by itself instead of widening the page. */
export function tableFrame(head, rows, caption = null) {
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": caption ?? "Table" },
    h("table", {}, caption && h("caption", {}, caption), head && h("thead", {}, head), h("tbody", {}, rows)));
}

function paragraph(lines, at, hooks, depth) {
  const body = [lines[at].trim()];
  let next = at + 1;
  while (next < lines.length && lines[next].trim()) {
    const underline = hooks.without?.has("heading") ? null : /^ {0,3}(=+|-{2,}) *$/.exec(lines[next]);
    if (underline) {
      const level = underline[1][0] === "=" ? 1 : 2;
      return [h("p", { class: `heading heading-${level}`, role: "heading", "aria-level": level + 2 }, inline(body.join("\n"), hooks)), next + 1];
    }
    if (interrupts(lines[next], lines[next + 1], hooks, depth)) break;
    body.push(lines[next].trim());
    next += 1;
  }
  return [h("p", {}, inline(body.join("\n"), hooks)), next];
}

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const URL_START = /https?:\/\/[^\s<>]+/y;
const ENTITY = /&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{1,7})|#x([0-9a-f]{1,6}));/iy;
const EMOJI = /:([a-z0-9_+'-]{1,60}):/y;
const CITED = /\[(\d{1,3})\]/y;
const BREAK = /\n/;

function sticky(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The nodes for a span of text: emphasis, code, links; a line break stays one. */
export function inline(text, hooks = {}, depth = 0) {
  const parts = []; // nodes, strings, and {mark, count, open, close} for delimiters still to be matched
  let plain = "";
  const flush = () => {
    if (plain) parts.push(plain);
    plain = "";
  };
  const put = (node) => {
    flush();
    parts.push(node);
  };
  let at = 0;
  while (at < text.length) {
    const c = text[at];
    if (c === "\\" && PUNCTUATION.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else if (c === "\n" && hooks.without?.has("break")) {
      plain = `${plain.trimEnd()} `;
      at += 1;
    } else if (c === "\n" || (c === "\\" && text[at + 1] === "\n")) {
      plain = plain.trimEnd();
      put(h("br"));
      at += c === "\n" ? 1 : 2;
    } else if (c === "`" && !hooks.without?.has("code")) {
      const run = known(/^`+/, text.slice(at, at + 64))[0];
      const end = closingTicks(text, at + run.length, run.length);
      if (end < 0) {
        plain += run;
        at += run.length;
      } else {
        const body = text.slice(at + run.length, end).replaceAll("\n", " ");
        put(h("code", {}, /^ .*[^ ].* $/.test(body) ? body.slice(1, -1) : body));
        at = end + run.length;
      }
    } else if (c === "<") {
      const end = text.indexOf(">", at);
      const content = end > 0 && end - at < 3000 ? text.slice(at + 1, end) : null;
      const node = content === null || BREAK.test(content) ? null : angle(content, hooks);
      if (node) {
        put(node);
        at = end + 1;
      } else {
        plain += c;
        at += 1;
      }
    } else if ((c === "[" || (c === "!" && text[at + 1] === "[")) && depth < 4) {
      const found = readLink(text, c === "!" ? at + 1 : at);
      const cited = !found && hooks.cite && sticky(CITED, text, at);
      const claim = cited && hooks.cite(Number(cited[1]));
      if (found) {
        put(link(found.url, inline(found.label, hooks, depth + 1)));
        at = found.end;
      } else if (claim) {
        put(claim);
        at += cited[0].length;
      } else {
        plain += c;
        at += 1;
      }
    } else if (c === "h" && sticky(URL_START, text, at) && !/\w/.test(text[at - 1] ?? "")) {
      const url = trimUrl(sticky(URL_START, text, at)[0]);
      put(link(url, url));
      at += url.length;
    } else if (c === ":" && hooks.emoji && sticky(EMOJI, text, at)) {
      const found = sticky(EMOJI, text, at);
      const shown = hooks.emoji(found[1]);
      plain += shown ?? found[0];
      at += found[0].length;
    } else if (c === "&" && sticky(ENTITY, text, at)) {
      const found = sticky(ENTITY, text, at);
      plain += entity(found);
      at += found[0].length;
    } else if (c === "*" || c === "_" || (c === "~" && !hooks.without?.has("strikethrough"))) {
      let end = at;
      while (text[end] === c) end += 1;
      const mark = delimiter(c, end - at, text[at - 1], text[end]);
      if (mark) put(mark);
      else plain += text.slice(at, end);
      at = end;
    } else {
      plain += c;
      at += 1;
    }
  }
  flush();
  return emphasis(parts);
}

function closingTicks(text, from, count) {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) if (run[0].length === count) return run.index;
  return -1;
}

function angle(content, hooks) {
  const claimed = hooks.angle?.(content);
  if (claimed) return claimed;
  if (/^(?:https?:\/\/|mailto:)[^\s|]+$/i.test(content)) return link(content, content.replace(/^mailto:/i, ""));
  return null;
}

function readLink(text, open) {
  let depth = 0;
  let close = open;
  const limit = Math.min(text.length, open + 2000);
  for (; close < limit; close += 1) {
    if (text[close] === "\\") close += 1;
    else if (text[close] === "[") depth += 1;
    else if (text[close] === "]" && (depth -= 1) === 0) break;
  }
  if (depth !== 0 || close >= limit || text[close + 1] !== "(") return null;
  const target = /\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y;
  const found = sticky(target, text, close + 1);
  if (!found) return null;
  const url = (found[1] ?? found[2]).replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(/&amp;/g, "&");
  return { label: text.slice(open + 1, close), url, end: close + 1 + found[0].length };
}

/** Punctuation after an address is the sentence's, and so is a bracket it did not open. */
export function trimUrl(url) {
  let shown = url.replace(/[.,;:!?'"*_~]+$/, "");
  while (shown.endsWith(")") && shown.split(")").length > shown.split("(").length) shown = shown.slice(0, -1).replace(/[.,;:!?'"*_~]+$/, "");
  return shown;
}

function entity([whole, name, decimal, hex]) {
  if (name) return ENTITIES[name.toLowerCase()];
  const point = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
}

function delimiter(mark, count, before, after) {
  if (mark === "~" && count > 2) return null;
  const spaceBefore = before === undefined || /\s/.test(before);
  const spaceAfter = after === undefined || /\s/.test(after);
  const wordBefore = !spaceBefore && !PUNCTUATION.test(before);
  const wordAfter = !spaceAfter && !PUNCTUATION.test(after);
  const left = !spaceAfter && (wordAfter || spaceBefore || !wordBefore);
  const right = !spaceBefore && (wordBefore || spaceAfter || !wordAfter);
  const open = mark === "_" ? left && (!right || !wordBefore) : left;
  const close = mark === "_" ? right && (!left || !wordAfter) : right;
  return open || close ? { mark, count, open, close } : null;
}

const isMark = (part) => typeof part === "object" && !(part instanceof Node);

/** Matches delimiters, closest first; what stays unmatched is text. */
function emphasis(parts) {
  for (let closer = 0; closer < parts.length; closer += 1) {
    const end = parts[closer];
    if (!isMark(end) || !end.close) continue;
    let opener = closer - 1;
    while (opener >= 0 && !(isMark(parts[opener]) && parts[opener].open && pairs(parts[opener], end))) opener -= 1;
    if (opener < 0) continue;
    const start = parts[opener];
    const used = end.mark === "~" ? end.count : Math.min(2, start.count, end.count);
    const tag = end.mark === "~" ? "del" : used === 2 ? "strong" : "em";
    const inner = h(tag, {}, parts.slice(opener + 1, closer).map(settle));
    start.count -= used;
    end.count -= used;
    const rest = [start.count ? start : null, inner, end.count ? end : null].filter(Boolean);
    parts.splice(opener, closer - opener + 1, ...rest);
    closer = opener + rest.indexOf(inner);
  }
  return parts.map(settle);
}

function pairs(start, end) {
  if (start.mark !== end.mark) return false;
  if (start.mark === "~") return start.count === end.count;
  const both = (start.close && start.open) || (end.open && end.close);
  return !(both && (start.count + end.count) % 3 === 0 && !(start.count % 3 === 0 && end.count % 3 === 0));
}

const settle = (part) => (isMark(part) ? part.mark.repeat(part.count) : part);
