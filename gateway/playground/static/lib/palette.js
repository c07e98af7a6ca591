// The small palette of reactions that hangs from a button.

import { h } from "./dom.js";
import { popup, rove } from "./popup.js";

const COLUMNS = 8;

/** `choices` are {key, label, shown}; `choose(key)` is called with the one picked. */
export function palette(anchor, choices, choose) {
  const buttons = choices.map(({ key, label, shown }) => h("button", {
    type: "button", class: "palette-item emoji", "aria-label": label, title: label,
    on: { click: () => { close(); choose(key); } },
  }, shown));
  const grid = h("div", { class: "palette", on: { keydown: (event) => rove(event, buttons, { columns: COLUMNS }) } }, buttons);
  const close = popup(anchor, grid, { label: "Reactions" });
  buttons[0].focus();
}
