// The elements of Adaptive Cards, as Teams draws them: https://adaptivecards.io/explorer

import { h, safeUrl } from "../lib/dom.js";
import { actionSet } from "./actions.js";
import { INPUTS } from "./inputs.js";
import { picture, pictureUrl } from "./pictures.js";
import { cardText, dated } from "./text.js";

const SPACINGS = ["none", "small", "default", "medium", "large", "extraLarge", "padding"];
const SIZES = ["small", "default", "medium", "large", "extraLarge"];
const COLORS = ["default", "dark", "light", "accent", "good", "warning", "attention"];
const STYLES = ["default", "emphasis", "good", "attention", "warning", "accent"];
const SIDES = ["left", "center", "right"];
const HEIGHTS = ["top", "center", "bottom"];
const IMAGE_SIZES = ["auto", "stretch", "small", "medium", "large"];

/** Nodes for a list of elements. */
export function elements(list, card, scope) {
  return (list ?? []).map((each) => element(each ?? {}, card, scope));
}

function element(given, card, scope) {
  const node = (KINDS[given.type] ?? INPUTS[given.type] ?? unknown)(given, card, scope);
  return placed(node, given, card, scope);
}

/** What all elements have: an id, room before them, a line, a height, an action for the whole. */
function placed(node, given, card, scope) {
  node.classList.add("ac", `spacing-${pick(given.spacing, SPACINGS, "default")}`);
  if (given.separator) node.classList.add("separated");
  if (given.height === "stretch") node.classList.add("stretched");
  node.hidden = given.isVisible === false;
  if (given.id) card.named.set(given.id, node);
  if (given.selectAction) card.selectable(node, given.selectAction, scope);
  return node;
}

const KINDS = {
  TextBlock: textBlock,
  RichTextBlock: richTextBlock,
  Image: image,
  ImageSet: (given, card, scope) => h("div", { class: "ac-images" }, (given.images ?? []).map((each) => placed(image({ size: given.imageSize ?? "medium", ...each }), each, card, scope))),
  Media: media,
  FactSet: (given) => h("dl", { class: "ac-facts" }, (given.facts ?? []).flatMap((fact) => [h("dt", {}, cardText(fact?.title)), h("dd", {}, cardText(fact?.value))])),
  Container: (given, card, scope) => container(given, elements(given.items, card, scope)),
  ColumnSet: (given, card, scope) => container(given, (given.columns ?? []).map((each) => column(each ?? {}, card, scope)), "ac-columns"),
  Table: table,
  ActionSet: (given, card, scope) => h("div", {}, actionSet(given.actions ?? [], card, scope)),
};

function unknown(given) {
  return h("details", { class: "unknown" }, h("summary", {}, `This page does not draw “${given.type}”`), h("pre", { class: "code" }, JSON.stringify(given, null, 2)));
}

/** One of the values a property may have, in any case; else the one it has by default. */
function pick(value, allowed, otherwise) {
  return allowed.find((each) => each.toLowerCase() === String(value).toLowerCase()) ?? otherwise;
}

/** The classes of a text's looks, which a block and a run have in common. */
function looks(given) {
  const classes = [`size-${pick(given.size, SIZES, "default")}`, `color-${pick(given.color, COLORS, "default")}`];
  if (/^bolder$/i.test(given.weight)) classes.push("bolder");
  if (/^lighter$/i.test(given.weight)) classes.push("lighter");
  if (given.isSubtle) classes.push("subtle");
  if (/^monospace$/i.test(given.fontType)) classes.push("monospace");
  return classes;
}

function textBlock(given) {
  const heading = /^heading$/i.test(given.style);
  const wrap = given.wrap === true;
  const classes = ["ac-text", `align-${pick(given.horizontalAlignment, SIDES, "left")}`, heading ? "ac-heading" : "", wrap ? "" : "one-line", ...looks(given)];
  const clamp = wrap && given.maxLines > 0 ? { webkitLineClamp: String(given.maxLines) } : undefined;
  if (clamp) classes.push("clamped");
  return h("div", { class: classes.filter(Boolean).join(" "), style: clamp, role: heading ? "heading" : null, "aria-level": heading ? 3 : null }, cardText(given.text));
}

function richTextBlock(given, card, scope) {
  const runs = (given.inlines ?? []).map((each) => {
    const run = typeof each === "string" ? { text: each } : (each ?? {});
    const marks = ["italic", "strikethrough", "underline", "highlight"].filter((name) => run[name]);
    const node = h("span", { class: ["run", ...looks(run), ...marks].join(" ") }, dated(String(run.text ?? "")));
    if (run.selectAction) card.selectable(node, run.selectAction, scope);
    return node;
  });
  return h("div", { class: `ac-text align-${pick(given.horizontalAlignment, SIDES, "left")}` }, h("p", {}, runs));
}

function image(given) {
  const pixels = (value) => (/^\d{1,4}px$/.test(value ?? "") ? value : "");
  const style = { width: pixels(given.width), height: pixels(given.height) };
  const shape = /^(?:person|roundedCorners)$/i.test(given.style) ? given.style.toLowerCase() : "";
  return h("div", { class: `ac-image align-${pick(given.horizontalAlignment, SIDES, "left")} image-${pick(given.size, IMAGE_SIZES, "auto")} ${shape}` }, picture(given.url, given.altText, { style }));
}

/** Sound or video. It lies on sites of others, so this page shows the player but plays it there. */
function media(given) {
  const source = given.sources?.[0] ?? {};
  const name = String(given.altText || source.url || "");
  const sound = /^audio\//.test(String(source.mimeType));
  const sign = h("span", { class: "media-sign", "aria-hidden": "true" }, "▶");
  const screen = h("span", { class: `media-screen ${sound ? "sound" : ""}` }, given.poster && picture(given.poster, ""), sign, h("span", { class: "media-name" }, name));
  const href = safeUrl(String(source.url ?? ""));
  const label = `Play ${name}`;
  return h("div", { class: "ac-media" }, href ? h("a", { href, target: "_blank", rel: "noopener noreferrer", "aria-label": label }, screen) : screen);
}

function container(given, children, className = "") {
  const style = pick(given.style, STYLES, null);
  const node = h("div", { class: ["ac-container", className, style && `style-${style}`, `valign-${pick(given.verticalContentAlignment, HEIGHTS, "top")}`].filter(Boolean).join(" ") }, children);
  if (/^\d{1,4}px$/.test(given.minHeight ?? "")) node.style.minHeight = given.minHeight;
  const background = pictureUrl(given.backgroundImage?.url ?? given.backgroundImage);
  if (background) node.style.backgroundImage = `url(${JSON.stringify(background)})`;
  return node;
}

function column(given, card, scope) {
  const node = placed(container(given, elements(given.items, card, scope), "ac-column"), given, card, scope);
  Object.assign(node.style, widthOf(given.width ?? "stretch"));
  return node;
}

/** `auto`, `stretch`, a weight, or pixels. */
function widthOf(width) {
  if (/^\d{1,4}px$/.test(width)) return { flex: `0 0 ${width}` };
  if (/^auto$/i.test(width)) return { flex: "0 1 auto" };
  const weight = Number.parseFloat(width);
  return { flex: `${weight > 0 && weight <= 1000 ? weight : 1} 1 0` };
}

function table(given, card, scope) {
  const weights = (given.columns ?? []).map((each) => each?.width ?? 1);
  const total = weights.reduce((sum, width) => sum + (Number(width) || 0), 0);
  const cols = weights.map((width) => h("col", { style: { width: /^\d{1,4}px$/.test(width) ? width : total ? `${(100 * (Number(width) || 0)) / total}%` : "" } }));
  const header = given.firstRowAsHeader !== false && given.firstRowAsHeaders !== false;
  const rows = (given.rows ?? []).map((row, index) => tableRow(row ?? {}, given, header && index === 0 ? "th" : "td", card, scope));
  const style = pick(given.gridStyle, STYLES, "default");
  const node = h("table", { class: `ac-table grid-${style} ${given.showGridLines === false ? "no-lines" : ""}` }, h("colgroup", {}, cols), header && h("thead", {}, rows[0]), h("tbody", {}, header ? rows.slice(1) : rows));
  return h("div", { class: "ac-table-frame", tabindex: 0, role: "region", "aria-label": "Table" }, node);
}

function tableRow(row, whole, tag, card, scope) {
  const style = pick(row.style, STYLES, null);
  const cells = (row.cells ?? []).map((cell, index) => {
    const own = cell ?? {};
    const side = pick(own.horizontalCellContentAlignment ?? row.horizontalCellContentAlignment ?? whole.columns?.[index]?.horizontalCellContentAlignment ?? whole.horizontalCellContentAlignment, SIDES, null);
    const filled = pick(own.style, STYLES, null);
    const node = h(tag, { scope: tag === "th" ? "col" : null, class: [side && `align-${side}`, filled && `style-${filled}`].filter(Boolean).join(" ") || null }, elements(own.items, card, scope));
    if (own.selectAction) card.selectable(node, own.selectAction, scope);
    return node;
  });
  return h("tr", { class: style && `style-${style}` }, cells);
}
