// Builds DOM nodes. Text always becomes text nodes; nothing in the page ever parses markup out of data.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `props`: `class`, `dataset`, `style` (set through CSSOM), `on` (listeners), attributes, or DOM properties with a leading dot.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]
 * @param {...any} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") Object.assign(element.style, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Adds children: nodes, strings, numbers, and lists of them; empty values are left out. */
export function append(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces everything inside `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** The element inside `part` that has the focus, null if the focus is elsewhere. */
export function focusedIn(part) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  return part.contains(focused) ? focused : null;
}

/**
 * The first element inside `part` that `selector` names.
 * @param {ParentNode} part
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const find = (part, selector) => part.querySelector(selector);

/**
 * Every element inside `part` that `selector` names, in the order of the page.
 * @param {ParentNode} part
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export const findAll = (part, selector) => [...part.querySelectorAll(/** @type {any} */ (selector))];

// Drawn on a 20 x 20 grid with a stroke.
const ICONS = {
  hash: "M8 3 6 17M14 3l-2 14M3.5 7.5h13M3 12.5h13",
  send: "M3.5 4 17 10 3.5 16l2-6zM5.5 10H11",
  attach: "m15.5 9-5.8 5.8a3.3 3.3 0 0 1-4.7-4.7L11 4.2a2.2 2.2 0 0 1 3.1 3.1l-5.9 5.9a1 1 0 0 1-1.5-1.5l5.2-5.2",
  mention: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm0-3v4.2a1.9 1.9 0 0 0 3.8 0V10A6.8 6.8 0 1 0 14 15.5",
  close: "m5 5 10 10M15 5 5 15",
  smile: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM7.5 8v.5m5-.5v.5M7 12c1.6 2.2 4.4 2.2 6 0",
  thread: "M4 4h12v9H9.500L6 16v-3H4z",
  edit: "m4 13.5 8.5-8.5 2.5 2.500L6.5 16H4z",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  file: "M5.5 3H11l3.5 3.500V17h-9zM11 3v3.500h3.5",
  open: "M8 4.500H4.500v11h11V12M11.5 3.500h5v5m0-5L9 11",
  download: "M10 3.500v9m-3.5-3.5 3.5 3.5 3.5-3.500M4 16.500h12",
  stop: "M6 6h8v8H6z",
  up: "M6.5 9v7H4V9zm0 0L9.5 3.500c1.3 0 2 .9 1.7 2.300L10.8 8H15a1.4 1.4 0 0 1 1.4 1.700l-1.1 5.100a1.6 1.6 0 0 1-1.5 1.200H6.5",
  down: "M6.5 11V4H4v7zm0 0 3 5.500c1.3 0 2-.9 1.7-2.300L10.8 12H15a1.4 1.4 0 0 0 1.4-1.700l-1.1-5.100A1.6 1.6 0 0 0 13.8 4H6.5",
  copy: "M7 7h9v9H7zM4 13V4h9",
  mic: "M10 3a2 2 0 0 1 2 2v4.500a2 2 0 0 1-4 0V5a2 2 0 0 1 2-2zM5.500 9.500a4.500 4.500 0 0 0 9 0M10 14v3M7.500 17h5",
  slash: "M4 4h12v12H4zM12 6.500l-4 7",
  forum: "M3.500 4h9v6.500H8L5.500 13v-2.500h-2zM14.500 7.500h2v6H15v2.500L12.500 13.500H9.500",
  pause: "M7 5v10M13 5v10",
  play: "M6.5 4.500v11l9-5.500z",
  plus: "M10 4v12M4 10h12",
  chat: "M3.5 10a6.5 6.5 0 1 1 3.200 5.600L3.500 16.500l.9-3.200A6.500 6.500 0 0 1 3.500 10z",
  people: "M10 7a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0zM3 15.500c0-2.500 2-4 4.500-4s4.500 1.500 4.500 4M12.500 5a2.200 2.200 0 0 1 0 4.300M14 11.800c1.900.4 3 1.700 3 3.700",
  picture: "M3.500 4.500h13v11h-13zM3.500 13l3.500-3.500 3 3 2-2 4.500 4M13.200 8a1 1 0 1 1-2 0 1 1 0 0 1 2 0z",
  reply: "M8 5 4 9l4 4M4 9h6.500c3 0 5.500 2 5.500 6",
  lock: "M5.5 9h9v7.500h-9zM7 9V6.500a3 3 0 0 1 6 0V9",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zm9.5 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  check: "m4 10.5 4 4 8-9",
  alert: "M10 3.5 17.5 16.500h-15zM10 8.500v3.500m0 2v.5",
  chevron: "m7 5 5 5-5 5",
  spark: "M10 3l1.7 5.300L17 10l-5.3 1.700L10 17l-1.7-5.300L3 10l5.3-1.700z",
  sun: "M13.2 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0zM10 2.500V4m0 12v1.500M2.5 10H4m12 0h1.500M4.7 4.700l1 1m8.6 8.6 1 1m0-10.6-1 1m-8.6 8.6-1 1",
  moon: "M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.500z",
  auto: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10 3v14M10 6a4 4 0 0 1 0 8",
};

/** An icon for the eye only: what it means is said by the label of whatever holds it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon; `label` is its name and tooltip. */
export function iconButton(name, label, onClick, props = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: onClick }, ...props }, icon(name));
}

/** Three dots that say that somebody is at work; `label` says so to who does not see them. */
export function dots(label = "") {
  return h("span", label ? { class: "dots", role: "img", "aria-label": label } : { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
}

/** The address if a person may be sent there, else null: no `javascript:` and no `data:`. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link that leaves the page, or its plain text where the address is not safe. */
export function link(url, ...children) {
  const href = safeUrl(url);
  if (!href) return h("span", {}, ...children);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", title: href }, ...children);
}

/** `1.4 MB` */
export function bytes(size) {
  if (!(size >= 0)) return "";
  const units = ["B", "KB", "MB", "GB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** The visible text of nodes, for screen readers. */
export function spoken(nodes) {
  const box = h("div");
  append(box, nodes);
  for (const part of box.querySelectorAll("p, li, td, th, button, div, pre, summary, br")) part.append(" ");
  return box.textContent.replace(/\s+/g, " ").trim();
}
