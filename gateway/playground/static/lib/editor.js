// A message while its author changes it: Enter saves, Escape leaves it as it was.

import { h } from "./dom.js";

/** `save(text)` resolves to whether it was taken; `end()` closes the editor. It has the focus once it is shown. */
export function editor(text, { save, end }) {
  const input = h("textarea", { class: "field", rows: 2, "aria-label": "Edit the message", ".value": text, on: {
    keydown: (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") { event.stopPropagation(); end(); }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); finish(); }
    },
  } });
  const finish = async () => {
    const changed = input.value.trim();
    if (changed && (await save(changed))) end();
  };
  queueMicrotask(() => { input.focus(); input.setSelectionRange(input.value.length, input.value.length); });
  return h("div", { class: "editor" }, input, h("div", { class: "editor-foot" }, h("button", { type: "button", class: "button", on: { click: end } }, "Cancel"), h("button", { type: "button", class: "button primary", on: { click: finish } }, "Save")));
}
