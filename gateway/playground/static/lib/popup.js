// Small menus that hang from a button: closed by Escape, by a click elsewhere, and when an item is chosen.

import { h } from "./dom.js";

let serial = 0;

/**
 * Opens `content` below (or above) `anchor`. Returns a function that closes it; the focus goes back to the anchor.
 * @param {HTMLElement} anchor
 * @param {any} content
 * @param {{label: string, className?: string}} how
 */
export function popup(anchor, content, { label, className = "" }) {
  const box = h("div", { class: `popup ${className}`, popover: "auto", id: `popup-${(serial += 1)}`, role: "group", "aria-label": label }, content);
  // Inside a modal dialog the rest of the page is inert, so the popup must be a part of the dialog.
  (anchor.closest("dialog") ?? document.body).append(box);
  anchor.setAttribute("aria-expanded", "true");
  const close = () => box.isConnected && box.matches(":popover-open") && box.hidePopover();
  box.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const focused = box.contains(document.activeElement) || document.activeElement === document.body;
    anchor.setAttribute("aria-expanded", "false");
    box.remove();
    if (focused && anchor.isConnected) anchor.focus();
  });
  box.showPopover();
  place(box, anchor);
  return close;
}

function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const below = at.bottom + 4 + height <= innerHeight - 8;
  box.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - 4 - height)}px`;
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}

/** A menu: `items` are {label, danger, choose}. Arrow keys move, Enter chooses. */
export function menu(anchor, items, { label }) {
  const buttons = items.map((item) =>
    h("button", { type: "button", role: "menuitem", class: item.danger ? "menu-item danger" : "menu-item", on: { click: () => { close(); item.choose(); } } }, item.label));
  const list = h("div", { role: "menu", "aria-label": label, class: "menu", on: { keydown: (event) => rove(event, buttons) } }, buttons);
  const close = popup(anchor, list, { label });
  buttons[0]?.focus();
  return close;
}

/** Moves the focus among `items` with the arrow keys, Home and End. */
export function rove(event, items, { columns = 1 } = {}) {
  const steps = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  const step = steps[event.key];
  if (step === undefined || !items.length) return;
  event.preventDefault();
  const now = items.indexOf(document.activeElement);
  items[Math.max(0, Math.min(items.length - 1, now + step))].focus();
}
