// The little HTML that Teams takes in a text: read tag by tag, only the elements named here are ever made.

import { h, link } from "../lib/dom.js";

const TAGS = { b: "strong", strong: "strong", i: "em", em: "em", u: "u", s: "del", strike: "del", del: "del", code: "code", pre: "pre", blockquote: "blockquote", p: "p", div: "div", span: "span", ul: "ul", ol: "ol", li: "li", h1: "p", h2: "p", h3: "p", table: "table", tr: "tr", td: "td", th: "th", a: "a" };
const ALONE = { br: () => h("br"), hr: () => h("hr") };
const TOKEN = /<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)\/?>|<\uE000(\d{1,4})>|&(amp|lt|gt|quot|apos|nbsp|#\d{1,7});/gi;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const HREF = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)')/i;
const MAX_DEPTH = 40;

/** Nodes for a text with markup. `mention(number)` is the node for a mention's mark (see text.js). */
export function markup(text, mention) {
  const root = h("div", { class: "markup" });
  /** @type {{tag: string | null, node: HTMLElement}[]} */
  const open = [{ tag: null, node: root }];
  const put = (part) => open[open.length - 1].node.append(part);
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [whole, closing, name, attributes, marked, entity] = found;
    put(text.slice(end, found.index));
    end = found.index + whole.length;
    const tag = name?.toLowerCase();
    if (marked !== undefined) put(mention(Number(marked)) ?? "");
    else if (entity) put(character(entity));
    else if (ALONE[tag]) put(ALONE[tag]());
    else if (!(tag in TAGS)) put(whole);
    else if (closing) shut(open, tag);
    else if (open.length < MAX_DEPTH) {
      const node = element(tag, attributes);
      put(node);
      open.push({ tag, node });
    }
  }
  put(text.slice(end));
  return root;
}

/** Closes the innermost element of this name, with all that is open in it. */
function shut(open, tag) {
  const at = open.findLastIndex((each) => each.tag === tag);
  if (at > 0) open.length = at;
}

function element(tag, attributes) {
  const heading = /^h([1-3])$/.exec(tag);
  if (heading) return h("p", { class: `heading heading-${heading[1]}`, role: "heading", "aria-level": Number(heading[1]) + 2 });
  if (tag === "a") {
    const [, double, single] = HREF.exec(attributes) ?? [];
    return link((double ?? single ?? "").replaceAll("&amp;", "&"));
  }
  return h(TAGS[tag], { class: tag === "pre" ? "code" : null });
}

function character(entity) {
  const point = Number(entity.slice(1));
  if (entity[0] !== "#") return ENTITIES[entity.toLowerCase()];
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : `&${entity};`;
}
