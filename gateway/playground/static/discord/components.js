// Components of messages -> DOM: rows of buttons and menus, and the layouts of Components V2.
//
// `surface`: {store, names, click(custom id, values?) -> Promise}.

import { h, icon, safeUrl } from "../lib/dom.js";
import { attachment } from "../lib/attachment.js";
import { control, SELECTS } from "./controls.js";
import { markdown } from "./markdown.js";
import { colour, picture } from "./media.js";
import { spoiler } from "./spans.js";

const BUTTONS = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary", 6: "primary" };
const LINK = 5;
const PREMIUM = 6;

const KINDS = {
  1: (row, surface) => h("div", { class: "row" }, (row.components ?? []).map((each) => one(each, surface))),
  2: button,
  9: section,
  10: (text, surface) => h("div", { class: "markup" }, markdown(String(text.content ?? ""), surface)),
  11: (item) => covered(item, picture({ ...item.media, className: "thumbnail", alt: item.description ?? "" })),
  12: gallery,
  13: (file) => covered(file, h("ul", { class: "files" }, attachment({ name: file.name || "file", mime: file.file?.content_type ?? "", size: file.size, url: file.file?.url }))),
  14: (line) => h("div", { class: `separator ${line.spacing === 2 ? "wide" : ""} ${line.divider === false ? "" : "ruled"}`, role: line.divider === false ? null : "separator" }),
  17: container,
};

/** The nodes for a message's components. */
export function componentNodes(components, surface) {
  return (components ?? []).map((each) => one(each, surface));
}

function one(component, surface) {
  if (SELECTS.has(component?.type)) return menu(component, surface);
  return (KINDS[component?.type] ?? unknown)(component, surface);
}

function unknown(component) {
  return h("details", { class: "unknown" }, h("summary", {}, `This page does not draw components of type ${component?.type}`), h("pre", { class: "code" }, JSON.stringify(component, null, 2)));
}

function covered(component, node) {
  return component.spoiler ? spoiler([node], "Spoiler") : node;
}

function section(component, surface) {
  return h("div", { class: "section" },
    h("div", { class: "section-main" }, componentNodes(component.components, surface)),
    component.accessory && h("div", { class: "section-accessory" }, one(component.accessory, surface)));
}

function gallery(component) {
  const items = component.items ?? [];
  return h("div", { class: `gallery of-${Math.min(items.length, 4)}` }, items.map((item) => {
    const href = safeUrl(String(item.media?.url ?? ""));
    const shown = picture({ ...item.media, alt: item.description ?? "" });
    return covered(item, href ? h("a", { class: "gallery-item", href, target: "_blank", rel: "noopener noreferrer" }, shown) : shown);
  }));
}

function container(component, surface) {
  const node = h("div", { class: "container" }, componentNodes(component.components, surface));
  const edge = colour(component.accent_color);
  if (edge) {
    node.classList.add("accented");
    node.style.borderLeftColor = edge;
  }
  return covered(component, node);
}

/** Shows that it is under way, and takes no second press meanwhile. */
async function busily(node, work) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    node.setAttribute("aria-busy", "false");
  }
}

function emojiOf(emoji) {
  if (!emoji) return null;
  return emoji.id ? h("span", { class: "custom-emoji" }, `:${emoji.name}:`) : h("span", { class: "emoji" }, String(emoji.name ?? ""));
}

function button(component, surface) {
  const label = [emojiOf(component.emoji), component.label];
  const props = { class: `button ${BUTTONS[component.style] ?? "secondary"}`, dataset: { key: component.custom_id ?? component.url ?? "" } };
  const href = component.style === LINK && safeUrl(String(component.url ?? ""));
  if (href) return h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, label, icon("open"));
  const dead = component.disabled || component.style === LINK || component.style === PREMIUM;
  const node = h("button", { ...props, type: "button", disabled: dead, on: { click: () => busily(node, () => surface.click(component.custom_id)) } }, label);
  return node;
}

function menu(component, surface) {
  /** @type {any} */
  const made = control(component, { store: surface.store, label: component.placeholder ?? "Make a selection", changed: () => {
    const values = made.value();
    if (values.length >= (component.min_values ?? 1)) busily(made.node, () => surface.click(component.custom_id, values));
  } });
  made.node.dataset.key = component.custom_id ?? "";
  if (component.disabled) made.node.inert = true;
  return h("div", { class: "menu-control" }, made.node);
}
